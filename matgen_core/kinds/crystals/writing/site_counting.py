"""Whether so many atoms still fit on the Wyckoff positions that are left: what the grammar must know ahead."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.symmetry import centring, wyckoff_positions

#: More sites than any string can have.
_NEVER = 10_000


@lru_cache(maxsize=230)
def positions(space_group: int) -> tuple[tuple[int, bool], ...]:
    """(atoms in the primitive cell, whether it may be used again) of each Wyckoff position, special first."""
    points = centring(space_group)
    return tuple((p.multiplicity // points, bool(p.free_axes)) for p in wyckoff_positions(space_group).values())


@cache
def _most_sites(space_group: int, first: int, room: int) -> NDArray[np.int64]:
    """(room + 1,) most sites that positions from ``first`` on can hold with exactly that many atoms; −1: none can."""
    best = np.full(room + 1, -1)
    best[0] = 0
    for size, reusable in positions(space_group)[first:]:
        targets = range(size, room + 1) if reusable else range(room, size - 1, -1)
        for total in targets:
            if best[total - size] >= 0:
                best[total] = max(best[total], best[total - size] + 1)
    return best


@cache
def _reusable_sites(group: int, first: int, atoms: int) -> int:
    """Fewest sites of exactly so many atoms on positions from ``first`` on that may be used again; _NEVER if none."""
    sizes = {size for size, reusable in positions(group)[first:] if reusable and size <= atoms}
    if atoms == 0:
        return 0
    return min((1 + _reusable_sites(group, first, atoms - size) for size in sizes), default=_NEVER)


@lru_cache(maxsize=200_000)
def fewest_sites(group: int, letter: int, place: int, fixed: int, left: tuple[int, ...]) -> int:
    """Fewest sites that hold the atoms ``left`` of each element; _NEVER or more where they do not fit.

    Args:
        group: space group.
        letter: first position that may be used.
        place: first element that may be used there; the others begin at the next position.
        fixed: first position without freedom that may be used; each of those takes one site.
        left: atoms of each element.
    """
    fewest = sum(_reusable_sites(group, letter + (i < place), atoms) for i, atoms in enumerate(left))
    for at in range(fixed, len(positions(group))):
        size, reusable = positions(group)[at]
        if reusable:
            continue
        for i, atoms in enumerate(left):
            if atoms >= size:
                after = (*left[:i], atoms - size, *left[i + 1 :])
                fewest = min(fewest, 1 + fewest_sites(group, letter, place, at + 1, after))
    return fewest


def best_sites(group: int, first: int, room: int, low: int, sites: int) -> int:
    """Most sites that can still be added with ``low`` to ``room`` atoms; −1 where not even that count is reachable.

    Args:
        group: space group.
        first: first position that may be used.
        room: atoms that may still come.
        low: atoms that must still come.
        sites: that may still come.
    """
    if first >= len(positions(group)):
        return 0 if low == 0 else -1
    if low and min(fewest_sites(group, first, 0, first, (atoms,)) for atoms in range(low, room + 1)) > sites:
        return -1
    return min(sites, int(_most_sites(group, first, room)[low:].max()))
