"""A picture shows whole cells, true bonds, and stays within bounds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.scene import build_scene, colour
from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.records import Crystal


@pytest.fixture(scope="module")
def rock_salt() -> Crystal:
    cell = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    return from_structure(cell)


@pytest.fixture(scope="module")
def perovskite() -> Crystal:
    places = [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0]]
    return from_structure(Structure.from_spacegroup("Pm-3m", Lattice.cubic(3.905), ["Sr", "Ti", "O"], places))


def test_atoms_on_faces_are_drawn_on_both_sides(rock_salt: Crystal) -> None:
    # The textbook picture: 27 places of a 3 x 3 x 3 grid, corners and faces of one kind.
    assert sorted(Counter(build_scene(rock_salt).symbols).values()) == [13, 14]


def test_neighbours_are_bonded_and_metals_among_anions_are_not(rock_salt: Crystal, perovskite: Crystal) -> None:
    scene = build_scene(rock_salt)
    assert len(scene.bonds) == 54  # each edge of the 2 x 2 x 2 small cubes
    oxide = build_scene(perovskite)
    pairs = {frozenset((oxide.symbols[i], oxide.symbols[j])) for i, j in oxide.bonds.tolist()}
    assert frozenset(("Ti", "O")) in pairs
    assert frozenset(("Sr", "Ti")) not in pairs
    middle = oxide.symbols.index("Ti")
    assert sum(middle in bond for bond in oxide.bonds.tolist()) == 6


def test_metals_alone_are_bonded() -> None:
    iron = from_structure(Structure.from_spacegroup("Im-3m", Lattice.cubic(2.87), ["Fe"], [[0, 0, 0]]))
    assert len(build_scene(iron).bonds) >= 8


def test_a_supercell_repeats_the_cell(rock_salt: Crystal) -> None:
    one, two = build_scene(rock_salt), build_scene(rock_salt, supercell=(2, 2, 2))
    assert len(two.symbols) == 125
    assert np.allclose(two.edges, 2 * one.edges)
    assert two.edges.shape == (12, 2, 3)


def test_a_large_supercell_needs_no_table_of_all_distances(rock_salt: Crystal) -> None:
    assert len(build_scene(rock_salt, supercell=(8, 8, 8)).symbols) == 17**3


def test_colours_are_hexadecimal() -> None:
    assert colour("O") == "#ff0d0d"
