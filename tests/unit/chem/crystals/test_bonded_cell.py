"""A cell knows its bonds across its faces, so that any supercell has them; polyhedra stand around cations."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.bonded_cell import BondedAtom, BondedCell, build_bonded_cell
from matgen_core.chem.crystals.scene import build_scene, find_bonds
from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.records import Candidate, Crystal, Origin
from matgen_core.kinds.crystals.files.candidate_files import to_cif


def crystal(group: str, lattice: Lattice, elements: list[str], places: list[list[float]]) -> Crystal:
    return from_structure(Structure.from_spacegroup(group, lattice, elements, places))


PEROVSKITE = crystal("Pm-3m", Lattice.cubic(3.905), ["Sr", "Ti", "O"], [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0]])
RUTILE = crystal("P4_2/mnm", Lattice.tetragonal(4.594, 2.959), ["Ti", "O"], [[0, 0, 0], [0.305, 0.305, 0]])
CAESIUM_CHLORIDE = crystal("Pm-3m", Lattice.cubic(4.12), ["Cs", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
DIAMOND = crystal("Fd-3m", Lattice.cubic(3.567), ["C"], [[0, 0, 0]])
#: Square-planar platinum: its four neighbours lie in a plane with it.
PLATINUM_OXIDE = crystal("P4_2/mmc", Lattice.tetragonal(3.08, 5.34), ["Pt", "O"], [[0, 0.5, 0], [0, 0, 0.25]])

SULPHATE = crystal(
    "P2_12_12_1",
    Lattice.orthorhombic(6.285, 7.076, 8.007),
    ["Ba", "S", "O", "O", "O", "O"],
    [
        *([0.2187, 0.41663, 0.13474], [0.24377, 0.08582, 0.62299], [0.05331, 0.96062, 0.6525]),
        *([0.06914, 0.04169, 0.0937], [0.20143, 0.2117, 0.47942], [0.21033, 0.79848, 0.27484]),
    ],
)
OLIVINE = crystal(
    "Pnma",
    Lattice.orthorhombic(10.334, 6.01, 4.693),
    ["Li", "Fe", "P", "O", "O", "O"],
    [
        *([0, 0, 0], [0.2822, 0.25, 0.9747], [0.0948, 0.25, 0.4182]),
        *([0.0968, 0.25, 0.7428], [0.4571, 0.25, 0.206], [0.1656, 0.0465, 0.2847]),
    ],
)


def one(cell: BondedCell, symbol: str) -> BondedAtom:
    return next(atom for atom in cell.atoms if atom.symbol == symbol)


def test_a_perovskite_has_octahedra_and_no_hull_around_its_large_cation() -> None:
    cell = build_bonded_cell(PEROVSKITE)
    titanium, strontium, oxygen = (one(cell, symbol) for symbol in ("Ti", "Sr", "O"))
    assert len(titanium.neighbours) == 6
    assert titanium.is_centre
    assert titanium.polyhedron is not None
    assert (len(titanium.polyhedron.triangles), len(titanium.polyhedron.edges)) == (8, 12)
    assert len(strontium.neighbours) == 12
    assert strontium.is_centre
    assert strontium.polyhedron is None
    assert not oxygen.is_centre


def test_a_cube_has_twelve_edges_and_none_across_its_faces() -> None:
    hull = one(build_bonded_cell(CAESIUM_CHLORIDE), "Cs").polyhedron
    assert hull is not None
    assert (len(hull.triangles), len(hull.edges)) == (12, 12)


@pytest.mark.parametrize(("made", "bonds"), [(SULPHATE, {"BaO", "OS"}), (OLIVINE, {"FeO", "LiO", "OP"})])
def test_a_metal_is_bonded_to_the_oxygen_of_an_anion_and_not_to_its_centre(made: Crystal, bonds: set[str]) -> None:
    cell, scene = build_bonded_cell(made), build_scene(made)
    of_cell = {"".join(sorted((a.symbol, cell.atoms[n[0]].symbol))) for a in cell.atoms for n in a.neighbours}
    of_scene = {"".join(sorted(scene.symbols[atom] for atom in pair)) for pair in scene.bonds.tolist()}
    assert of_cell == of_scene == bonds


def test_a_metal_as_near_as_a_single_bond_is_bonded_to_the_nitrogen_of_a_nitro_group() -> None:
    symbols, places = ["Co", "N", "O", "O"], np.array([[0, 0, 0], [0, 0, 1.95], [0, 1.05, 2.6], [0, -1.05, 2.6]])
    centres = np.array([False, True, False, False])
    assert [0, 1] in find_bonds(symbols, places, centres).tolist()
    places[0] = 0, 0, -0.3
    assert [0, 1] not in find_bonds(symbols, places, centres).tolist(), "within the radii's reach, and across oxygen"


def test_neither_an_element_nor_a_flat_square_has_polyhedra() -> None:
    carbon = one(build_bonded_cell(DIAMOND), "C")
    assert len(carbon.neighbours) == 4
    assert not carbon.is_centre
    platinum = one(build_bonded_cell(PLATINUM_OXIDE), "Pt")
    assert len(platinum.neighbours) == 4
    assert platinum.is_centre
    assert platinum.polyhedron is None


@pytest.mark.parametrize("primitive", [False, True])
@pytest.mark.parametrize("made", [PEROVSKITE, RUTILE, DIAMOND])
def test_a_bond_is_known_from_both_ends(made: Crystal, primitive: bool) -> None:
    cell = build_bonded_cell(made, primitive)
    bonds = {(i, *neighbour) for i, atom in enumerate(cell.atoms) for neighbour in atom.neighbours}
    assert bonds
    assert {(j, i, -a, -b, -c) for i, j, a, b, c in bonds} == bonds


def test_distances_across_the_faces_are_those_of_the_crystal() -> None:
    cell = build_bonded_cell(RUTILE)
    titanium = one(cell, "Ti")
    matrix = np.array(cell.matrix)
    far = [np.array(cell.atoms[j].place) + shift - titanium.place for j, *shift in titanium.neighbours]
    # Two apical and four equatorial oxygens of rutile (Baur & Khan 1971: 1.980 and 1.949 Å).
    assert sorted(np.linalg.norm(np.array(far) @ matrix, axis=1)) == pytest.approx([1.949] * 4 + [1.981] * 2, abs=2e-3)


@pytest.mark.parametrize("made", [PEROVSKITE, RUTILE])
def test_atoms_are_called_as_in_the_cif(made: Crystal) -> None:
    cif = to_cif(Candidate("x", made, Origin("test")))
    labels = {atom.label: atom.symbol for atom in build_bonded_cell(made, primitive=True).atoms}
    for label, symbol in labels.items():
        assert f"\n{label} {symbol} " in cif
