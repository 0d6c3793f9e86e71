"""Powder diffraction: lines and profile of a crystal, and how well they match a measured pattern.

Lines are pymatgen's: kinematic, with Lorentz and polarisation factor, without thermal motion and preferred orientation.
Two patterns f and g are compared as de Gelder, Wehrens & Hageman (J. Comput. Chem. 22, 273, 2001) do it::

    S = ∫ w(r) c_fg(r) dr / √( ∫ w(r) c_ff(r) dr · ∫ w(r) c_gg(r) dr ),   c_fg(r) = ∫ f(x) g(x + r) dx

with the triangle w(r) = 1 − |r|/l for |r| < l, so that peaks that are shifted by less than l still count. S is 1 for
patterns that agree up to a factor, and 0 where no peak is within l of one of the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Text
from matgen_core.core.records import Crystal

Array = NDArray[np.float64]
#: Å; means of Kα1 and Kα2, as pymatgen has them.
WAVELENGTHS: Mapping[str, float] = {"Cu Kα": 1.54184, "Co Kα": 1.79026, "Mo Kα": 0.71073}
#: Å that a wavelength can have.
SHORTEST, LONGEST = 0.1, 3.0
#: Degrees; full width at half maximum of a profile, and 2θ up to which lines are shown.
WIDTH, HIGHEST = 0.2, 90.0
#: Degrees; l above, and the step of the grid on which patterns are compared.
TRIANGLE, STEP = 0.5, 0.02
#: Electrons squared; what is weaker is a forbidden reflection, of which rounding leaves a trace.
_FORBIDDEN = 1e-6
#: The cell is scaled by these factors and the best is kept: a computed cell is often one or two percent off.
SCALES = tuple(round(1 + 0.0025 * k, 4) for k in range(-12, 13))


@dataclass(frozen=True)
class Lines:
    """The reflections of a crystal.

    Args:
        wavelength: Å.
        angles: (N,) 2θ in degrees, ascending.
        intensities: (N,) percent of the strongest.
        spacings: (N,) Å.
        planes: Miller indices of each, as "110"; those that coincide joined by a comma.
    """

    wavelength: float
    angles: Array
    intensities: Array
    spacings: Array
    planes: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """A measured pattern.

    Args:
        name: of its file.
        angles: (N,) 2θ in degrees, ascending.
        counts: (N,) at each angle.
        notes: lines of the file that were passed over, with the reason.
    """

    name: str
    angles: Array
    counts: Array
    notes: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Match:
    """How well a crystal explains a measured pattern.

    Args:
        score: S of the module's text, from 0 to 1.
        scale: factor of the cell's lengths at which it is best.
    """

    score: float
    scale: float


def simulate(crystal: Crystal, wavelength: float = WAVELENGTHS["Cu Kα"], highest: float = HIGHEST) -> Lines:
    """The reflections of a crystal up to ``highest`` degrees of 2θ.

    Raises:
        BadInput: for a wavelength that no diffractometer has, and for an element without scattering factors.
    """
    from pymatgen.analysis.diffraction.xrd import ATOMIC_SCATTERING_PARAMS, XRDCalculator

    if not SHORTEST <= wavelength <= LONGEST:
        raise BadInput(
            "wavelength {wavelength} Å is out of range; use {low} to {high} Å",
            wavelength=wavelength,
            low=SHORTEST,
            high=LONGEST,
        )
    unknown = sorted({site.element for site in crystal.sites} - set(ATOMIC_SCATTERING_PARAMS))
    if unknown:
        raise BadInput("no X-ray scattering factors are known of {element}", element=unknown[0])
    structure = to_structure(crystal, primitive=False)
    if 1 / min(structure.lattice.reciprocal_lattice_crystallographic.abc) < wavelength / 2:
        return Lines(wavelength, np.empty(0), np.empty(0), np.empty(0), ())
    try:
        found = XRDCalculator(wavelength=wavelength).get_pattern(structure, scaled=False, two_theta_range=(0, highest))
    except ValueError:  # pymatgen's maximum over no reflection
        return Lines(wavelength, np.empty(0), np.empty(0), np.empty(0), ())
    heights = np.asarray(found.y)
    if heights.max() < _FORBIDDEN:
        return Lines(wavelength, np.empty(0), np.empty(0), np.empty(0), ())
    planes = tuple(", ".join(dict.fromkeys(_indices(plane["hkl"]) for plane in peak)) for peak in found.hkls)
    return Lines(wavelength, np.asarray(found.x), 100 * heights / heights.max(), np.asarray(found.d_hkls), planes)


def _indices(plane: tuple[int, ...]) -> str:
    """Miller indices as crystallographers print them, a bar over what is negative; of four the third is left out.

    >>> _indices((1, 1, -2, 0)), _indices((-1, 0, 3)), _indices((10, 0, 2))
    ('110', '1̄03', '10 0 2')
    """
    three = plane[:2] + plane[3:] if len(plane) == 4 else plane
    parts = ["".join(f"{digit}\u0304" for digit in str(-i)) if i < 0 else str(i) for i in three]
    return (" " if any(abs(i) > 9 for i in three) else "").join(parts)


def draw_profile(lines: Lines, angles: Array, width: float = WIDTH, mixing: float = 0.0) -> Array:
    """(N,) the profile at ``angles``; a single line of 100 % has the height 100.

    Args:
        lines: of a crystal.
        angles: (N,) 2θ in degrees.
        width: full width at half maximum, degrees.
        mixing: share of the Lorentzian in the pseudo-Voigt profile; 0 is a Gaussian.
    """
    profile = np.zeros(len(angles))
    for angle, height in zip(lines.angles, lines.intensities, strict=True):
        profile += height * _peak(angles - angle, width, mixing)
    return profile


def _peak(offsets: Array, width: float, mixing: float) -> Array:
    """A pseudo-Voigt profile of height 1."""
    gauss = np.exp(-4 * np.log(2) * (offsets / width) ** 2)
    if mixing == 0:
        return np.asarray(gauss)
    return np.asarray(mixing / (1 + 4 * (offsets / width) ** 2) + (1 - mixing) * gauss)


def remove_background(counts: Array, reach: int) -> Array:
    """Counts above a smooth background, none below 0 (SNIP: Ryan et al., Nucl. Instrum. Methods B 34, 396, 1988).

    Args:
        counts: (N,) at equal steps.
        reach: steps that a peak is wide at most, on each side.
    """
    low = np.log(np.log(np.sqrt(np.clip(counts, 0, None) + 1) + 1) + 1)
    for window in range(1, min(reach, (len(counts) - 1) // 2) + 1):
        low[window:-window] = np.minimum(low[window:-window], (low[: -2 * window] + low[2 * window :]) / 2)
    background = (np.exp(np.exp(low) - 1) - 1) ** 2 - 1
    above: Array = np.clip(counts - background, 0, None)
    return above


class Comparison:
    """A measured pattern made ready to be compared with many crystals.

    Args:
        measured: the pattern.
        wavelength: at which it was measured, Å.
        width: full width at half maximum of its peaks, degrees.
    """

    def __init__(self, measured: Measured, wavelength: float, width: float = WIDTH) -> None:
        low, high = float(measured.angles[0]), float(measured.angles[-1])
        self.wavelength = wavelength
        self._grid = np.arange(low, high + STEP / 2, STEP)
        counts = np.interp(self._grid, measured.angles, measured.counts)
        self.background_free = remove_background(counts, max(2, round(6 * width / STEP)))
        reach = round(6 * width / STEP)
        self._peak = _peak(np.arange(-reach, reach + 1, dtype=np.float64) * STEP, width, 0.0)
        half = round(TRIANGLE / STEP)
        self._triangle = 1 - np.abs(np.arange(-half, half + 1)) / half
        self._smooth = self._convolve(self.background_free, self._triangle)
        self._own = float(self.background_free @ self._smooth)

    @property
    def angles(self) -> Array:
        """(N,) 2θ of the grid, degrees."""
        return self._grid

    def match(self, crystal: Crystal) -> Match:
        """The best match over the scales of the cell.

        Raises:
            BadInput: as :func:`simulate`.
        """
        # A cell that is scaled down has its reflections at higher angles: those beyond the range may come into it.
        highest = min(179.0, float(self._grid[-1]) * 1.05 + 1)
        lines = simulate(crystal, self.wavelength, highest)
        scores = [(self._score(lines, scale), scale) for scale in SCALES]
        best = max(score for score, _scale in scores)
        scale = min((s for score, s in scores if score > best - 1e-9), key=lambda s: abs(s - 1))
        return Match(best, scale)

    def _score(self, lines: Lines, scale: float) -> float:
        sines = lines.wavelength / (2 * lines.spacings * scale)
        seen = sines < 1
        angles = np.degrees(2 * np.arcsin(sines[seen]))
        places = (angles - self._grid[0]) / STEP
        inside = (places > -0.5) & (places < len(self._grid) - 0.5)
        sticks = np.bincount(
            np.rint(places[inside]).astype(int), lines.intensities[seen][inside], minlength=len(self._grid)
        )
        profile = self._convolve(sticks.astype(np.float64), self._peak)
        norm = self._own * float(profile @ self._convolve(profile, self._triangle))
        return 0.0 if norm <= 0 else min(1.0, float(profile @ self._smooth) / float(np.sqrt(norm)))

    @staticmethod
    def _convolve(values: Array, kernel: Array) -> Array:
        from scipy.signal import oaconvolve

        found: Array = oaconvolve(values, kernel, mode="same")
        return found
