"""How likely a goal is met, given a reading and its spread: what "reached" is worth where readings err."""

from __future__ import annotations

import math

from matgen_core.properties import PROPERTIES
from matgen_core.types import Candidate, Goal, M, Target


def probability(key: str, goal: Goal, value: float | None, spread: float | None) -> float | None:
    """Probability that the property meets the goal, were the reading's error normal with its spread.

    None where there is no reading or no spread; a spread of 0 gives 0 or 1.
    """
    if value is None or spread is None:
        return None
    slack = PROPERTIES[key].tolerance if goal.is_value else 0.0
    low = -math.inf if goal.low is None else goal.low - slack
    high = math.inf if goal.high is None else goal.high + slack
    if spread == 0:
        return float(low <= value <= high)

    def below(end: float) -> float:
        return 0.5 * (1.0 + math.erf((end - value) / (spread * math.sqrt(2.0))))

    return below(high) - below(low)


def chance(candidate: Candidate[M], target: Target) -> float | None:
    """Probability that all goals are met, errors taken as independent; None where one of them has none."""
    total = 1.0
    for key in target.goals:
        one = chance_of(candidate, target, key)
        if one is None:
            return None
        total *= one
    return total


def chance_of(candidate: Candidate[M], target: Target, key: str) -> float | None:
    """Probability that one goal is met."""
    reading = candidate.predictions.get(key)
    return None if reading is None else probability(key, target.goals[key], reading.value, reading.spread)


def cost_of_goals(candidate: Candidate[M], target: Target) -> float:
    """What ranking holds against a candidate: its distance to each goal, and its doubt that the goal is met.

    A distance is in tolerances of its property (1 for counts), at most ten, and ten without a reading. Doubt is one
    less the probability, so that of two readings as near the surer one comes first; no spread, no doubt.
    """
    total = 0.0
    for key, goal in target.goals.items():
        value, sure = candidate.value(key), chance_of(candidate, target, key)
        total += 10.0 if value is None else min(10.0, goal.distance(value) / (PROPERTIES[key].tolerance or 1.0))
        total += 0.0 if sure is None else 1.0 - sure
    return total
