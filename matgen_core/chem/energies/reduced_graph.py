"""CHGNet's graph of a crystal, each bond and angle once for all those that symmetry makes equal.

CHGNet's features are invariant, so atoms, bonds and angles that an operation of the space group carries into one
another have the same features at every layer. It is enough to compute one of each class, and to count the class where
CHGNet sums. The energy is the same; a crystal of high symmetry costs a tenth, or less.

Bonds are listed as far as ``SKIN`` beyond the cutoffs. There CHGNet weighs them with 0, so that a graph stays exact
while the atoms move a little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.energies.free_parameters import FreeCrystal, Whole

Array = NDArray[np.float64]

#: Å; cutoffs of CHGNet 0.3.0 for bonds and for the bonds that make angles.
BOND_CUTOFF, ANGLE_CUTOFF = 6.0, 3.0
#: Å; bonds are listed as far beyond the cutoffs.
SKIN = 0.2
#: Base in which the three whole numbers of a lattice vector are written as one.
_BASE = 256


@dataclass(frozen=True)
class ReducedGraph:
    """Classes of atoms, directed bonds, bonds and angles.

    The vectors of the first D arms are one directed bond of each class; further arms serve the angles.

    Args:
        numbers: (A,) atomic number of each class of atoms, one for each orbit.
        counts: (A,) atoms of it in the primitive cell.
        center: (D,) class of the atom that a directed bond begins at.
        neighbour: (D,) and ends at.
        bond: (D,) its bond, undirected.
        times: (D,) how many such bonds begin at one atom.
        directed: (B,) a directed bond of each bond, which has its length.
        angle_center: (L,) class of the atom in the corner of an angle.
        angle_bonds: (L, 2) its two bonds.
        angle_arms: (L, 2) and the arms along them.
        angle_times: (L,) how many such angles a bond of the first kind has.
        linear: (V, 3, F) change of each arm, conventional fractions, with the free coordinates.
        offset: (V, 3) each arm where these are 0.
    """

    numbers: Whole
    counts: Whole
    center: Whole
    neighbour: Whole
    bond: Whole
    times: Array
    directed: Whole
    angle_center: Whole
    angle_bonds: Whole
    angle_arms: Whole
    angle_times: Array
    linear: Array
    offset: Array

    def arms(self, coordinates: Array) -> Array:
        """(V, 3) the arms in conventional fractions."""
        return np.asarray(self.linear @ coordinates + self.offset)


class _Atoms:
    """All atoms of the primitive cell, orbit after orbit, and what the group does to them."""

    def __init__(self, free: FreeCrystal, coordinates: Array, lattice: Array) -> None:
        group, count = free.group, free.counts
        starts = np.concatenate([[0], np.cumsum(count)])
        self.first, self.site = starts[:-1], np.repeat(np.arange(len(count)), count)
        self.linear = np.zeros((int(starts[-1]), 3, len(coordinates)))
        column = 0
        for orbit, start, stop in zip(free.orbits, starts[:-1], starts[1:], strict=True):
            self.linear[start:stop, :, column : column + orbit.linear.shape[2]] = orbit.linear
            column += orbit.linear.shape[2]
        self.offset = np.concatenate([orbit.offset for orbit in free.orbits])
        self.image = np.concatenate(
            [orbit.image + start for orbit, start in zip(free.orbits, starts[:-1], strict=True)], axis=1
        )
        self.shift = np.concatenate([orbit.shift for orbit in free.orbits], axis=1)
        self.whole, self.primitive = group.whole, group.primitive
        self.places = (self.linear @ coordinates + self.offset) @ np.linalg.inv(group.primitive)
        self.cell = group.primitive @ lattice
        #: An operation that brings each atom to the first one of its orbit.
        self.home = np.argmax(self.image == self.first[self.site], axis=0)

    def neighbours(self, atom: int, reach: float) -> tuple[Whole, Whole, Array]:
        """Ends (N,), lattice vectors (N, 3) and lengths (N,) of the bonds that begin at an atom."""
        from pymatgen.optimization.neighbors import find_points_in_spheres

        # Wrapped into the cell for the search; the whole numbers taken off are put back after it.
        inside = self.places % 1.0
        taken = np.rint(self.places - inside).astype(np.int64)
        points = np.ascontiguousarray(inside @ self.cell)
        _, ends, images, lengths = find_points_in_spheres(
            points,
            np.ascontiguousarray(points[atom : atom + 1]),
            r=reach,
            pbc=np.ones(3, dtype=np.int64),
            lattice=np.ascontiguousarray(self.cell),
            tol=1e-8,
        )
        ends = ends.astype(np.int64)
        vectors = np.rint(images).astype(np.int64) - taken[ends] + taken[atom]
        kept = (ends != atom) | vectors.any(axis=1)
        return ends[kept], vectors[kept], lengths[kept]

    def carried(self, operations: Whole, start: int, ends: Whole, vectors: Whole) -> Whole:
        """(operations, N) keys of the bonds to which operations carry bonds from ``start``."""
        image, shift = self.image[operations], self.shift[operations]
        moved = np.einsum("gij,nj->gni", self.whole[operations], vectors) + shift[:, ends] - shift[:, start][:, None]
        return _keys(image[:, ends], moved)

    def arms(self, sites: Whole, ends: Whole, vectors: Whole) -> tuple[Array, Array]:
        """Linear part (N, 3, F) and offset (N, 3) of bonds from the first atoms of sites, conventional fractions."""
        starts = self.first[sites]
        offset = self.offset[ends] + vectors @ self.primitive - self.offset[starts]
        return self.linear[ends] - self.linear[starts], offset


def _keys(ends: Whole, vectors: Whole) -> Whole:
    """One whole number for an end and a lattice vector."""
    x, y, z = np.moveaxis(vectors + _BASE // 2, -1, 0)
    return np.asarray(((ends * _BASE + x) * _BASE + y) * _BASE + z, dtype=np.int64)


@dataclass(frozen=True)
class _Shell:
    """The bonds that begin at the first atom of an orbit.

    Args:
        ends: (N,) atoms.
        vectors: (N, 3) lattice vectors.
        lengths: (N,) Å.
        carried: (S, N) keys of the bonds to which the operations that leave the atom where it is carry each bond.
        classes: (N,) class of each bond at this atom.
        shown: (C,) a bond of each class.
        keys: (C,) key of each class, sorted.
        times: (C,) bonds of each class.
    """

    ends: Whole
    vectors: Whole
    lengths: Array
    carried: Whole
    classes: Whole
    shown: Whole
    keys: Whole
    times: Whole


def _shell(atoms: _Atoms, site: int, reach: float) -> _Shell:
    start = int(atoms.first[site])
    ends, vectors, lengths = atoms.neighbours(start, reach)
    carried = atoms.carried(np.flatnonzero(atoms.image[:, start] == start), start, ends, vectors)
    keys, shown, classes, times = np.unique(
        carried.min(axis=0), return_index=True, return_inverse=True, return_counts=True
    )
    return _Shell(ends, vectors, lengths, carried, classes, shown, keys, times)


def _reverses(atoms: _Atoms, shells: list[_Shell], starts: Whole, site: int) -> Whole:
    """(C,) the class of each directed bond's reverse among all classes; -1 where it is not listed."""
    shell, start = shells[site], int(atoms.first[site])
    ends, vectors = shell.ends[shell.shown], shell.vectors[shell.shown]
    # First home, so that the reverse begins at the atom that stands for its orbit; then under all that leave that atom.
    home = atoms.home[ends]
    moved = atoms.shift[home, start] - atoms.shift[home, ends] - np.einsum("nij,nj->ni", atoms.whole[home], vectors)
    found = np.full(len(ends), -1, dtype=np.int64)
    for other in np.unique(atoms.site[ends]).tolist():
        first, chosen = int(atoms.first[other]), np.flatnonzero(atoms.site[ends] == other)
        stays = np.flatnonzero(atoms.image[:, first] == first)
        keys = atoms.carried(stays, first, atoms.image[home[chosen], start], moved[chosen]).min(axis=0)
        places = np.minimum(np.searchsorted(shells[other].keys, keys), len(shells[other].keys) - 1)
        found[chosen] = np.where(shells[other].keys[places] == keys, starts[other] + places, -1)
    return found


def _angles(shell: _Shell, cutoff: float) -> tuple[Whole, Whole, Whole, Whole]:
    """Short bonds (n,) of a shell; of each class of angles the places (L, 2) of its arms among them, and its size."""
    short = np.flatnonzero(shell.lengths < cutoff)
    names, ranks = np.unique(shell.carried[:, short], return_inverse=True)
    ranks = ranks.reshape(len(shell.carried), len(short))
    keys = (ranks[:, :, None] * len(names) + ranks[:, None, :]).min(axis=0)
    first, second = np.nonzero(~np.eye(len(short), dtype=bool))
    _, shown, times = np.unique(keys[first, second], return_index=True, return_counts=True)
    return short, np.stack([first[shown], second[shown]], axis=1), times, shell.classes[short]


def reduce_graph(free: FreeCrystal, coordinates: Array, lattice: Array) -> ReducedGraph:
    """The reduced graph of a crystal where it is now.

    Args:
        free: the crystal.
        coordinates: (F,) its free coordinates.
        lattice: (3, 3) its conventional cell, rows, Å.
    """
    atoms = _Atoms(free, coordinates, lattice)
    shells = [_shell(atoms, site, BOND_CUTOFF + SKIN) for site in range(len(free.orbits))]
    starts = np.cumsum([0, *(len(shell.shown) for shell in shells)])
    center = np.repeat(np.arange(len(shells)), np.diff(starts))
    ends = np.concatenate([shell.ends[shell.shown] for shell in shells])
    vectors = np.concatenate([shell.vectors[shell.shown] for shell in shells])
    reverse = np.concatenate([_reverses(atoms, shells, starts, site) for site in range(len(shells))])
    # Rounding may list a bond at the very end of the list and not its reverse: it weighs nothing, and counts 0 times.
    own = np.arange(len(reverse))
    times = np.concatenate([shell.times for shell in shells]) * (reverse >= 0).astype(float)
    directed, bond = np.unique(np.where(reverse >= 0, np.minimum(own, reverse), own), return_inverse=True)
    totals = np.maximum(np.bincount(bond, free.counts[center] * times, len(directed)) / 2, 1.0)

    arms, corners, pairs, bonds, sizes = [atoms.arms(center, ends, vectors)], [], [], [], []
    count = len(center)
    for site, shell in enumerate(shells):
        short, places, much, classes = _angles(shell, ANGLE_CUTOFF + SKIN)
        arms.append(atoms.arms(np.full(len(short), site), shell.ends[short], shell.vectors[short]))
        corners.append(np.full(len(places), site))
        pairs.append(places + count)
        bonds.append(bond[classes + starts[site]][places])
        sizes.append(much * free.counts[site] / totals[bonds[-1][:, 0]])
        count += len(short)
    linear, offset = (np.concatenate(parts) for parts in zip(*arms, strict=True))
    return ReducedGraph(
        numbers=free.numbers,
        counts=free.counts,
        center=center,
        neighbour=atoms.site[ends],
        bond=bond,
        times=times,
        directed=directed,
        angle_center=np.concatenate(corners),
        angle_bonds=np.concatenate(bonds),
        angle_arms=np.concatenate(pairs),
        angle_times=np.concatenate(sizes),
        linear=linear,
        offset=offset,
    )


def still_holds(free: FreeCrystal, before: tuple[Array, Array], after: tuple[Array, Array]) -> bool:
    """Whether a graph built at one place holds every bond within the cutoffs at another.

    Args:
        free: the crystal.
        before: coordinates (F,) and conventional cell (3, 3) where it was built.
        after: the same where the crystal is now.
    """
    moved, start, most = after[0] - before[0], 0, 0.0
    for orbit in free.orbits:
        stop = start + orbit.linear.shape[2]
        most = max(most, float(np.linalg.norm(orbit.linear[0] @ moved[start:stop] @ after[1])))
        start = stop
    shrunk = np.linalg.svd(np.linalg.inv(before[1]) @ after[1], compute_uv=False).min()
    return all(shrunk * (cutoff + SKIN) - 2 * most >= cutoff for cutoff in (BOND_CUTOFF, ANGLE_CUTOFF))
