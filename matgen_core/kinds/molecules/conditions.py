"""Goals of a target as conditions of the SMILES generator, and what a user should know of a target first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.molecule import read_pattern
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Goal, Target
from matgen_core.core.messages import Message, join
from matgen_core.core.properties import MOLECULE_CONDITIONS, PROPERTIES, WHOLE
from matgen_core.core.settings import MoleculeSettings, check_settings
from matgen_core.kinds.molecules.reference import MoleculeReference
from matgen_core.kinds.molecules.scaffolds import check_beginning
from matgen_core.learning.checkpoints import check_trained_on

MOST = 100_000
#: Checkpoint of the generator.
GENERATOR = "smiles-gpt"


def check_molecules(target: Target, count: int, settings: MoleculeSettings) -> None:
    """Raises BadTarget or BadInput, naming the input and the remedy, for what cannot be asked for."""
    for key in target.goals:
        if key not in MOLECULE_CONDITIONS:
            raise BadTarget(
                "molecules cannot have a target for {key!r}; choose from: {molecule_conditions}",
                key=key,
                molecule_conditions=join(MOLECULE_CONDITIONS, ", "),
            )
    check_trained_on(GENERATOR, target.goals)
    if not 1 <= count <= MOST:
        raise BadTarget("{count} molecules cannot be generated; choose 1 to {most:,}", count=count, most=MOST)
    check_settings(settings)
    for text, name in ((settings.require, "required SMARTS"), (settings.forbid, "forbidden SMARTS")):
        if text.strip():
            read_pattern(text, name)
    check_beginning(settings)


def _inside(goals: dict[str, Goal], reference: MoleculeReference, slack: float) -> NDArray[np.bool_]:
    """(5,000,) sampled molecules within all goals, widened by so many tolerances."""
    inside = np.ones(len(reference.smiles), dtype=bool)
    for key, goal in goals.items():
        low, high = goal.interval(data=PROPERTIES[key].range)
        extra = slack * PROPERTIES[key].tolerance
        inside &= (reference.column(key) >= low - extra) & (reference.column(key) <= high + extra)
    return inside


def draw_molecule_conditions(
    target: Target, keys: Sequence[str], count: int, rng: np.random.Generator, reference: MoleculeReference
) -> NDArray[np.float32]:
    """(count, K) conditions of ``count`` molecules; NaN for a property that may be anything.

    A value is every molecule's condition. Ranges are sampled from the training molecules of the reference that meet
    all goals, values within two tolerances, so that the conditions of a molecule agree; where no molecule does, each
    range is sampled evenly.

    Args:
        target: goals.
        keys: properties of the network's columns, as its checkpoint names them.
        count: rows.
        rng: of the draw.
        reference: the known molecules.
    """
    conditions = np.full((count, len(keys)), np.nan, dtype=np.float32)
    pool = np.flatnonzero(_inside({k: g for k, g in target.goals.items() if not g.is_value}, reference, 0.0))
    near = np.flatnonzero(_inside(dict(target.goals), reference, 0.0) | _joint(target, reference))
    pool = near if len(near) else pool
    rows = rng.choice(pool, count) if len(pool) else None
    for j, key in enumerate(keys):
        goal = target.goals.get(key)
        if goal is None:
            continue
        if goal.is_value:
            conditions[:, j] = goal.low
        elif rows is not None:
            conditions[:, j] = reference.column(key)[rows]
        else:
            values = rng.uniform(*goal.interval(data=PROPERTIES[key].range), count)
            conditions[:, j] = np.rint(values) if key in WHOLE else values
    return conditions


def _joint(target: Target, reference: MoleculeReference) -> NDArray[np.bool_]:
    """Sampled molecules inside the ranges and within two tolerances of the values."""
    values = {k: g for k, g in target.goals.items() if g.is_value}
    ranges = {k: g for k, g in target.goals.items() if not g.is_value}
    return _inside(ranges, reference, 0.0) & _inside(values, reference, 2.0)


def contradiction(target: Target, reference: MoleculeReference) -> str | None:
    """A warning where goals that are each common are never met together, or None.

    log S nearly follows from logP and weight, so that those three contradict each other most easily.
    """
    goals = dict(target.goals)
    if len(goals) < 2 or _inside(goals, reference, 1.0).any():
        return None
    if not all(_inside({key: goal}, reference, 1.0).any() for key, goal in goals.items()):
        return None  # one of them alone is outside the data, and that is said already
    counted = {"count": len(reference.smiles), "names": join((PROPERTIES[key].label for key in goals), ", ")}
    others = {key: goal for key, goal in goals.items() if key != "solubility"}
    if "solubility" in goals and (inside := _inside(others, reference, 1.0)).any():
        values = reference.column("solubility")[inside]
        low, high = np.percentile(values, [5, 95])
        return Message(
            "none of {count:,} sampled training molecules meets all of these targets: {names}. With the other "
            "targets, log S is mostly {low:.1f} to {high:.1f}. Expect few or no hits.",
            low=float(low),
            high=float(high),
            **counted,
        )
    return Message(
        "none of {count:,} sampled training molecules meets all of these targets: {names}. Expect few or no hits.",
        **counted,
    )
