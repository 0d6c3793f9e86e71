"""Goals of a target as conditions of the networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.formulas.constraints import check_constraints
from matgen_core.core.goals import Target, check_goals
from matgen_core.core.properties import PROPERTIES, asked_of
from matgen_core.kinds.crystals.known.reference import Reference


def check_target(target: Target) -> None:
    """Raises BadTarget for constraints that contradict, and for goals that no crystal can be asked for."""
    check_constraints(target.constraints)
    check_goals(target, asked_of("crystals"), "crystals")


def draw_conditions(
    target: Target,
    keys: Sequence[str],
    count: int,
    rng: np.random.Generator,
    reference: Reference,
    prefer_stable: bool,
) -> NDArray[np.float32]:
    """(count, K) conditions of ``count`` candidates; NaN for a property that may be anything.

    A value is every candidate's condition. Ranges are sampled from the known crystals that lie in all ranges together,
    so that the conditions of a candidate agree; where no known crystal does, each range is sampled evenly.

    Args:
        target: goals; one on a property that is not among ``keys`` is left to the judgement of what is generated.
        keys: properties of the network's columns, as its checkpoint names them.
        count: rows.
        rng: source of random numbers.
        reference: the known crystals.
        prefer_stable: without a goal for the energy above the hull, sample it from stable known crystals.
    """
    conditions = np.full((count, len(keys)), np.nan, dtype=np.float32)
    known = {key: np.asarray(reference.known[key], dtype=np.float32) for key in keys if key in reference.known}
    inside = np.ones(len(reference.known["formula"]), dtype=bool)
    ranges = []
    for j, key in enumerate(keys):
        goal = target.goals.get(key)
        if goal is not None and goal.is_value:
            assert goal.low is not None
            conditions[:, j] = goal.low
        elif goal is not None:
            low, high = goal.interval(data=PROPERTIES[key].range)
            if key in known:
                inside &= (known[key] >= low) & (known[key] <= high)
            ranges.append((j, key, low, high))
    pool = np.flatnonzero(inside)
    rows = rng.choice(pool, count) if len(pool) else None
    for j, key, low, high in ranges:
        sampled = rows is not None and key in known
        conditions[:, j] = known[key][rows] if sampled else rng.uniform(low, high, count)
    if prefer_stable and "e_above_hull" in keys and "e_above_hull" not in target.goals:
        stable = known["e_above_hull"][known["e_above_hull"] < 0.02]
        conditions[:, list(keys).index("e_above_hull")] = rng.choice(stable, count)
    return conditions
