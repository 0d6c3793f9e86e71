"""How good a predicted value is for a goal, from 0 to 1, so that a generator can be tuned towards it."""

from __future__ import annotations

import math
from collections.abc import Mapping

from matgen_core.core.goals import Goal

#: What the distance to the goal counts for beside the probability that it is met: far from the goal the probability is
#: zero everywhere, and the distance still says which of two materials is nearer.
_DISTANCE = 0.2


def desirability(goal: Goal, value: float | None, spread: float | None, width: float) -> float:
    """0.8 P(goal is met) + 0.2 / (1 + distance / width); 0 without a prediction.

    P is that of a normal value with the prediction's spread, so that of two values the surer one is better. Without a
    spread it is 0 or 1.

    >>> desirability(Goal.at_least(8.0), 9.0, None, 0.5), desirability(Goal.at_least(8.0), 7.5, None, 0.5)
    (1.0, 0.1)

    Args:
        goal: value, range, at least or at most.
        value: that was predicted.
        spread: one standard deviation of its error.
        width: error that is tolerated about a value, and the unit of distances, in the unit of the value.
    """
    if value is None or not math.isfinite(value):
        return 0.0
    low, high = goal.interval(width)
    distance = max(0.0, low - value, value - high)
    if not spread:
        sure = float(distance == 0.0)
    else:
        ends = [0.5 * (1.0 + math.erf((end - value) / (spread * math.sqrt(2.0)))) for end in (low, high)]
        sure = ends[1] - ends[0]
    return (1.0 - _DISTANCE) * sure + _DISTANCE / (1.0 + distance / width)


def weigh(scores: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The weighted geometric mean of several goals' scores: 0 where one of them is 0.

    >>> weigh({"a": 0.25, "b": 1.0}, {}), weigh({"a": 0.25, "b": 1.0}, {"b": 3.0})
    (0.5, 0.7071067811865476)

    Args:
        scores: by goal.
        weights: likewise; 1 where none is given.
    """
    total = sum(weights.get(key, 1.0) for key in scores)
    if not scores or total <= 0.0:
        return 0.0
    if min(scores.values()) <= 0.0:
        return 0.0
    return math.exp(sum(weights.get(key, 1.0) * math.log(score) for key, score in scores.items()) / total)
