"""A crystal survives the arrays of the geometry network and the tokens of the proposals."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure, to_structure
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.kinds.crystals.placing.geometry import geometry_of, to_crystals, to_skeletons
from matgen_core.kinds.crystals.writing.grammar import encode, skeleton_of
from matgen_core.kinds.crystals.writing.proposals import BINS, allowed_tokens, encode_geometry, slots, value_of
from matgen_core.models.conditioning import ConditionConfig
from matgen_core.models.geometry import GeometryConfig, GeometryDenoiser, look_around

VOLUMES = (15.0,) * len(ELEMENTS)


def crystals() -> list[Crystal]:
    rutile = Structure.from_spacegroup(
        "P4_2/mnm", Lattice.tetragonal(4.6, 2.96), ["Ti", "O"], [[0, 0, 0], [0.305, 0.305, 0]]
    )
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    zincite = Structure.from_spacegroup(
        "P6_3mc", Lattice.hexagonal(3.25, 5.2), ["Zn", "O"], [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.382]]
    )
    corundum = Structure.from_spacegroup(
        "R-3c", Lattice.hexagonal(4.76, 12.99), ["Al", "O"], [[0, 0, 0.352], [0.306, 0, 0.25]]
    )
    return [from_structure(s) for s in (rutile, salt, zincite, corundum)]


@pytest.fixture(scope="module")
def denoiser() -> GeometryDenoiser:
    zeros, ones = ((0.0,) * 6,) * 7, ((0.3,) * 6,) * 7
    conditions = ConditionConfig(("band_gap",), (0.0,), (1.0,), 32)
    torch.manual_seed(0)
    config = GeometryConfig(len(ELEMENTS), 1731, 32, 2, 12, 7.0, 0.0, zeros, ones, conditions)
    return GeometryDenoiser(config).eval()


def test_a_crystal_survives_the_arrays(denoiser: GeometryDenoiser) -> None:
    known = crystals()
    skeletons = [skeleton_of(c) for c in known]
    batch = to_skeletons(skeletons, VOLUMES)
    coordinates, numbers = geometry_of(known, batch)
    back = to_crystals(skeletons, *denoiser.geometry(denoiser.encode(coordinates, numbers, batch), batch))
    for before, after in zip(known, back, strict=True):
        assert StructureMatcher(stol=0.01, ltol=0.01).fit(to_structure(before), to_structure(after))


def test_neighbours_are_those_that_pymatgen_finds(denoiser: GeometryDenoiser) -> None:
    known = crystals()
    batch = to_skeletons([skeleton_of(c) for c in known], VOLUMES)
    x = denoiser.encode(*geometry_of(known, batch), batch)
    around = look_around(*denoiser.geometry(x, batch), batch, denoiser.config)
    for b, crystal in enumerate(known):
        structure = to_structure(crystal)
        expected = sorted(n.nn_distance for n in structure.get_neighbors(structure[0], 8.0))[:6]
        np.testing.assert_allclose(around.distance[b, 0, :6].numpy(), expected, atol=1e-3)


def test_entries_that_do_not_exist_stay_zero(denoiser: GeometryDenoiser) -> None:
    batch = to_skeletons([skeleton_of(c) for c in crystals()], VOLUMES)
    x = torch.randn(batch.mask.shape, generator=torch.Generator().manual_seed(0)) * batch.mask
    answer = denoiser(x, torch.zeros(len(x)), batch, torch.full((len(x), 1), float("nan")))
    assert (answer[~batch.mask] == 0).all()
    assert torch.isfinite(answer).all()


def test_the_answer_does_not_depend_on_the_batch(denoiser: GeometryDenoiser) -> None:
    known, generator = crystals(), torch.Generator().manual_seed(0)
    batch = to_skeletons([skeleton_of(c) for c in known], VOLUMES)
    x = torch.randn(batch.mask.shape, generator=generator) * batch.mask
    nothing = torch.full((len(x), 1), float("nan"))
    together = denoiser(x, torch.ones(len(x)), batch, nothing)
    alone = to_skeletons([skeleton_of(known[0])], VOLUMES)
    sites = alone.element.shape[1]
    part = torch.cat([x[:1, : 6 * sites], x[:1, -6:]], dim=1)
    single = denoiser(part, torch.ones(1), alone, nothing[:1])
    torch.testing.assert_close(single[0, -6:], together[0, -6:], atol=2e-4, rtol=1e-3)


def test_tokens_hold_the_geometry_to_half_a_bin() -> None:
    for crystal in crystals():
        skeleton = skeleton_of(crystal)
        plan, tokens = slots(skeleton), encode_geometry(crystal, (0.5,) * 6, None)
        assert tokens[: len(encode(skeleton))] == encode(skeleton)
        for slot, token in zip(plan, tokens[len(encode(skeleton)) :], strict=True):
            low, high = allowed_tokens(slot)
            assert low <= token < high
            if len(slot) == 3:
                site = crystal.sites[slot[1]]
                free = value_of(slot, token, 0.0)
                assert min(abs((free - c + 0.5) % 1.0 - 0.5) for c in site.coordinates) <= 0.5 / BINS + 1e-9
