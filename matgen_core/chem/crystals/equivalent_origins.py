"""Equivalent settings of one crystal: the same atoms, written from another origin.

A space group looks the same from several origins (its Euclidean normaliser, International Tables vol. A, 15.2). Moving
between them exchanges Wyckoff letters and shifts free coordinates while nothing about the crystal changes, so it is
free augmentation for networks that read letters and coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.structure import sort_sites
from matgen_core.chem.crystals.symmetry import wyckoff_positions
from matgen_core.core.records import Crystal, Site

Array = NDArray[np.float64]
_GRID = (0.0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4)


@dataclass(frozen=True)
class _Move:
    """Free coordinates x on one letter become ``matrix @ x + offset`` on another."""

    letter: str
    matrix: Array
    offset: Array


@lru_cache(maxsize=230)
def polar_axes(space_group: int) -> tuple[int, ...]:
    """Axes along which the origin may be moved by any amount.

    >>> polar_axes(1), polar_axes(4), polar_axes(225)
    ((0, 1, 2), (1,), ())
    """
    rotations = _general(space_group)[0]
    return tuple(axis for axis in range(3) if np.allclose(rotations[:, :, axis], np.eye(3)[axis]))


@lru_cache(maxsize=230)
def origin_shifts(space_group: int) -> tuple[tuple[float, float, float], ...]:
    """Shifts of the origin that leave the group as it is, without lattice translations and polar directions.

    >>> origin_shifts(225)
    ((0.0, 0.0, 0.0), (0.0, 0.0, 0.5))
    """
    rotations, translations = _general(space_group)
    centrings = translations[np.all(np.abs(rotations - np.eye(3)) < 1e-6, axis=(1, 2))]
    polar = polar_axes(space_group)
    found: list[Array] = []
    for shift in product(_GRID, repeat=3):
        if any(shift[axis] for axis in polar):
            continue
        vector = np.array(shift)
        moved = rotations @ vector - vector  # (M, 3), each must be a lattice translation
        fits = [_is_lattice(row, centrings) for row in moved]
        if all(fits) and not any(_is_lattice(vector - other, centrings) for other in found):
            found.append(vector)
    return tuple((float(v[0]), float(v[1]), float(v[2])) for v in found)


def _is_lattice(vector: Array, centrings: Array) -> bool:
    difference = vector - centrings
    return bool((np.abs(difference - np.round(difference)).max(axis=1) < 1e-6).any())


def _general(space_group: int) -> tuple[Array, Array]:
    general = list(wyckoff_positions(space_group).values())[-1]
    return general.rotations, general.translations


@lru_cache(maxsize=20_000)
def _move(space_group: int, letter: str, shift: tuple[float, float, float]) -> _Move | None:
    table = wyckoff_positions(space_group)
    old = table[letter]
    axes = list(old.free_axes)
    column, start = old.rotations[0][:, axes], old.translations[0] + np.array(shift)
    point = np.array([0.1371, 0.2917, 0.4303])[: len(axes)]  # generic, so that a fit here is a fit everywhere
    rotations, translations = _general(space_group)
    for new in table.values():
        if new.multiplicity != old.multiplicity or len(new.free_axes) != len(axes):
            continue
        target = new.rotations[0][:, list(new.free_axes)]
        inverse = np.linalg.pinv(target) if axes else np.zeros((0, 3))
        for rotation, translation in zip(rotations, translations, strict=True):
            constant = rotation @ start + translation
            for cell in product((0, -1, 1), repeat=3):
                matrix, offset = inverse @ rotation @ column, inverse @ (constant + cell - new.translations[0])
                misfit = target @ (matrix @ point + offset) + new.translations[0] - rotation @ column @ point - constant
                if np.abs(misfit - np.round(misfit)).max() < 1e-6:
                    return _Move(new.letter, matrix, offset)
    return None


def move_origin(crystal: Crystal, rng: np.random.Generator) -> Crystal:
    """The same crystal from a random equivalent origin (its own, where the group has no other)."""
    shifts, polar = origin_shifts(crystal.space_group), polar_axes(crystal.space_group)
    moved = at_origin(crystal, shifts[rng.integers(len(shifts))])
    if moved is None:
        return crystal
    sites = moved.sites
    if polar:
        drift = np.zeros(3)
        drift[list(polar)] = rng.random(len(polar))
        sites = tuple(_drift(crystal.space_group, site, drift) for site in sites)
    return Crystal(crystal.space_group, sort_sites(sites), crystal.lattice)


def letters_at_origin(
    space_group: int, letters: Sequence[str], shift: tuple[float, float, float]
) -> tuple[str, ...] | None:
    """The Wyckoff letters that positions bear from another origin; None where one has no name there.

    >>> letters_at_origin(225, ("a", "b", "c"), (0.0, 0.0, 0.5))
    ('b', 'a', 'c')
    """
    moves = [_move(space_group, letter, shift) for letter in letters]
    return None if any(move is None for move in moves) else tuple(move.letter for move in moves if move is not None)


def at_origin(crystal: Crystal, shift: tuple[float, float, float]) -> Crystal | None:
    """The same crystal from another origin, its sites in their order; None where one has no name there."""
    sites = []
    for site in crystal.sites:
        move = _move(crystal.space_group, site.letter, shift)
        if move is None:
            return None
        coordinates = move.matrix @ np.array(site.coordinates) + move.offset
        sites.append(Site(move.letter, site.element, tuple((coordinates % 1.0).tolist())))
    return Crystal(crystal.space_group, tuple(sites), crystal.lattice)


def _drift(space_group: int, site: Site, drift: Array) -> Site:
    axes = wyckoff_positions(space_group)[site.letter].free_axes
    moved = tuple(float((value + drift[axis]) % 1.0) for value, axis in zip(site.coordinates, axes, strict=True))
    return Site(site.letter, site.element, moved)
