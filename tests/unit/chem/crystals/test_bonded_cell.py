"""A cell knows its bonds across its faces, so that any supercell has them; polyhedra stand around cations."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.bonded_cell import BondedAtom, BondedCell, build_bonded_cell
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
