"""Scene of a crystal: atoms with those on the cell's faces repeated, real bonds, the edges of the cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.core.records import Crystal

if TYPE_CHECKING:
    from pymatgen.core import Structure

Array = NDArray[np.float64]
#: Two atoms are drawn as bonded up to this multiple of the sum of their covalent radii (Cordero et al. 2008).
BOND_FACTOR = 1.18
#: Up to this multiple of the sum, a metal is bonded to the centre of an anion itself.
_SINGLE = 1.05
#: Å; nearer than this, two atoms overlap and are not a bond.
_TOO_NEAR = 0.4
#: Atoms this near a face of the cell (fractional) are drawn on the opposite one too.
_FACE = 1e-3


@dataclass(frozen=True)
class Scene:
    """Things to draw, in Å.

    Args:
        symbols: N elements.
        positions: (N, 3).
        bonds: (M, 2) numbers of bonded atoms.
        edges: (12, 2, 3) ends of the cell's edges.
    """

    symbols: tuple[str, ...]
    positions: Array
    bonds: NDArray[np.int64]
    edges: Array


def build_scene(crystal: Crystal, primitive: bool = False, supercell: tuple[int, int, int] = (1, 1, 1)) -> Scene:
    """The scene of a crystal.

    Args:
        crystal: the crystal.
        primitive: draw the primitive cell instead of the conventional one.
        supercell: cells along a, b, c.
    """
    structure = to_structure(crystal, primitive=primitive)
    symbols, fractions, sites = [], [], []
    repeats = np.array(supercell)
    for number, site in enumerate(structure):
        inside = np.array(site.frac_coords) % 1.0
        inside[inside > 1 - _FACE] = 0.0
        for shift in product(*(range(n + 1) for n in supercell)):
            place = inside + np.array(shift)
            if np.all(place <= repeats + _FACE):  # atoms on the far faces belong to the picture too
                symbols.append(str(site.specie))
                sites.append(number)
                fractions.append(place)
    matrix = np.asarray(structure.lattice.matrix)
    positions = np.array(fractions) @ matrix
    corners = np.array(list(product((0, 1), repeat=3)))
    edges = [(a, b) for a, b in product(corners, corners) if (b - a).sum() == 1 and (b >= a).all()]
    bonds = find_bonds(symbols, positions, anion_centres(structure)[sites])
    return Scene(tuple(symbols), positions, bonds, np.array(edges) * repeats @ matrix)


def find_bonds(symbols: Sequence[str], positions: Array, centres: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(M, 2) pairs of atoms that are bonded by :func:`are_bonds`."""
    from scipy.spatial import cKDTree

    # A tree, because a supercell has thousands of atoms and all their distances would not fit in memory.
    pairs = cKDTree(positions).query_pairs(bond_reach(symbols), output_type="ndarray")
    i, j = pairs[:, 0], pairs[:, 1]
    distances = np.linalg.norm(positions[i] - positions[j], axis=1)
    kept = pairs[are_bonds(symbols, centres, i, j, distances)].astype(np.int64)
    order = np.lexsort((kept[:, 1], kept[:, 0]))
    ordered: NDArray[np.int64] = kept[order]
    return ordered


def bond_reach(symbols: Sequence[str]) -> float:
    """Å; no two of these elements are bonded beyond it."""
    return 2 * BOND_FACTOR * max(map(covalent_radius, set(symbols)))


def is_bond(
    symbols: Sequence[str], first: NDArray[np.int64], second: NDArray[np.int64], distances: Array
) -> NDArray[np.bool_]:
    """Which pairs are nearer than :data:`BOND_FACTOR` times the sum of their covalent radii.

    Two metals among non-metals are left unbonded: their radii overlap in most ionic crystals without a bond.

    Args:
        symbols: elements of the atoms.
        first: (M,) numbers of atoms.
        second: (M,) numbers of the atoms beside them.
        distances: (M,) between the two, Å.
    """
    from pymatgen.core import Element

    radii = np.array([covalent_radius(s) for s in symbols])
    metal = np.array([Element(s).is_metal for s in symbols])
    bonded: NDArray[np.bool_] = (distances < BOND_FACTOR * (radii[first] + radii[second])) & (distances > _TOO_NEAR)
    if not metal.all():
        bonded &= ~(metal[first] & metal[second])
    return bonded


def anion_centres(structure: Structure) -> NDArray[np.bool_]:
    """(N,) which atoms are the centre of an anion, such as the sulphur of a sulphate.

    They have two bonds or more to non-metals that are more electronegative (Pauling).
    """
    symbols, reach = [str(site.specie) for site in structure], bond_reach([str(site.specie) for site in structure])
    first, second, _cells, distances = structure.get_neighbor_list(reach)
    metal, pull = np.array([_nature(symbol) for symbol in symbols]).T
    outer = (metal[first] + metal[second] == 0) & (pull[second] > pull[first])
    outer &= is_bond(symbols, first, second, distances)
    found: NDArray[np.bool_] = np.bincount(first[outer], minlength=len(symbols)) > 1
    return found


@lru_cache(maxsize=200)
def _nature(symbol: str) -> tuple[float, float]:
    """1 for a metal, else 0, and the electronegativity."""
    from pymatgen.core import Element

    return float(Element(symbol).is_metal), float(Element(symbol).X)


def are_bonds(
    symbols: Sequence[str],
    centres: NDArray[np.bool_],
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    distances: Array,
) -> NDArray[np.bool_]:
    """Which pairs of atoms of a structure are bonded.

    As :func:`is_bond`, but a metal is not bonded to the centre of an anion, whose other atoms lie between; unless it
    is as near as a single bond is long, such as the metal of a nitro complex.

    Args:
        symbols: elements of the atoms.
        centres: (N,) which of them :func:`anion_centres` found.
        first: (M,) numbers of atoms.
        second: (M,) numbers of the atoms beside them.
        distances: (M,) between the two, Å.
    """
    radii = np.array([covalent_radius(s) for s in symbols])
    metal = np.array([_nature(s)[0] > 0 for s in symbols])
    across = (metal[first] & centres[second]) | (metal[second] & centres[first])
    far = distances > _SINGLE * (radii[first] + radii[second])
    bonded: NDArray[np.bool_] = is_bond(symbols, first, second, distances) & ~(across & far)
    return bonded


def covalent_radius(symbol: str) -> float:
    """Single-bond covalent radius of an element, Å (Cordero et al. 2008)."""
    from ase.data import atomic_numbers, covalent_radii

    return float(covalent_radii[atomic_numbers[symbol]])


def space_radius(symbol: str) -> float:
    """Van der Waals radius of an element, Å (Alvarez 2013); 2 Å where that gives none."""
    from ase.data import atomic_numbers
    from ase.data.vdw_alvarez import vdw_radii

    radius = float(vdw_radii[atomic_numbers[symbol]])
    return radius if radius > 0 else 2.0  # not a number where none is known


def colour(symbol: str) -> str:
    """Jmol's colour of an element, as #rrggbb."""
    from ase.data import atomic_numbers
    from ase.data.colors import jmol_colors

    return "#" + "".join(f"{round(255 * float(c)):02x}" for c in jmol_colors[atomic_numbers[symbol]])
