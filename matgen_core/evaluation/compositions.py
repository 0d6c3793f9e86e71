"""Measured quality of MatGPT: ``matgen evaluate compositions`` writes it as JSON.

All shares are of all samples. SMACT-valid: ``smact_validity`` with alloys, as for the crystals; neutral: without them.
Unique: different reduced formulas. Novel: not among the known formulas. Hit: MatBERT's prediction within the property's
tolerance of every goal; MatBERT takes no part in the drawing, but it learnt from the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from matgen_core.chem.formulas.composition import check_charges, check_smact_neutral
from matgen_core.chem.formulas.oxidation import check_neutral
from matgen_core.core.goals import Constraints, Goal, Target, meets
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Formula
from matgen_core.core.settings import CompositionSettings
from matgen_core.evaluation.crystals import TARGETS, share
from matgen_core.kinds.compositions.judge import listed_compositions, rank_formulas
from matgen_core.kinds.compositions.predict import predict_formulas
from matgen_core.kinds.compositions.rows import MAX_ATOMS
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.workflows.design import design

_FREE, _LONG = CompositionSettings(neutral=False, cap=1), Constraints(max_atoms=MAX_ATOMS)


def evaluate(count: int, each: int, seed: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Everything that is measured of compositions.

    Args:
        count: samples without a target.
        each: samples a target.
        seed: of the random numbers.
        say: called with a line for each part that is done.
    """
    free = sorted(design("compositions", Target({}, _LONG), count, seed=seed, settings=_FREE), key=lambda c: c.id)
    read = predict_formulas(free)
    result: dict[str, Any] = {"samples": count, "temperature": _FREE.temperature, "free": measure_free(free)}
    say(f"free: {result['free']}")
    plain = design("compositions", Target({}, _LONG), count, seed=seed, settings=replace(_FREE, temperature=1.0))
    result["free_at_1"] = measure_free(plain)
    say(f"at temperature 1: {result['free_at_1']}")
    neutral = listed_compositions(design("compositions", Target(), min(count, 500), seed=seed + 1))
    result["neutral_when_asked"] = share(
        sum(check_neutral(c.material.reduced).passed is True for c in neutral), len(neutral)
    )
    result["targets"] = [measure_target(values, each, seed + 10 + i, read) for i, values in enumerate(TARGETS)]
    for row in result["targets"]:
        say(f"{row['target']}: {row['hits']['value']:.2f} (chance {row['base_rate']['value']:.2f})")
    return result


def measure_free(candidates: Sequence[Candidate[Formula]]) -> dict[str, Any]:
    """Shares of samples as they were generated."""
    reference, formulas = load_reference(), [c.material.reduced for c in candidates]
    return {
        "smact_valid": share(sum(check_charges(f).passed is True for f in formulas), len(formulas)),
        "neutral": share(sum(check_smact_neutral(f).passed is True for f in formulas), len(formulas)),
        "unique": share(len(set(formulas)), len(formulas)),
        "novel": share(sum(map(reference.is_new_formula, formulas)), len(formulas)),
    }


def measure_target(
    values: dict[str, float], count: int, seed: int, free: Sequence[Candidate[Formula]]
) -> dict[str, Any]:
    """Hit rate of one target beside the base rate of samples drawn without one."""
    goals = {key: Goal.at(value) for key, value in values.items()}
    drawn = rank_formulas(design("compositions", Target(goals, _LONG), count, seed=seed, settings=_FREE), Target())
    found = predict_formulas(drawn)

    def hits(candidates: Sequence[Candidate[Formula]]) -> int:
        return sum(all(meets(k, g, c.value(k)) is True for k, g in goals.items()) for c in candidates)

    hit, base = share(hits(found), len(found)), share(hits(free), len(free))
    errors = {
        key: round(sum(abs((c.value(key) or 0.0) - value) for c in found) / max(1, len(found)), 4)
        for key, value in values.items()
    }
    return {
        "target": values,
        "hits": hit,
        "base_rate": base,
        "lift": round(hit["value"] / base["value"], 2) if hit["value"] is not None and base["value"] else None,
        "mean_absolute_error": errors,
        "tolerance": {key: PROPERTIES[key].tolerance for key in values},
        **measure_free(found),
    }
