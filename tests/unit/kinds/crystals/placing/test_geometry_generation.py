"""Geometry fills a skeleton without changing it, and the one that the networks doubt least is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.errors import Cancelled
from matgen_core.core.properties import CRYSTAL_CONDITIONS
from matgen_core.core.records import Crystal
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.engines.symmetry_first import SymmetryFirst
from matgen_core.kinds.crystals.generate import load_engine
from matgen_core.kinds.crystals.placing.geometry import geometry_of, to_skeletons
from matgen_core.kinds.crystals.placing.geometry_generation import Placer, denoising_residual, refine
from matgen_core.kinds.crystals.writing.grammar import Skeleton, skeleton_of

QUICK = replace(CrystalSettings(), steps=4, geometries=2, refined=2)
RUTILE = Skeleton(136, (("a", "Ti"), ("f", "O")))
SALT = Skeleton(225, (("a", "Na"), ("b", "Cl")))


@pytest.fixture(scope="module")
def placer() -> Placer:
    engine = load_engine("symmetry-first")
    assert isinstance(engine, SymmetryFirst)
    return engine.placer


def anything(count: int) -> torch.Tensor:
    return torch.full((count, len(CRYSTAL_CONDITIONS)), float("nan"))


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def titania(a: float, c: float, u: float) -> Crystal:
    """TiO2 in the structure of rutile, whose only free coordinate is u (a = 4.59 Å, c = 2.96 Å, u = 0.305)."""
    sites = [[0, 0, 0], [u, u, 0]]
    return from_structure(Structure.from_spacegroup("P4_2/mnm", Lattice.tetragonal(a, c), ["Ti", "O"], sites))


def test_a_crystal_is_its_skeleton_with_numbers(placer: Placer) -> None:
    skeletons = [RUTILE, SALT, RUTILE]
    crystals, doubts = placer.place(skeletons, anything(3), QUICK, seeded())
    assert [skeleton_of(crystal) for crystal in crystals] == skeletons
    assert all(doubt >= 0 for doubt in doubts)
    for crystal in crystals:
        assert all(2 < length < 15 for length in crystal.lattice[:3])
    a, b, c, *angles = crystals[1].lattice
    assert (a, angles) == (pytest.approx(b), pytest.approx([90, 90, 90])), "a cube stays a cube"
    assert a == pytest.approx(c)


def test_known_crystals_are_placed_near_their_measured_cells(placer: Placer) -> None:
    (rutile, salt), _doubts = placer.place([RUTILE, SALT], anything(2), CrystalSettings(), seeded())
    assert rutile.lattice[0] == pytest.approx(4.59, rel=0.08)
    assert rutile.lattice[2] == pytest.approx(2.96, rel=0.08)
    assert salt.lattice[0] == pytest.approx(5.64, rel=0.08)


def test_the_same_seed_places_the_same(placer: Placer) -> None:
    assert placer.place([RUTILE], anything(1), QUICK, seeded()) == placer.place([RUTILE], anything(1), QUICK, seeded())


def test_a_cancelled_run_that_placed_nothing_says_so(placer: Placer) -> None:
    with pytest.raises(Cancelled):
        placer.place_each([SALT], anything(1), QUICK, seeded(), lambda: True)


def test_the_true_geometry_is_doubted_less_than_a_distorted_one(placer: Placer) -> None:
    found = [titania(4.59, 2.96, 0.305), titania(4.59, 2.96, 0.20), titania(3.6, 4.8, 0.305)]
    batch = to_skeletons([skeleton_of(c) for c in found], placer.volumes)
    x = placer.denoiser.encode(*geometry_of(found, batch), batch)
    true, moved, strained = denoising_residual(placer.denoiser, x, batch, anything(3)).tolist()
    assert true < moved
    assert true < strained


def test_refining_moves_only_what_is_free(placer: Placer) -> None:
    found = [titania(4.59, 2.96, 0.305)]
    batch = to_skeletons([skeleton_of(c) for c in found], placer.volumes)
    x = placer.denoiser.encode(*geometry_of(found, batch), batch)
    with torch.no_grad():
        refined = refine(placer.denoiser, x, batch, anything(1), QUICK, seeded())
    assert not torch.equal(refined, x)
    assert (refined[~batch.mask.bool()] == 0).all()
    unrefined = refine(placer.denoiser, x, batch, anything(1), replace(QUICK, refine_from=0.0), seeded())
    assert torch.equal(unrefined, x)
