"""Disturbed crystals come back; symmetry is kept; what cannot be relaxed says why; a cancel keeps what is done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.matching import match
from matgen_core.chem.crystals.structure import from_structure
from matgen_core.chem.energies import symmetric_relaxation
from matgen_core.chem.energies.symmetric_relaxation import RelaxedCrystal, relax_symmetric
from matgen_core.core.records import Crystal, Site
from tests.unit.chem.known_cells import corundum, monoclinic, perovskite, rutile, salt

#: Silicon carbide, its atoms twice as far apart as they are; nothing holds it.
FAR = from_structure(
    Structure.from_spacegroup("F-43m", Lattice.cubic(9.5), ["Ar", "Ne"], [[0, 0, 0], [0.25, 0.25, 0.25]])
)


@pytest.fixture(scope="module")
def known() -> list[RelaxedCrystal]:
    return relax_symmetric([salt(5.9), rutile(0.29, 4.75, 2.9), perovskite(4.1), corundum(), monoclinic()])


def test_disturbed_crystals_come_back(known: list[RelaxedCrystal]) -> None:
    again = relax_symmetric([salt(), rutile(), perovskite()])
    for found, expected in zip(known, again, strict=False):
        assert found.converged, found.reason
        assert found.energy == pytest.approx(expected.energy, abs=1e-3)
        assert found.before is not None
        assert expected.energy is not None
        assert found.before > expected.energy + 5e-3
        assert found.steps < 15
        assert found.crystal is not None
        assert expected.crystal is not None
        assert match(found.crystal, expected.crystal)
    assert known[0].crystal is not None
    assert known[0].crystal.lattice[0] == pytest.approx(5.69, abs=0.06)  # 5.69 Å by PBE (Materials Project)


def test_the_space_group_stays_and_is_read_again(known: list[RelaxedCrystal]) -> None:
    assert [found.crystal.space_group for found in known if found.crystal] == [225, 136, 221, 167, 14]
    assert not any(found.regrouped for found in known)


def test_symmetry_that_rises_is_said() -> None:
    """Perovskite written in a tetragonal group relaxes to the cubic cell, and is read as cubic."""
    sites = (Site("a", "Sr"), Site("d", "Ti"), Site("c", "O"), Site("e", "O"))
    found = relax_symmetric([Crystal(123, sites, (3.95, 3.95, 4.0, 90.0, 90.0, 90.0))], steps=60)[0]
    assert found.crystal is not None, found.reason
    assert (found.space_group, found.crystal.space_group) == (123, 221)
    assert found.regrouped


def test_a_batch_is_as_one_by_one_and_an_executor_changes_nothing(
    known: list[RelaxedCrystal], monkeypatch: pytest.MonkeyPatch
) -> None:
    crystals = [salt(5.9), rutile(0.29, 4.75, 2.9), perovskite(4.1)]
    alone = [relax_symmetric([crystal])[0] for crystal in crystals]
    for one, many in zip(alone, known, strict=False):
        assert one.energy == pytest.approx(many.energy, abs=1e-4)
    monkeypatch.setattr(symmetric_relaxation, "BATCH", 2)
    here = relax_symmetric(crystals)
    with ThreadPoolExecutor(2) as executor:
        assert relax_symmetric(crystals, executor=executor) == here
    threads = torch.get_num_threads()
    torch.set_num_threads(1 + threads)
    try:
        assert relax_symmetric(crystals) == here
        assert torch.get_num_threads() == 1 + threads
    finally:
        torch.set_num_threads(threads)


def test_what_cannot_be_relaxed_says_why_and_the_others_go_on() -> None:
    dense = from_structure(Structure(Lattice.cubic(1.2), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]))
    curium = from_structure(Structure(Lattice.cubic(3.5), ["Cm"], [[0, 0, 0]]))
    flat = Crystal(1, (Site("a", "Na", (0.0, 0.0, 0.0)),), (4.0, 4.0, 4.0, 170.0, 100.0, 20.0))
    told: list[int] = []
    found = relax_symmetric([dense, curium, flat, salt()], on_result=lambda number, _: told.append(number))
    assert sorted(told) == [0, 1, 2, 3]
    assert [entry.crystal is None for entry in found] == [True, True, True, False]
    assert "too dense" in found[0].reason
    assert "Cm" in found[1].reason
    assert found[2].reason


def test_a_cell_that_flies_apart_or_collapses_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symmetric_relaxation, "LARGEST_CHANGE", 1.05)
    found = relax_symmetric([salt(5.2), salt(6.4)], steps=30)
    assert [entry.crystal for entry in found] == [None, None]
    assert "falls apart" in found[0].reason
    assert "collapses" in found[1].reason


def test_one_far_above_its_bound_is_given_up() -> None:
    start = rutile(0.24, 5.4, 2.7)
    free, bound = relax_symmetric([start, start], bounds=[None, -20.0])
    assert bound.steps == symmetric_relaxation.PATIENCE
    assert "stopped after" in bound.reason
    assert not bound.converged
    assert free.steps > bound.steps
    assert bound.energy is not None
    assert free.energy is not None
    assert bound.energy > free.energy


def test_a_cancel_keeps_what_is_done_and_says_what_was_not_begun() -> None:
    asked: list[int] = []
    crystals = [rutile(0.24, 5.4, 2.7)] * (symmetric_relaxation.BATCH + 1)

    def stop() -> bool:
        asked.append(1)
        return len(asked) > 4

    found = relax_symmetric(crystals, cancelled=stop)
    assert len(found) == len(crystals)
    assert found[0].crystal is not None
    assert "stopped" in found[0].reason
    assert found[0].energy is not None
    assert found[0].before is not None
    assert found[0].energy < found[0].before
    assert found[-1].crystal is None
    assert "not started" in found[-1].reason


def test_forces_at_the_end_are_small(known: list[RelaxedCrystal]) -> None:
    again = relax_symmetric([entry.crystal for entry in known if entry.crystal])
    assert all(entry.steps <= 3 for entry in again)
    for one, other in zip(known, again, strict=True):
        assert other.energy == pytest.approx(one.energy, abs=5e-4)
    assert np.isfinite([entry.energy for entry in known if entry.energy]).all()
