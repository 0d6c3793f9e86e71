"""Wyckoff positions of the 230 space groups, as plain arrays (tables from pyxtal, International Tables vol. A).

Standard setting throughout: unique axis b, cell choice 1, hexagonal axes for rhombohedral groups, origin choice 2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from matgen_core.core.errors import BadTarget, quote
from matgen_core.core.typed_text import plain_text

Array = NDArray[np.float64]

CRYSTAL_SYSTEMS = ("triclinic", "monoclinic", "orthorhombic", "tetragonal", "trigonal", "hexagonal", "cubic")
_LAST_GROUP = (2, 15, 74, 142, 167, 194, 230)
#: Lattice points in the conventional cell, by the first letter of the group's symbol.
_CENTRING = {"P": 1, "A": 2, "B": 2, "C": 2, "I": 2, "F": 4, "R": 3}
#: Primitive vectors in terms of the conventional ones (rows), by centring; none for P.
TO_PRIMITIVE = {
    "A": [[1, 0, 0], [0, 0.5, 0.5], [0, -0.5, 0.5]],
    "C": [[0.5, 0.5, 0], [-0.5, 0.5, 0], [0, 0, 1]],
    "I": [[-0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.5, 0.5, -0.5]],
    "F": [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]],
    "R": [[2 / 3, 1 / 3, 1 / 3], [-1 / 3, 1 / 3, 1 / 3], [-1 / 3, -2 / 3, 1 / 3]],
}


#: Of Wyckoff positions, the most special first; group 47 has them all.
LETTERS = "abcdefghijklmnopqrstuvwxyzA"


@dataclass(frozen=True)
class WyckoffPosition:
    """One Wyckoff position of one space group.

    Args:
        letter: its letter.
        multiplicity: atoms in the conventional cell.
        rotations: (M, 3, 3) linear part of each coset, in fractional coordinates.
        translations: (M, 3) translation of each coset.
        free_axes: which of x, y, z are free in the first representative.
    """

    letter: str
    multiplicity: int
    rotations: Array
    translations: Array
    free_axes: tuple[int, ...]

    @property
    def degrees_of_freedom(self) -> int:
        """How many coordinates are free."""
        return len(self.free_axes)

    def orbit(self, coordinates: tuple[float, ...] | Array) -> Array:
        """All positions of the orbit for the given free coordinates: (M, 3), in [0, 1)."""
        point = np.zeros(3)
        point[list(self.free_axes)] = coordinates
        return np.asarray((self.rotations @ point + self.translations) % 1.0)

    def solve(self, positions: Array, tolerance: float = 1e-3) -> Array:
        """Free coordinates of every position that has the form of the first representative.

        Args:
            positions: (N, 3) fractional positions of one orbit.
            tolerance: largest mismatch, fractional.

        Returns:
            (K, degrees_of_freedom) solutions in [0, 1), K possibly 0.
        """
        axes = list(self.free_axes)
        column = self.rotations[0][:, axes]  # (3, dof)
        inverse = np.linalg.pinv(column) if axes else np.zeros((0, 3))
        found = []
        for position in positions:
            # A representative such as (x, -x, z) fits modulo the lattice, so try the neighbouring cells too.
            for shift in _SHIFTS:
                free = inverse @ (position + shift - self.translations[0])
                misfit = column @ free + self.translations[0] - position
                if np.abs(misfit - np.round(misfit)).max() < tolerance:
                    found.append(free % 1.0)
                    break
        return np.array(found).reshape(len(found), len(axes))


_SHIFTS = np.array([(i, j, k) for i in (0, -1, 1) for j in (0, -1, 1) for k in (0, -1, 1)], dtype=float)


@lru_cache(maxsize=230)
def wyckoff_positions(space_group: int) -> dict[str, WyckoffPosition]:
    """Wyckoff positions of a space group by letter, from "a" (most special) to the general position.

    Raises:
        ValueError: for a number outside 1–230.
    """
    if not 1 <= space_group <= 230:
        raise ValueError(f"space group {space_group} does not exist; numbers run from 1 to 230")
    from pyxtal.symmetry import get_wyckoffs  # slow to import, so only where it is needed

    # The table alone: a Group also derives the symmetry of each site, in four times the time.
    orbits = get_wyckoffs(space_group)[::-1]
    matrices = np.array([operation.affine_matrix for orbit in orbits for operation in orbit])  # (operations, 4, 4)
    positions, start = {}, 0
    for letter, orbit in zip(LETTERS, orbits, strict=False):
        own = matrices[start : start + len(orbit)]
        free_axes = tuple(axis for axis, moves in enumerate(np.abs(own[0, :3, :3]).max(axis=0)) if moves)
        positions[letter] = WyckoffPosition(letter, len(own), own[:, :3, :3], own[:, :3, 3], free_axes)
        start += len(own)
    return positions


@lru_cache(maxsize=1)
def position_starts() -> tuple[int, ...]:
    """Wyckoff positions of all groups before each space group, and of all groups last."""
    return tuple(accumulate((len(wyckoff_positions(group)) for group in range(1, 231)), initial=0))


@lru_cache(maxsize=230)
def symbol(space_group: int) -> str:
    """Hermann–Mauguin symbol of a space group, for example "Fm-3m"."""
    from pyxtal.symmetry import Group

    return str(Group(space_group, quick=True).symbol)


def centring(space_group: int) -> int:
    """Lattice points in the conventional cell: 1 (P), 2 (A, C, I), 3 (R) or 4 (F)."""
    return _CENTRING[symbol(space_group)[0]]


def crystal_system(space_group: int) -> str:
    """Crystal system of a space group.

    >>> crystal_system(225), crystal_system(166)
    ('cubic', 'trigonal')
    """
    return CRYSTAL_SYSTEMS[next(i for i, last in enumerate(_LAST_GROUP) if space_group <= last)]


def read_space_groups(text: str) -> frozenset[int]:
    """Space groups that are named by number, from one number to another, or by symbol in any setting.

    >>> sorted(read_space_groups("225, Pm-3m; P2_1/c p21/n 3-5")), read_space_groups(" ")
    ([3, 4, 5, 14, 221, 225], frozenset())

    Raises:
        BadTarget: naming what is none.
    """
    found = set()
    for part in re.split(r"[,;\s]+", plain_text(text).strip()):
        if not part:
            continue
        first, _, last = part.partition("-")
        try:
            if part.isdigit():
                found.add(int(part))
            elif first.isdigit() and last.isdigit() and 0 < int(first) < int(last) <= 230:
                found.update(range(int(first), int(last) + 1))
            else:
                found.add(_numbers()[_plain(part)])
        except (KeyError, ValueError):
            raise BadTarget(
                "{part} is not a space group; write a number or a symbol such as Fm-3m", part=quote(part)
            ) from None
    return frozenset(found)


@lru_cache(maxsize=1)
def _numbers() -> dict[str, int]:
    """Number of each symbol, from pymatgen's tables: a SpaceGroup is made of all operations, up to 0.7 s each."""
    from pymatgen.symmetry.groups import SpaceGroup

    found = {symbol: int(entry["int_number"]) for symbol, entry in SpaceGroup.sg_encoding.items()}
    names = ("hermann_mauguin", "universal_h_m", "hermann_mauguin_u")
    found |= {entry[name]: int(entry["number"]) for entry in SpaceGroup.SYMM_OPS for name in names}
    found |= {other: found[symbol] for other, symbol in SpaceGroup.full_sg_mapping.items()}
    found |= {other: found[symbol] for other, symbol in SpaceGroup.abbrev_sg_mapping.items()}
    # As they are also written: R-3mH, P2_1/n for P12_1/n1, and Fm3m for Fm-3m in older papers.
    short = {
        other: number
        for symbol, number in found.items()
        for other in (symbol.replace(":", ""), _without_ones(symbol), symbol.replace("-3", "3") if number > 194 else "")
    }
    return {_plain(symbol): number for symbol, number in (short | found).items()}


def _plain(symbol: str) -> str:
    """A symbol however its screw axes and capitals were typed: "p21/c" for "P2_1/c"."""
    return symbol.replace("_", "").lower()


def _without_ones(symbol: str) -> str:
    """A monoclinic symbol without the axes that have no symmetry: P2_1/n for P12_1/n1 and for P112_1/n."""
    return re.sub(r"^([A-Z])(?:1([^1].*)1|11([^1].*))$", r"\1\2\3", symbol)


@lru_cache(maxsize=230)
def hall_number(space_group: int) -> int:
    """Spglib's number of the standard setting of a space group."""
    from pyxtal.symmetry import Group

    return int(Group(space_group).hall_number)
