"""The chapter's exercises, worked out on the shipped models: measured where the chapter asserts."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from matgen_core.chem.formulas.hazards import TOXIC, read_supply
from matgen_core.chem.formulas.oxidation import check_oxidation
from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Goal, Target
from matgen_core.core.messages import join
from matgen_core.core.records import Candidate
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.compositions.predict import predict_texts
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.crystals.judge import base_rates, met_all
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.workflows.design import design
from matgen_core.workflows.screening.pareto import find_fronts

CRITERIA = ("target", "synthesis", "stability", "chemistry", "cost")
_KNOWN = ("band_gap", "formation_energy", "magnetic_moment")


# ---------------------------------------------------------------------------------------------- 2: two goals at once


def read_condition(text: str) -> dict[str, float]:
    """A condition as a student writes it: {"band_gap": 2.0, "formation_energy": -0.5}.

    Raises:
        BadInput: naming what is wrong with it.
    """
    try:
        written = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise BadInput('this is not a condition; write {"band_gap": 2.0, "formation_energy": -0.5}') from None
    if not isinstance(written, dict) or not written:
        raise BadInput("write a condition in braces: a name, a colon and a number for each target")
    condition = {}
    for key, value in written.items():
        if key not in _KNOWN:
            raise BadInput("{key!r} is not a target; choose from: {known}", key=str(key)[:30], known=join(_KNOWN, ", "))
        if isinstance(value, bool) or not isinstance(value, int | float) or not -100 < value < 100:
            raise BadInput("{key}: {value!r} is not a sensible number", key=key, value=str(value)[:30])
        condition[str(key)] = float(value)
    return condition


@dataclass(frozen=True)
class Outcome:
    """What a condition brought.

    Args:
        candidates: drawn and read.
        met: how many meet all goals.
        chance: what chance would reach, goals taken as independent; None where that is not known.
    """

    candidates: tuple[Candidate, ...]
    met: int
    chance: float | None


def try_condition(condition: dict[str, float], count: int = 16, seed: int = 0) -> Outcome:
    """Generates for a condition and checks every candidate."""
    target = Target({key: Goal.at(value) for key, value in condition.items()})
    found = design("crystals", target, count, seed=seed, settings=CrystalSettings(cap=1))  # all that is drawn
    chance: float | None = 1.0
    for rate in base_rates(target).values():
        chance = None if rate is None or chance is None else chance * rate
    return Outcome(found, sum(map(met_all, found)), chance)


# ------------------------------------------------------------------------------------------------- 3: five criteria


@dataclass(frozen=True)
class Judged:
    """A formula with its mark for each criterion, 0 to 1.

    Args:
        formula: reduced.
        marks: by criterion.
        total: weighted by the order of the criteria.
        front: number of its Pareto front over all criteria, which knows no weights; 1 where no other beats it in all.
    """

    formula: str
    marks: dict[str, float]
    total: float
    front: int


def judge_by_order(order: Sequence[str], gap: float = 2.0, count: int = 150, seed: int = 0) -> list[Judged]:
    """Known formulas ranked by five criteria, the first weighing five times as much as the last.

    Args:
        order: of CRITERIA, most important first.
        gap: wanted band gap, eV.
        count: formulas drawn from the known ones.
        seed: of that draw.
    """
    weights = {name: len(order) - place for place, name in enumerate(order)}
    marked = _marks(gap, count, seed)
    fronts = find_fronts(-np.array([[marks[name] for name in CRITERIA] for _formula, marks in marked]))
    found = [
        Judged(formula, marks, sum(weights[n] * marks[n] for n in order) / sum(weights.values()), int(front))
        for (formula, marks), front in zip(marked, fronts, strict=True)
    ]
    return sorted(found, key=lambda judged: (-judged.total, judged.formula))


def _marks(gap: float, count: int, seed: int) -> list[tuple[str, dict[str, float]]]:
    names = np.unique(np.array(load_reference().known["formula"], dtype=str))
    formulas = [str(f) for f in np.random.default_rng(seed).permutation(names)[:count]]
    marked = []
    for formula, read in zip(formulas, predict_texts(formulas), strict=True):
        values = {p.property: p.value or 0.0 for p in read}
        supply = read_supply(formula)
        price = 1e4 if supply.price is None else max(0.1, supply.price)
        toxic = any(e in TOXIC for e in count_atoms(formula))
        states = check_oxidation(formula)
        simple = 1.0 / max(1, len(count_atoms(formula)) - 1)
        marked.append(
            (
                formula,
                {
                    "target": max(0.0, 1.0 - abs(values["band_gap"] - gap) / 2.5),
                    "synthesis": simple,
                    "stability": max(0.0, 1.0 - max(0.0, values["e_above_hull"]) / 0.2),
                    "chemistry": float(states.passed is True),
                    "cost": 0.0 if toxic else float(np.clip(1.0 - np.log10(price) / 4.0, 0.0, 1.0)),
                },
            )
        )
    return marked
