"""Goals of a target as conditions of MatGPT, and what cannot be asked of compositions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.formulas.constraints import check_constraints
from matgen_core.chem.formulas.formula_type import read_type
from matgen_core.core.errors import BadTarget, quote
from matgen_core.core.goals import Target, check_count, check_goals
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.settings import CompositionSettings, check_settings
from matgen_core.kinds.compositions.generate import AtomRules, atom_rules
from matgen_core.kinds.compositions.rows import FORMULA_PROPERTIES, MAX_ATOMS
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.learning.checkpoints import check_trained_on

MOST = 20_000
#: Checkpoint of the generator.
GENERATOR = "matgpt"


def check_compositions(target: Target, count: int, settings: CompositionSettings) -> AtomRules:
    """The rules of what may be written.

    Raises:
        BadTarget, BadInput: naming the input and the remedy, for what cannot be asked for.
    """
    check_goals(target, FORMULA_PROPERTIES, "compositions")
    check_trained_on(GENERATOR, target.goals)
    constraints = target.constraints
    check_constraints(constraints)
    if constraints.crystal_system is not None:
        raise BadTarget("compositions have no crystal system; generate crystals instead")
    if constraints.space_groups or constraints.dimensionality is not None:
        raise BadTarget("compositions have no space group and no dimensionality; generate crystals instead")
    if constraints.structure_type is not None:
        raise BadTarget("compositions have no structure type; generate crystals instead")
    if constraints.formula is not None and read_type(constraints.formula) is None:
        raise BadTarget(
            "{formula} is a single formula; write a type such as ABX3, or generate crystals of it",
            formula=quote(constraints.formula),
        )
    if constraints.max_atoms > MAX_ATOMS:
        raise BadTarget(
            "{max_atoms} atoms are too many; formulas have at most {max_atoms2}",
            max_atoms=constraints.max_atoms,
            max_atoms2=MAX_ATOMS,
        )
    check_count(count, MOST, "compositions")
    check_settings(settings)
    return atom_rules(constraints, settings.prompt)


def draw_formula_conditions(
    target: Target, keys: Sequence[str], count: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    """(count, K) conditions of ``count`` compositions; NaN for a property that may be anything.

    A value is every composition's condition. Ranges are sampled from the known crystals that meet all ranges, so that
    the conditions of a composition agree; where no known crystal does, each range is sampled evenly.

    Args:
        target: goals.
        keys: properties of the network's columns, as its checkpoint names them.
        count: rows.
        rng: source of random numbers.
    """
    conditions = np.full((count, len(keys)), np.nan, dtype=np.float32)
    known = load_reference().known
    inside = np.ones(len(known["formula"]), dtype=bool)
    ranges = {key: goal for key, goal in target.goals.items() if not goal.is_value}
    for key, wanted in ranges.items():
        values = np.asarray(known[key], dtype=np.float32)
        inside &= np.array([np.isfinite(v) and wanted.distance(float(v)) == 0 for v in values])
    rows = rng.choice(np.flatnonzero(inside), count) if ranges and inside.any() else None
    for column, key in enumerate(keys):
        goal = target.goals.get(key)
        if goal is None:
            continue
        if goal.is_value:
            conditions[:, column] = goal.low
        elif rows is not None:
            conditions[:, column] = np.asarray(known[key], dtype=np.float32)[rows]
        else:
            conditions[:, column] = rng.uniform(*goal.interval(data=PROPERTIES[key].range), count)
    return conditions
