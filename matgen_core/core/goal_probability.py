"""How likely a goal is met, given a prediction and its spread: what "reached" is worth where predictions err."""

from __future__ import annotations

import math

from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, M, Prediction


def probability(key: str, goal: Goal, value: float | None, spread: float | None) -> float | None:
    """Probability that the property meets the goal, were the prediction's error normal with its spread.

    None where there is no prediction or no spread; a spread of 0 gives 0 or 1.
    """
    if value is None or spread is None:
        return None
    low, high = goal.interval(PROPERTIES[key].tolerance)
    if spread == 0:
        return float(low <= value <= high)
    return _between(low, high, value, spread)


def _between(low: float, high: float, value: float, spread: float) -> float:
    """Share of a normal law between two ends."""
    ends = [0.5 * (1.0 + math.erf((end - value) / (spread * math.sqrt(2.0)))) for end in (low, high)]
    return ends[1] - ends[0]


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
    prediction = candidate.predictions.get(key)
    return None if prediction is None else probability_of(prediction, target.goals[key])


def probability_of(prediction: Prediction, goal: Goal) -> float | None:
    """Probability that what was read meets the goal, by the whole mixture: zero, or a positive normal value.

    P(goal) = p [0 meets it] + (1 - p) P(value meets it | value > 0), with p the probability of a metal, or of a
    non-magnetic compound. A prediction without p is a normal value, as is a judge's, and a known value is sure.
    """
    decides = prediction.known is not None or (prediction.judged is not None and prediction.judged.value is not None)
    if decides:
        return probability(prediction.property, goal, *prediction.deciding())
    key, zero = prediction.property, prediction.zero_chance
    if zero is None or prediction.otherwise is None or not prediction.otherwise_spread:
        return probability(key, goal, prediction.value, prediction.spread)
    value, spread = prediction.otherwise, prediction.otherwise_spread
    positive = _between(0.0, math.inf, value, spread)
    low, high = goal.interval(PROPERTIES[key].tolerance)
    if high < 0:
        return 0.0
    share = _between(max(low, 0.0), high, value, spread) / max(positive, 1e-9)
    return zero * float(low <= 0.0) + (1.0 - zero) * min(1.0, share)


def round_chance(chance: float | None) -> float | None:
    """Two significant digits, which is more than a spread of ten or twenty formulas in a hundred carries.

    >>> round_chance(0.26187), round_chance(0.9987), round_chance(0.000271)
    (0.26, 0.99, 0.00027)
    """
    if chance is None or chance in (0.0, 1.0):
        return chance
    return min(0.99, float(f"{chance:.2g}"))


def cost_of_goals(candidate: Candidate[M], target: Target) -> float:
    """What ranking holds against a candidate: the sum of :func:`costs_of_goals`."""
    return sum(costs_of_goals(candidate, target).values())


def costs_of_goals(candidate: Candidate[M], target: Target) -> dict[str, float]:
    """What ranking holds against a candidate by goal: its distance to it, and its doubt that it is met.

    A distance is in tolerances of its property (1 for counts), at most ten, and ten without a prediction. Doubt is one
    less the probability, so that of two predictions as near the surer one comes first; no spread, no doubt.
    """
    costs: dict[str, float] = {}
    for key, goal in target.goals.items():
        value, sure = candidate.best(key), chance_of(candidate, target, key)
        apart = 10.0 if value is None else min(10.0, goal.distance(value) / (PROPERTIES[key].tolerance or 1.0))
        costs[key] = apart + (0.0 if sure is None else 1.0 - sure)
    return costs
