"""A crystal is a function of its free numbers, and whatever they are its symmetry stays."""

from __future__ import annotations

import numpy as np
import pytest
import spglib

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.chem.crystals.symmetry import wyckoff_positions
from matgen_core.chem.energies.free_parameters import free_crystal, group_of, orbit_of
from matgen_core.core.records import Crystal
from tests.unit.chem.known_cells import all_cells, corundum, monoclinic, perovskite, rutile, salt, triclinic


@pytest.mark.parametrize(
    ("crystal", "coordinates", "strains"),
    [
        (salt(), 0, 1),
        (perovskite(), 0, 1),
        (rutile(), 1, 2),
        (corundum(), 2, 2),
        (monoclinic(), 9, 4),
        (triclinic(), 9, 6),
    ],
)
def test_as_many_numbers_are_free_as_the_tables_say(crystal: Crystal, coordinates: int, strains: int) -> None:
    free = free_crystal(crystal)
    assert (len(free.coordinates), len(free.strains)) == (coordinates, strains)
    np.testing.assert_allclose(np.einsum("kij,lij->kl", free.strains, free.strains), np.eye(strains), atol=1e-9)


@pytest.mark.parametrize("crystal", all_cells(), ids=lambda crystal: str(crystal.space_group))
def test_any_numbers_keep_the_space_group(crystal: Crystal) -> None:
    rng, free = np.random.default_rng(0), free_crystal(crystal)
    numbers = np.concatenate(
        [free.coordinates + rng.normal(0, 0.01, len(free.coordinates)), rng.normal(0, 0.02, len(free.strains))]
    )
    structure = to_structure(free.moved(numbers))
    found = spglib.get_symmetry_dataset(
        (structure.lattice.matrix, structure.frac_coords, structure.atomic_numbers), symprec=1e-4
    )
    assert found is not None
    assert found.number == crystal.space_group


def test_without_a_change_the_crystal_is_what_it_was() -> None:
    for crystal in all_cells():
        free = free_crystal(crystal)
        same = free.moved(np.concatenate([free.coordinates, np.zeros(len(free.strains))]))
        assert same.sites == crystal.sites
        np.testing.assert_allclose(same.lattice, crystal.lattice, atol=1e-4)


@pytest.mark.parametrize("space_group", [2, 14, 62, 136, 166, 194, 216, 225, 227, 229])
def test_operations_carry_every_atom_to_one_of_its_orbit(space_group: int) -> None:
    group, rng = group_of(space_group), np.random.default_rng(1)
    for letter in wyckoff_positions(space_group):
        orbit = orbit_of(space_group, letter)
        x = rng.random(orbit.linear.shape[2])
        places = orbit.linear @ x + orbit.offset
        moved = np.einsum("gij,mj->gmi", group.rotations, places) + group.translations[:, None]
        np.testing.assert_allclose(moved, places[orbit.image] + orbit.shift @ group.primitive, atol=1e-9)
        assert all(sorted(image) == list(range(len(places))) for image in orbit.image.tolist())
