"""One cell of a crystal with its bonds to neighbours in other cells, and the polyhedra around its cations.

A viewer repeats it: neighbours are named by atom and cell, so that any supercell has its bonds without a new search.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.scene import anion_centres, are_bonds, bond_reach
from matgen_core.chem.crystals.structure import to_structure
from matgen_core.core.records import Crystal

Array = NDArray[np.float64]
#: Coordination numbers of which a polyhedron is drawn. The larger ones, as of Sr in SrTiO3, hide what is between them
#: and are drawn only in crystals without smaller ones.
_SMALL, _LARGE = range(4, 9), range(9, 17)
#: Normals of two triangles that differ by less lie in one plane: the edge between them is no edge of the polyhedron.
_SAME_PLANE = 0.02
#: Atoms this near a face of the cell (fractional) are drawn on the opposite one too.
_FACE = 1e-3

Neighbour = tuple[int, int, int, int]


@dataclass(frozen=True)
class Polyhedron:
    """The convex hull of an atom's neighbours.

    Args:
        triangles: of its surface, each three places in the list of neighbours.
        edges: each two of them.
    """

    triangles: tuple[tuple[int, int, int], ...]
    edges: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class BondedAtom:
    """An atom of the cell.

    Args:
        symbol: its element.
        label: element and number of its site, as in the CIF.
        place: fractional coordinates, from 0 to 1.
        neighbours: atom and cell (a, b, c) of each atom it is bonded to.
        is_centre: whether all its neighbours are more electronegative.
        polyhedron: around it, which is drawn beyond the edge of the cell, too; None where none is drawn.
    """

    symbol: str
    label: str
    place: tuple[float, float, float]
    neighbours: tuple[Neighbour, ...]
    is_centre: bool
    polyhedron: Polyhedron | None


@dataclass(frozen=True)
class BondedCell:
    """A cell that can be repeated.

    Args:
        matrix: (3, 3) its vectors in Å, one a row.
        atoms: in it.
    """

    matrix: tuple[tuple[float, float, float], ...]
    atoms: tuple[BondedAtom, ...]


def build_bonded_cell(crystal: Crystal, primitive: bool = False) -> BondedCell:
    """The conventional or the primitive cell of a crystal with its bonds.

    Bonds follow :func:`matgen_core.chem.crystals.scene.are_bonds`; an atom whose neighbours are all more
    electronegative (Pauling) is the centre of a polyhedron where it has four to eight of them.
    """
    structure = to_structure(crystal, primitive=primitive)
    symbols = [str(site.specie) for site in structure]
    places = np.asarray(structure.frac_coords) % 1.0
    places[places > 1 - _FACE] = 0.0
    matrix = np.asarray(structure.lattice.matrix)
    neighbours = _neighbours(symbols, places, matrix)
    centres = [_is_centre(symbols[i], [symbols[n[0]] for n in found]) for i, found in enumerate(neighbours)]
    numbers = [len(found) for found, centre in zip(neighbours, centres, strict=True) if centre]
    drawn = _SMALL if any(n in _SMALL for n in numbers) else _LARGE
    labels = _labels(crystal, symbols)
    atoms = []
    for i, found in enumerate(neighbours):
        hull = None
        if centres[i] and len(found) in drawn:
            hull = _polyhedron(np.array([places[j] + cell for j, *cell in found]) @ matrix)
        x, y, z = (round(float(v), 6) for v in places[i])
        atoms.append(BondedAtom(symbols[i], labels[i], (x, y, z), tuple(found), centres[i], hull))
    rows = [(round(float(a), 5), round(float(b), 5), round(float(c), 5)) for a, b, c in matrix]
    return BondedCell(tuple(rows), tuple(atoms))


def _neighbours(symbols: list[str], places: Array, matrix: Array) -> list[list[Neighbour]]:
    """Of each atom, the bonded ones by number and cell, in a fixed order."""
    from pymatgen.core import Lattice, Structure

    cell = Structure(Lattice(matrix), symbols, places)
    i, j, cells, distances = cell.get_neighbor_list(bond_reach(symbols))
    kept = are_bonds(symbols, anion_centres(cell), i, j, distances)
    found: list[list[Neighbour]] = [[] for _symbol in symbols]
    for first, second, (a, b, c) in zip(i[kept], j[kept], cells[kept], strict=True):
        found[int(first)].append((int(second), round(a), round(b), round(c)))
    return [sorted(one) for one in found]


def _is_centre(symbol: str, around: list[str]) -> bool:
    from pymatgen.core import Element

    own = Element(symbol).X
    return bool(around) and min(Element(other).X for other in set(around)) > own


def _labels(crystal: Crystal, symbols: list[str]) -> list[str]:
    """Element and number of the site, as the CIF names it: atoms come orbit after orbit."""
    from matgen_core.chem.crystals.symmetry import wyckoff_positions

    table = wyckoff_positions(crystal.space_group)
    conventional = sum(table[site.letter].multiplicity for site in crystal.sites)
    points = conventional // len(symbols)
    return [
        f"{site.element}{number}"
        for number, site in enumerate(crystal.sites, start=1)
        for _atom in range(table[site.letter].multiplicity // points)
    ]


def _polyhedron(corners: Array) -> Polyhedron | None:
    """The convex hull of the corners; None where they lie in a plane."""
    from scipy.spatial import ConvexHull, QhullError

    try:
        hull = ConvexHull(corners)
    except QhullError:
        return None
    normals = hull.equations[:, :3]
    edges = {
        (min(a, b), max(a, b))
        for face, around in enumerate(hull.neighbors)
        for other in around
        if np.linalg.norm(normals[face] - normals[other]) > _SAME_PLANE
        for a, b in [sorted(set(hull.simplices[face].tolist()) & set(hull.simplices[other].tolist()))]
    }
    triangles = [(int(a), int(b), int(c)) for a, b, c in hull.simplices]
    return Polyhedron(tuple(sorted(triangles)), tuple(sorted(edges)))
