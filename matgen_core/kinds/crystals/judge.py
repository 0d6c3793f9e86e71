"""Verdicts on candidates: within the constraints, charge balanced, new, on target. A rejection is a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from matgen_core.chem.crystals.structure import formula_counts, reduced_formula, to_structure
from matgen_core.chem.formulas.constraints import check_crystal
from matgen_core.chem.formulas.hazards import check_hazards
from matgen_core.chem.formulas.oxidation import check_oxidation
from matgen_core.core.goal_probability import chance_of, round_chance
from matgen_core.core.goals import Goal, Target, meets
from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, M, Verdict
from matgen_core.kinds.crystals.checks.duplicates import SeenStructures
from matgen_core.kinds.crystals.known.reference import load_reference

#: Rules of older runs that "oxidation" and "distances" replace.
FORMER = ("charge_balance", "bonds")


def assess(
    candidates: Sequence[Candidate], target: Target, seen: SeenStructures | None = None
) -> tuple[Candidate, ...]:
    """The same candidates with a verdict of every rule.

    Args:
        candidates: that were read.
        target: what was asked for.
        seen: the different structures of the run so far; grows. None for a run of its own.

    Rules: "constraints", "oxidation", "novelty", "duplicate", "hazards", and "target:<property>" for each goal.
    """
    reference = load_reference()
    seen = SeenStructures() if seen is None else seen
    assessed = []
    for candidate in candidates:
        crystal = candidate.material
        assessed.append(
            without_former(candidate).add_verdicts(
                check_crystal(crystal, formula_counts(crystal), target.constraints),
                check_oxidation(reduced_formula(crystal), to_structure(crystal)),
                reference.novelty(crystal),
                check_repeat(candidate, seen),
                check_hazards(formula_counts(crystal)),
                *check_goals(candidate, target),
            )
        )
    return tuple(assessed)


def check_repeat(candidate: Candidate, seen: SeenStructures) -> Verdict:
    """Verdict "duplicate": whether the run has the structure already; ``seen`` takes it in."""
    first = seen.add(candidate.id, candidate.material)
    same = "" if first is None else Message("same structure as {first}", first=first)
    return Verdict("duplicate", not same, same)


def without_former(candidate: Candidate[M]) -> Candidate[M]:
    """The candidate without verdicts of rules that were replaced, so that no card holds two answers to one question."""
    return replace(candidate, verdicts=tuple(v for v in candidate.verdicts if v.rule not in FORMER))


def check_goals(candidate: Candidate[M], target: Target) -> list[Verdict]:
    """One verdict a goal, "target:<property>", by the known value or the prediction; None where neither is there."""
    verdicts = []
    for key, goal in target.goals.items():
        value, record = candidate.best(key), PROPERTIES[key]
        met = meets(key, goal, value)
        unit = f" {record.unit}" if record.unit else ""
        read = Message("no prediction") if value is None else f"{value:.3g}{unit}"
        if (prediction := candidate.predictions.get(key)) is not None and prediction.known is not None:
            read = Message("{value:.3g}{unit} from the table of known phases", value=value, unit=unit)
        odds = round_chance(chance_of(candidate, target, key))
        verdicts.append(Verdict(f"target:{key}", met, compare_to_goal(read, goal, record.tolerance, unit), odds))
    return verdicts


def compare_to_goal(read: str, goal: Goal, tolerance: float | None, unit: str) -> str:
    """What was predicted beside what was asked for; ``unit`` begins with a space, or is empty."""
    if goal.is_value:
        slack = f" ± {tolerance:g}" if tolerance else ""
        reason = Message("{read}; target {low:g}{slack}{unit}", read=read, low=goal.low, slack=slack, unit=unit)
    elif goal.low is None:
        reason = Message("{read}; target at most {high:g}{unit}", read=read, high=goal.high, unit=unit)
    elif goal.high is None:
        reason = Message("{read}; target at least {low:g}{unit}", read=read, low=goal.low, unit=unit)
    else:
        reason = Message("{read}; target {low:g} to {high:g}{unit}", read=read, low=goal.low, high=goal.high, unit=unit)
    return reason


def met_all(candidate: Candidate[M]) -> bool:
    """Whether every goal is met; what is not finished meets none."""
    return not candidate.stage and all(v.passed is True for v in candidate.verdicts if v.rule.startswith("target:"))


def base_rates(target: Target) -> Mapping[str, float | None]:
    """The share of unconditional candidates that meet each goal by chance; None where that was not measured.

    Read from the predictions of the evaluation's unconditional samples (``matgen evaluate crystals``).
    """
    samples = load_reference().samples
    rates: dict[str, float | None] = {}
    for key, goal in target.goals.items():
        values = [float(value) for value in samples.get(key, ())]
        rates[key] = sum(bool(meets(key, goal, value)) for value in values) / len(values) if values else None
    return rates
