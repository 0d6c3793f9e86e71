"""CHGNet is read in batches, and a structure's reading depends on nothing but the structure."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.energies import chgnet as energy
from matgen_core.chem.energies.chgnet import fit_references, formation_energy, predict_energies
from matgen_core.core.errors import Cancelled


def structures() -> list[Structure]:
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    iron = Structure.from_spacegroup("Im-3m", Lattice.cubic(2.83), ["Fe"], [[0, 0, 0]])
    rutile = Structure.from_spacegroup(
        "P4_2/mnm", Lattice.tetragonal(4.6, 2.96), ["Ti", "O"], [[0, 0, 0], [0.305, 0.305, 0]]
    )
    return [salt.get_primitive_structure(), iron.get_primitive_structure(), rutile]


def test_a_batch_reads_like_one_by_one_in_any_order() -> None:
    cells = structures()
    together = predict_energies(cells)
    alone = [predict_energies([cell])[0] for cell in cells]
    turned = predict_energies(cells[::-1])[::-1]
    for a, b, c in zip(together, alone, turned, strict=True):
        assert a.energy == pytest.approx(b.energy, abs=1e-4)
        assert a.energy == pytest.approx(c.energy, abs=1e-4)


def test_the_order_of_atoms_changes_nothing() -> None:
    rutile = structures()[2]
    turned = Structure.from_sites(list(rutile)[::-1])
    first, second = predict_energies([rutile, turned])
    assert first.energy == pytest.approx(second.energy, abs=1e-4)
    assert first.magnetic_moment == pytest.approx(second.magnetic_moment, abs=1e-3)


def test_iron_is_magnetic_and_salt_is_not() -> None:
    salt, iron, _ = predict_energies(structures())
    assert iron.max_site_moment is not None
    assert iron.max_site_moment > 1.5
    assert salt.max_site_moment is not None
    assert salt.max_site_moment < 0.1


def test_one_bad_cell_stops_no_other() -> None:
    lonely = Structure(Lattice.cubic(60), ["He"], [[0, 0, 0]])
    bad, good = predict_energies([lonely, structures()[0]])
    assert bad.energy is None
    assert bad.note
    assert good.energy is not None


def test_a_crushed_cell_is_refused_before_it_fills_the_memory() -> None:
    crushed, good = predict_energies([Structure(Lattice.cubic(0.6), ["H"], [[0, 0, 0]]), structures()[0]])
    assert crushed.energy is None
    assert "too dense" in crushed.note
    assert good.energy is not None


def test_a_pass_that_would_be_too_large_is_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = predict_energies(structures())
    monkeypatch.setattr(energy, "_MOST_ANGLES", 1)
    for a, b in zip(whole, predict_energies(structures()), strict=True):
        assert a.energy == pytest.approx(b.energy, abs=1e-4)


def test_progress_counts_every_structure() -> None:
    seen: list[tuple[int, int]] = []
    predict_energies(structures(), batch_size=2, on_progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 3), (3, 3)]


def test_it_can_be_cancelled() -> None:
    with pytest.raises(Cancelled):
        predict_energies(structures(), cancelled=lambda: True)


def test_references_are_recovered_from_made_up_energies() -> None:
    rng, truth = np.random.default_rng(0), {"Na": -1.3, "Cl": -2.1, "O": -5.0}
    compositions = [
        dict(zip(truth, rng.integers(0, 4, 3) + np.eye(3, dtype=int)[i % 3], strict=True)) for i in range(60)
    ]
    compositions = [{e: float(n) for e, n in c.items() if n} for c in compositions]
    formation = rng.normal(-1, 0.5, 60)
    share = [sum(n * truth[e] for e, n in c.items()) / sum(c.values()) for c in compositions]
    energies = formation + np.array(share)
    energies[0] += 3.0  # one wild value must not spoil the fit
    fitted = fit_references(compositions, energies, formation)
    assert fitted == pytest.approx(truth, abs=0.02)
    assert formation_energy(float(energies[1]), compositions[1], fitted) == pytest.approx(formation[1], abs=0.05)
    assert formation_energy(0.0, {"Xe": 1.0}, fitted) is None
