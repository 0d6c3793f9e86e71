"""From a target to what the networks are told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.composition import check_constraints
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Target
from matgen_core.core.messages import join
from matgen_core.core.properties import CRYSTAL_CONDITIONS, PROPERTIES
from matgen_core.kinds.crystals.reference import Reference


def check_target(target: Target) -> None:
    """Raises BadTarget for constraints that contradict, and for goals on what crystals cannot be asked for."""
    check_constraints(target.constraints)
    for key in target.goals:
        if key not in CRYSTAL_CONDITIONS:
            raise BadTarget(
                "crystals cannot be asked for {key!r}; choose from: {crystal_conditions}",
                key=key,
                crystal_conditions=join(CRYSTAL_CONDITIONS, ", "),
            )


def draw_conditions(
    target: Target, count: int, rng: np.random.Generator, reference: Reference, prefer_stable: bool
) -> NDArray[np.float32]:
    """(count, K) what the network is told; NaN for "any".

    Values stand as they are. Ranges are drawn from: from the known crystals that lie in all of them together, where
    there are any, so that properties that go together stay together.

    Args:
        target: the goals.
        count: rows.
        rng: of the draw.
        reference: the known crystals.
        prefer_stable: without a goal for it, ask for a distance to the hull as stable known crystals have.
    """
    conditions = np.full((count, len(CRYSTAL_CONDITIONS)), np.nan, dtype=np.float32)
    known = {key: np.asarray(reference.known[key], dtype=np.float32) for key in CRYSTAL_CONDITIONS}
    inside = np.ones(len(known["band_gap"]), dtype=bool)
    ranges = []
    for j, key in enumerate(CRYSTAL_CONDITIONS):
        goal = target.goals.get(key)
        if goal is not None and goal.is_value:
            assert goal.low is not None
            conditions[:, j] = goal.low
        elif goal is not None:
            low, high = goal.interval(data=PROPERTIES[key].range)
            inside &= (known[key] >= low) & (known[key] <= high)
            ranges.append((j, key, low, high))
    pool = np.flatnonzero(inside)
    rows = rng.choice(pool, count) if len(pool) else None
    for j, key, low, high in ranges:
        conditions[:, j] = known[key][rows] if rows is not None else rng.uniform(low, high, count)
    if prefer_stable and "e_above_hull" not in target.goals:
        stable = known["e_above_hull"][known["e_above_hull"] < 0.02]
        conditions[:, CRYSTAL_CONDITIONS.index("e_above_hull")] = rng.choice(stable, count)
    return conditions
