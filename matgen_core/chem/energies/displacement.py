"""Whether a relaxed crystal is a minimum: its atoms are displaced, symmetry is given up, and it is relaxed again.

Relaxation that keeps the symmetry ends at saddle points, too. From there a displacement finds the way down, from a
minimum it finds the way back. Only displacements within the primitive cell are tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.structure import cell_parameters, to_structure
from matgen_core.chem.energies.symmetric_relaxation import RelaxedCrystal, relax_symmetric
from matgen_core.core.messages import Text
from matgen_core.core.records import Crystal, Site

Array = NDArray[np.float64]

#: Å by which atoms are displaced.
DISPLACEMENT = 0.05
STEPS = 100
#: Energies (eV/atom) until which the crystal and the displaced one are relaxed; finer than usual, for flat valleys.
_PRECISION = 2e-5
#: A displaced crystal has returned where it is not lower by more than this (eV/atom), and no atom ends farther off (Å).
_LOWER, _FARTHER = 2e-3, 0.15


@dataclass(frozen=True)
class Return:
    """What came of a displacement.

    Args:
        returned: whether the crystal came back; None where that could not be found out.
        farthest: Å between an atom, or the end of a cell vector, before and after, at most.
        lower: eV/atom won on the way.
        crystal: where it ended; None where it failed.
        reason: why it failed, or did not come to rest; empty otherwise.
    """

    returned: bool | None
    farthest: float | None = None
    lower: float | None = None
    crystal: Crystal | None = None
    reason: Text = ""


def without_symmetry(crystal: Crystal) -> Crystal:
    """The same atoms in the primitive cell, all of them free to move, in space group 1."""
    structure = to_structure(crystal)
    sites = [Site("a", str(site.specie.symbol), tuple(float(v) for v in site.frac_coords % 1.0)) for site in structure]
    return Crystal(1, tuple(sites), cell_parameters(np.asarray(structure.lattice.matrix)))


def displace(crystal: Crystal, by: float, seed: int) -> Crystal:
    """A crystal of space group 1 with every atom moved by ``by`` (Å) in a random direction, and the cell strained.

    The strain is random, too; it changes the longest cell vector by ``by``.
    """
    rng, cell = np.random.default_rng(seed), _cell(crystal)
    directions = rng.normal(size=(len(crystal.sites), 3))
    directions *= by / np.linalg.norm(directions, axis=1, keepdims=True)
    shifts = directions @ np.linalg.inv(cell)
    strain = rng.normal(size=(3, 3))
    strain = (strain + strain.T) * by / np.linalg.norm(cell @ (strain + strain.T), axis=1).max()
    sites = [
        Site(site.letter, site.element, tuple(((np.array(site.coordinates) + shift) % 1.0).tolist()))
        for site, shift in zip(crystal.sites, shifts, strict=True)
    ]
    return Crystal(1, tuple(sites), cell_parameters(cell @ (np.eye(3) + strain)))


def check_returns(
    crystals: Sequence[Crystal], *, seed: int = 0, cancelled: Callable[[], bool] | None = None
) -> list[Return]:
    """Displaces relaxed crystals, relaxes them without symmetry and compares.

    Args:
        crystals: relaxed; each is brought to rest with its symmetry first, as finely as the displaced one will be.
        seed: of the directions.
        cancelled: asked before each step; what was not finished then has not been found out.
    """
    rest = relax_symmetric(crystals, steps=STEPS, precision=_PRECISION, cancelled=cancelled)
    free = [None if found.placed is None else without_symmetry(found.placed) for found in rest]
    moved = [displace(crystal, DISPLACEMENT, seed) for crystal in free if crystal is not None]
    again = iter(relax_symmetric(moved, steps=STEPS, precision=_PRECISION, cancelled=cancelled))
    return [
        Return(None, reason=found.reason) if before is None else _compare(found, before, next(again))
        for found, before in zip(rest, free, strict=True)
    ]


def _compare(rest: RelaxedCrystal, before: Crystal, after: RelaxedCrystal) -> Return:
    if after.placed is None or after.energy is None or rest.energy is None:
        return Return(None, reason=after.reason)
    lower, farthest = rest.energy - after.energy, _farthest(before, after.placed)
    away = lower > _LOWER or farthest > _FARTHER
    returned = False if away else True if after.converged else None
    return Return(returned, farthest, lower, after.crystal, after.reason)


def _farthest(before: Crystal, after: Crystal) -> float:
    """Å between an atom, or the end of a cell vector, before and after at most; a shift of all atoms does not count."""
    places = [np.array([site.coordinates for site in crystal.sites]) for crystal in (before, after)]
    apart = (places[1] - places[0] + 0.5) % 1.0 - 0.5
    apart -= apart.mean(axis=0)
    cells = _cell(before), _cell(after)
    return float(max(np.linalg.norm(rows, axis=1).max() for rows in (apart @ cells[1], cells[1] - cells[0])))


def _cell(crystal: Crystal) -> Array:
    from pymatgen.core import Lattice

    return np.asarray(Lattice.from_parameters(*crystal.lattice).matrix)
