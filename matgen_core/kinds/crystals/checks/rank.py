"""The order in which candidates are shown: sound ones first, then by how near the goals, then by stability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matgen_core.core.goal_probability import cost_of_goals
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate
from matgen_core.kinds.known_phases import cost_above_hull
from matgen_core.kinds.surplus import SURPLUS

#: Rules whose "no" takes a crystal off the list: it is not kept, and ranks behind all that are.
REJECTING = ("distances", "constraints", "duplicate", SURPLUS)


def rank(candidates: Sequence[Candidate], target: Target) -> tuple[Candidate, ...]:
    """The same candidates, best first, each with its score (lower is better); those that are not finished last."""
    scored = [c if c.stage else replace(c, score=score(c, target)) for c in candidates]
    return tuple(sorted(scored, key=lambda c: (c.score if c.score is not None else float("inf"), c.id)))


def score(candidate: Candidate, target: Target) -> float:
    """Sum of distances to the goals and above the hull, each in units of its own tolerance, and of the doubts.

    A prediction that is missing costs as much as a miss by ten tolerances; a broken structure a thousand.
    """
    total = cost_of_goals(candidate, target)
    total += cost_above_hull(candidate)
    return total + 1000.0 * sum(v.passed is False for v in candidate.verdicts if v.rule in REJECTING)
