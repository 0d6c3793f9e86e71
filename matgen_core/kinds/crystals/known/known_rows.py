"""How many of the known crystals meet a target, of those whose properties the reference has."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.prototypes import types_named
from matgen_core.chem.crystals.structure_types import anonymous_type
from matgen_core.chem.crystals.symmetry import crystal_system
from matgen_core.chem.formulas.constraints import check_counts
from matgen_core.core.goals import Constraints, Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.crystals.known.reference import load_reference


def count_known(target: Target) -> tuple[int | None, int]:
    """Known crystals that meet the goals and the constraints, or None where nothing is asked for, and all of them.

    A goal on a property without a column is compared with what its predictor computes; where that is not as long as
    the reference, and for the dimensionality, which takes long, the target is not counted: None.
    """
    reference = load_reference()
    of = len(reference.known["formula"])
    constraints = target.constraints
    if (not target.goals and constraints == Constraints()) or constraints.dimensionality is not None:
        return None, of
    inside = np.ones(of, dtype=bool)
    for key, goal in target.goals.items():
        values = np.asarray(reference.known[key] if key in reference.known else reference.column(key), dtype=float)
        if len(values) != of:
            return None, of
        low, high = goal.interval(PROPERTIES[key].tolerance)
        inside &= (values >= low) & (values <= high)  # what is not known is not inside
    rows = np.flatnonzero(inside & _of_symmetry(constraints))
    if constraints.structure_type is not None:
        keys = {one.key for one in types_named(constraints.structure_type)}
        rows = np.array(
            [r for r in rows.tolist() if anonymous_type(reference.structures.crystal(r)) in keys], dtype=int
        )
    met = 0
    for row in rows.tolist():
        cell = _counts(str(reference.known["formula"][row]), int(reference.known["atoms"][row]))
        met += check_counts(cell, constraints).passed is True
    return met, of


@lru_cache(maxsize=50_000)
def _counts(formula: str, atoms: int) -> dict[str, int]:
    """Atoms of each element in the primitive cell."""
    counts = count_atoms(formula)
    units = atoms // sum(counts.values())
    return {element: n * max(1, units) for element, n in counts.items()}


def _groups_of(structure_type: str) -> set[int]:
    return {one.space_group for one in types_named(structure_type)}


def _of_symmetry(constraints: Constraints) -> NDArray[np.bool_]:
    groups = np.asarray(load_reference().known["space_group"], dtype=np.int64)
    allowed = [
        group
        for group in range(1, 231)
        if (not constraints.space_groups or group in constraints.space_groups)
        and constraints.crystal_system in (None, crystal_system(group))
        and (constraints.structure_type is None or group in _groups_of(constraints.structure_type))
    ]
    fits: NDArray[np.bool_] = np.isin(groups, allowed)
    return fits
