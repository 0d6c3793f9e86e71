"""A crystal as a function of the numbers that its symmetry leaves free: coordinates of each orbit, and the cell.

    position of an atom = linear @ coordinates + offset          in conventional fractions, affine in the coordinates
    cell                = reference cell @ (1 + sum_k s_k S_k)   S_k: the strains that every rotation leaves as they are

Whatever the numbers, the space group is kept, so that a search among them can never lose it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.structure import cell_parameters
from matgen_core.chem.crystals.symmetry import TO_PRIMITIVE, centring, symbol, wyckoff_positions
from matgen_core.core.records import Crystal

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
#: A point on no symmetry element: two atoms of an orbit coincide here only if they are one.
_GENERAL_POINT = np.array([0.13713, 0.29171, 0.43037])


@dataclass(frozen=True)
class Group:
    """The operations of a space group, one for each coset of the lattice's translations.

    Args:
        rotations: (G, 3, 3) in conventional fractions, for column vectors.
        translations: (G, 3) in conventional fractions.
        primitive: (3, 3) primitive vectors in terms of the conventional ones, rows.
        whole: (G, 3, 3) the rotations in primitive fractions, whole numbers, for column vectors.
    """

    rotations: Array
    translations: Array
    primitive: Array
    whole: Whole


@dataclass(frozen=True)
class Orbit:
    """The atoms of one Wyckoff position in the primitive cell, and how the group permutes them.

    Args:
        linear: (M, 3, F) change of each atom's position, conventional fractions, with the F free coordinates.
        offset: (M, 3) its position where these are 0.
        image: (G, M) the atom to which an operation moves an atom.
        shift: (G, M, 3) and by how many primitive vectors from that atom's own place.
    """

    linear: Array
    offset: Array
    image: Whole
    shift: Whole


@lru_cache(maxsize=230)
def group_of(space_group: int) -> Group:
    """Operations of a space group in the standard setting."""
    general = list(wyckoff_positions(space_group).values())[-1]
    primitive = np.array(TO_PRIMITIVE.get(symbol(space_group)[0], np.eye(3)), dtype=float)
    kept = _distinct_atoms(general.rotations, general.translations, primitive, general.free_axes)
    assert len(kept) == general.multiplicity // centring(space_group)
    rotations, translations = general.rotations[kept], general.translations[kept]
    inverse = np.linalg.inv(primitive)
    # Fractions are rows here: p = f T^-1, so the rotation W becomes (T W^T T^-1)^T.
    whole = np.swapaxes(primitive @ np.swapaxes(rotations, 1, 2) @ inverse, 1, 2)
    return Group(rotations, translations, primitive, np.rint(whole).astype(np.int64))


def _distinct_atoms(rotations: Array, translations: Array, primitive: Array, axes: tuple[int, ...]) -> list[int]:
    """Cosets that stay apart when the centring is a translation of the lattice."""
    point = np.zeros(3)
    point[list(axes)] = _GENERAL_POINT[list(axes)]
    places = (rotations @ point + translations) @ np.linalg.inv(primitive)
    kept: list[int] = []
    for i, place in enumerate(places):
        apart = (places[kept] - place + 0.5) % 1.0 - 0.5
        if (np.abs(apart).max(axis=1) > 1e-6).all():
            kept.append(i)
    return kept


@lru_cache(maxsize=2048)
def orbit_of(space_group: int, letter: str) -> Orbit:
    """The orbit of a Wyckoff position. How the group permutes it holds for any free coordinates, and is kept."""
    group, position = group_of(space_group), wyckoff_positions(space_group)[letter]
    axes = list(position.free_axes)
    kept = _distinct_atoms(position.rotations, position.translations, group.primitive, position.free_axes)
    linear, offset = position.rotations[kept][:, :, axes], position.translations[kept]
    inverse = np.linalg.inv(group.primitive)
    places = linear @ _GENERAL_POINT[axes] + offset
    moved = np.einsum("gij,mj->gmi", group.rotations, places) + group.translations[:, None]
    apart = (moved[:, :, None] - places) @ inverse
    misfit = np.abs(apart - np.rint(apart)).max(axis=-1)
    image = misfit.argmin(axis=-1)
    assert misfit.min(axis=-1).max() < 1e-6, (space_group, letter)
    shift = np.take_along_axis(np.rint(apart), image[:, :, None, None], axis=2)[:, :, 0]
    return Orbit(linear, offset, image, shift.astype(np.int64))


# ------------------------------------------------------------------------------------------------------------ cells


@dataclass(frozen=True)
class FreeCrystal:
    """A crystal with its free numbers apart.

    Args:
        crystal: the record it was made of.
        orbits: of its sites, in their order.
        lattice: (3, 3) conventional cell, rows, Å, with the exact symmetry of the group.
        strains: (K, 3, 3) symmetric strains that the group allows, orthonormal.
        coordinates: (F,) free coordinates of all sites, one after the other.
        numbers: (sites,) atomic numbers.
    """

    crystal: Crystal
    orbits: tuple[Orbit, ...]
    lattice: Array
    strains: Array
    coordinates: Array
    numbers: Whole

    @property
    def group(self) -> Group:
        """Operations of its space group."""
        return group_of(self.crystal.space_group)

    @property
    def counts(self) -> Whole:
        """(sites,) atoms of each orbit in the primitive cell."""
        return np.array([len(orbit.offset) for orbit in self.orbits])

    @property
    def free(self) -> int:
        """How many numbers are free."""
        return len(self.coordinates) + len(self.strains)

    def strained(self, strain: Array) -> Array:
        """(3, 3) conventional cell after a strain of amounts (K,)."""
        return np.asarray(self.lattice @ (np.eye(3) + np.tensordot(strain, self.strains, axes=1)))

    def moved(self, parameters: Array) -> Crystal:
        """The record for other free numbers: coordinates (F,) and then amounts of the strains (K,)."""
        coordinates, strain = np.split(parameters, [len(self.coordinates)])
        sites, start = [], 0
        for site, orbit in zip(self.crystal.sites, self.orbits, strict=True):
            stop = start + orbit.linear.shape[2]
            sites.append(replace(site, coordinates=tuple(float(v) % 1.0 for v in coordinates[start:stop])))
            start = stop
        return Crystal(self.crystal.space_group, tuple(sites), _parameters(self.strained(strain)))


def free_crystal(crystal: Crystal) -> FreeCrystal:
    """A crystal with its free numbers apart; its cell is given the exact shape that its group asks for."""
    from pymatgen.core import Element, Lattice

    group = group_of(crystal.space_group)
    matrix = np.asarray(Lattice.from_parameters(*crystal.lattice).matrix)
    # A metric G = L L^T has the symmetry of the group where W^T G W = G for all rotations.
    metric = np.mean(np.swapaxes(group.rotations, 1, 2) @ (matrix @ matrix.T) @ group.rotations, axis=0)
    lattice = np.linalg.cholesky(metric)
    return FreeCrystal(
        crystal,
        tuple(orbit_of(crystal.space_group, site.letter) for site in crystal.sites),
        lattice,
        allowed_strains(lattice, group.rotations),
        np.array([value for site in crystal.sites for value in site.coordinates], dtype=float),
        np.array([Element(site.element).Z for site in crystal.sites], dtype=np.int64),
    )


def allowed_strains(lattice: Array, rotations: Array) -> Array:
    """(K, 3, 3) orthonormal symmetric strains that every rotation leaves as they are.

    Args:
        lattice: (3, 3) cell, rows.
        rotations: (G, 3, 3) in its fractions, for column vectors.
    """
    turns = lattice.T @ rotations @ np.linalg.inv(lattice.T)
    single = np.zeros((6, 3, 3))
    for k, (i, j) in enumerate(((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))):
        single[k, i, j] = single[k, j, i] = 1.0 if i == j else 0.5**0.5
    kept = np.einsum("gia,kab,gjb->kij", turns, single, turns) / len(turns)
    _, sizes, axes = np.linalg.svd(kept.reshape(6, 9))
    return np.asarray(axes[: int((sizes > 1e-6).sum())].reshape(-1, 3, 3))


def _parameters(matrix: Array) -> tuple[float, float, float, float, float, float]:
    a, b, c, alpha, beta, gamma = cell_parameters(matrix)
    # Angles and lengths that symmetry fixes stay what they are.
    return round(a, 6), round(b, 6), round(c, 6), round(alpha, 4), round(beta, 4), round(gamma, 4)
