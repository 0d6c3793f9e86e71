"""Verdicts on compositions: within the constraints, neutral, hazardous, new, on target, and what they are like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.formulas.constraints import check_counts
from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.chem.formulas.hazards import check_hazards
from matgen_core.chem.formulas.oxidation import check_neutral, check_oxidation
from matgen_core.core.goal_probability import cost_of_goals
from matgen_core.core.goals import Target
from matgen_core.core.messages import Message
from matgen_core.core.records import Candidate, Formula, Verdict
from matgen_core.core.settings import CompositionSettings
from matgen_core.kinds.compositions.rows import count_atoms, reduce_formula
from matgen_core.kinds.crystals.judge import check_goals, without_former
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.kinds.known_phases import cost_above_hull
from matgen_core.kinds.protocol import NearKnown
from matgen_core.kinds.surplus import SURPLUS

#: Rules whose "no" takes a composition off the list.
REJECTING = ("constraints", "duplicate", "neutral", "new", SURPLUS)


def judge_formulas(
    candidates: Sequence[Candidate[Formula]], target: Target, settings: CompositionSettings, seen: dict[str, str]
) -> tuple[Candidate[Formula], ...]:
    """The same candidates with a verdict of every rule.

    Args:
        candidates: compositions; those that were read get verdicts of the goals too.
        target: what was asked for.
        settings: whether neutral and new ones only.
        seen: formulas of the run so far with the id that had each first; grows.
    """
    reference, judged = load_reference(), []
    for candidate in candidates:
        formula = candidate.material.reduced
        counts = count_atoms(formula)
        new = reference.is_new_formula(formula)
        among = Message(
            "{formula} is not among the {n_formulas:,} known formulas"
            if new
            else "{formula} is among the {n_formulas:,} known formulas",
            formula=write_formula(formula),
            n_formulas=len(reference.formulas),
        )
        verdicts = [
            check_counts(counts, target.constraints),
            check_repeat(candidate, seen),
            Verdict("novelty", new, among),
            check_oxidation(formula),
        ]
        if settings.neutral and not (neutral := check_neutral(formula)).passed:
            verdicts.append(neutral)
        if settings.new:
            verdicts.append(Verdict("new", new, among))
        judged.append(without_former(candidate).add_verdicts(*verdicts))
    return tuple(judged)


def check_repeat(candidate: Candidate[Formula], seen: dict[str, str]) -> Verdict:
    """Verdict "duplicate": whether the run has the formula already; ``seen`` takes it in."""
    first = seen.setdefault(candidate.material.reduced, candidate.id)
    same = "" if first == candidate.id else Message("same formula as {first}", first=first)
    return Verdict("duplicate", not same, same)


def finish_formulas(candidates: Sequence[Candidate[Formula]], target: Target) -> tuple[Candidate[Formula], ...]:
    """Verdicts that are worth their time only for what is shown: hazards, goals."""
    return tuple(
        c.add_verdicts(check_hazards(count_atoms(c.material.reduced)), *check_goals(c, target)) for c in candidates
    )


def rejecting_rule(candidate: Candidate[Formula]) -> str | None:
    """The first rule that takes it off the list; None where there is none."""
    return next((v.rule for v in candidate.verdicts if v.rule in REJECTING and v.passed is not True), None)


def counts_as_found(candidate: Candidate[Formula]) -> bool:
    """Whether no rule took it off the list."""
    return rejecting_rule(candidate) is None


def is_listed(candidate: Candidate[Formula]) -> bool:
    """Whether it is one of those asked for: different, within the rules, and read."""
    return counts_as_found(candidate) and bool(candidate.predictions)


def listed_compositions(candidates: Sequence[Candidate[Formula]]) -> tuple[Candidate[Formula], ...]:
    """Those that were asked for."""
    return tuple(filter(is_listed, candidates))


def rank_formulas(candidates: Sequence[Candidate[Formula]], target: Target) -> tuple[Candidate[Formula], ...]:
    """Best first: found ones, then by distance to the goals and above the hull, each in units of its tolerance."""

    def score(candidate: Candidate[Formula]) -> float:
        total = cost_of_goals(candidate, target)
        total += cost_above_hull(candidate)
        return total + (0.0 if counts_as_found(candidate) else 1000.0)

    scored = [replace(c, score=round(score(c), 4)) for c in candidates]
    return tuple(sorted(scored, key=lambda c: (c.score if c.score is not None else np.inf, c.id)))


# --------------------------------------------------------------------------------------------------- nearest known


@lru_cache(maxsize=1)
def _known() -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Formulas of the hull's phases and of the known crystals, and their fractions (N, E)."""
    reference = load_reference()
    names = dict.fromkeys([*reference.hull.formulas(), *map(str, reference.known["formula"])])
    usable = [name for name in names if set(count_atoms(name)) <= set(ELEMENTS)]
    return tuple(usable), np.stack([fractions_of_formula(name) for name in usable])


def fractions_of_formula(formula: str) -> NDArray[np.float32]:
    """(E,) share of each element of ELEMENTS."""
    row = np.zeros(len(ELEMENTS), dtype=np.float32)
    counts = count_atoms(formula)
    for element, amount in counts.items():
        row[ELEMENTS.index(element)] = amount / sum(counts.values())
    return row


def nearest_known(formula: str, count: int = 1) -> list[tuple[str, float]]:
    """Known formulas that differ in the smallest share of atoms, with that share (0 to 1); not the formula itself."""
    names, table = _known()
    own = reduce_formula(formula)
    shares = fractions_of_formula(own)
    present = np.flatnonzero(shares)
    # Half the sum of differences of two sets of shares is what they do not have in common.
    far = np.round(1.0 - np.minimum(table[:, present], shares[present]).sum(axis=1, dtype=np.float64), 4)
    near = np.flatnonzero(far <= np.partition(far, count)[count])
    order = near[np.argsort(far[near], kind="stable")]
    return [(names[i], float(far[i])) for i in order if names[i] != own][:count]


def near_formulas(formula: str, count: int = 3) -> tuple[NearKnown, ...]:
    """The known formulas nearest to one, as :func:`nearest_known` finds them."""
    said = Message("share of atoms that differ")
    return tuple(NearKnown(name, "", said, share) for name, share in nearest_known(formula, count))
