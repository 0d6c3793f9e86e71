"""Simulated lines are those of the powder card; the match is 1 for the same pattern and tells phases apart."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.diffraction import (
    WAVELENGTHS,
    Comparison,
    Lines,
    Measured,
    draw_profile,
    remove_background,
    simulate,
)
from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.errors import BadInput
from matgen_core.core.records import Crystal

#: d (Å) and intensity of halite as measured (Swanson & Fuyat, NBS Circular 539, vol. 2, 1953; PDF 5-628).
HALITE = {
    "111": (3.258, 13), "200": (2.821, 100), "220": (1.994, 55), "311": (1.701, 2), "222": (1.628, 15),
    "400": (1.410, 6), "420": (1.261, 11), "422": (1.1515, 7),
}  # fmt: skip


def salt(a: float, metal: str = "Na") -> Crystal:
    return from_structure(
        Structure.from_spacegroup("Fm-3m", Lattice.cubic(a), [metal, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    )


RUTILE = from_structure(
    Structure.from_spacegroup("P4_2/mnm", Lattice.tetragonal(4.594, 2.959), ["Ti", "O"], [[0, 0, 0], [0.305] * 2 + [0]])
)


def measured(heights: dict[float, float], noise: int = 0) -> Measured:
    """A pattern with a doublet of Kα1 and Kα2, a falling background and counting noise."""
    angles = np.arange(15, 90, 0.03)
    counts = 400 * np.exp(-angles / 30) + 50
    for spacing, height in heights.items():
        for wavelength, share in ((1.54056, 1.0), (1.54439, 0.5)):
            place = np.degrees(2 * np.arcsin(wavelength / 2 / spacing))
            counts += 20 * height * share * np.exp(-4 * np.log(2) * ((angles - place) / 0.12) ** 2)
    if noise:
        counts = np.random.default_rng(noise).poisson(counts).astype(float)
    return Measured("halite.xy", angles, counts)


CARD = measured(dict(HALITE.values()), noise=1)


def test_lines_of_halite_are_those_of_the_powder_card() -> None:
    lines = simulate(salt(5.6402))
    found = dict(zip(lines.planes, zip(lines.spacings, lines.intensities, strict=True), strict=True))
    for plane, (spacing, intensity) in HALITE.items():
        assert found[plane][0] == pytest.approx(spacing, abs=0.002), plane
        assert found[plane][1] == pytest.approx(intensity, abs=14), plane
    assert lines.planes[int(np.argmax(lines.intensities))] == "200"


@pytest.mark.parametrize("name", list(WAVELENGTHS))
def test_angles_follow_the_wavelength(name: str) -> None:
    lines = simulate(salt(5.6402), WAVELENGTHS[name])
    assert lines.angles == pytest.approx(np.degrees(2 * np.arcsin(WAVELENGTHS[name] / 2 / lines.spacings)))


def test_what_no_instrument_has_is_refused_and_no_reflection_is_no_error() -> None:
    with pytest.raises(BadInput, match="out of range"):
        simulate(salt(5.64), 12.0)
    beryllium_oxide = from_structure(
        Structure.from_spacegroup("Fm-3m", Lattice.cubic(3.6), ["Be", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    )
    assert len(simulate(beryllium_oxide, 2.99, 60).angles) == 0
    with pytest.raises(BadInput, match="scattering factors"):
        simulate(salt(5.0, "Lr"))


@pytest.mark.parametrize("mixing", [0.0, 0.5, 1.0])
def test_a_peak_is_as_wide_and_high_as_it_says(mixing: float) -> None:
    one = Lines(1.54, np.array([40.0]), np.array([100.0]), np.array([2.25]), ("111",))
    heights = draw_profile(one, np.array([39.8, 40.0, 40.2]), width=0.4, mixing=mixing)
    assert heights == pytest.approx([50, 100, 50])


def test_the_background_goes_and_the_peaks_stay() -> None:
    x = np.linspace(0, 10, 1001)
    peak = 300 * np.exp(-(((x - 5) / 0.1) ** 2))
    found = remove_background(500 * np.exp(-x / 8) + peak, 60)
    assert found.max() == pytest.approx(300, rel=0.03)
    assert found[:300].max() < 10


def test_the_same_pattern_matches_fully() -> None:
    lines = simulate(salt(5.6402))
    angles = np.arange(15, 90, 0.02)
    same = Measured("same", angles, draw_profile(lines, angles, 0.2))
    match = Comparison(same, 1.54184).match(salt(5.6402))
    assert match.score > 0.999
    assert match.scale == 1.0


def test_the_measured_phase_comes_first_though_its_cell_is_off() -> None:
    comparison = Comparison(CARD, 1.54184)
    right, wide = comparison.match(salt(5.6402)), comparison.match(salt(5.6402 * 1.015))
    others = [comparison.match(other).score for other in (RUTILE, salt(6.29, "K"), salt(5.13, "Li"))]
    assert right.score > 0.9  # the card leaves weak lines out
    assert wide.score > 0.88
    assert wide.scale == pytest.approx(1 / 1.015, abs=0.003)
    assert max(others) < 0.8 * wide.score


def test_a_pattern_of_another_range_than_all_lines_matches_nothing() -> None:
    angles = np.arange(2, 12, 0.02)
    low = Measured("low", angles, 100 * np.exp(-(((angles - 7) / 0.1) ** 2)))
    assert Comparison(low, 1.54184).match(salt(5.6402)).score == 0.0
