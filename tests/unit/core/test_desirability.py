"""Desirability grows towards the goal, and of two values the surer is the better one."""

from __future__ import annotations

import pytest

from matgen_core.core.desirability import desirability, weigh
from matgen_core.core.goals import Goal


@pytest.mark.parametrize("spread", [None, 0.3, 2.0])
def test_it_grows_towards_the_goal(spread: float | None) -> None:
    found = [desirability(Goal.at_least(8.0), value, spread, 0.5) for value in (-40.0, 0.0, 5.0, 7.0, 7.9, 9.0)]
    assert found == sorted(found)
    assert len(set(found)) == len(found)
    assert all(0.0 < score <= 1.0 for score in found)


def test_a_surer_value_is_better_inside_and_worse_outside() -> None:
    goal = Goal.between(2.0, 3.0)
    assert desirability(goal, 2.5, 0.2, 0.1) > desirability(goal, 2.5, 2.0, 0.1)
    assert desirability(goal, 6.0, 0.2, 0.1) < desirability(goal, 6.0, 2.0, 0.1)


def test_a_value_is_met_within_the_width() -> None:
    assert desirability(Goal.at(2.0), 2.4, None, 0.5) == 1.0
    assert desirability(Goal.at(2.0), 2.6, None, 0.5) < 0.2


def test_no_prediction_is_worth_nothing() -> None:
    assert desirability(Goal.at_most(1.0), None, None, 0.5) == 0.0
    assert desirability(Goal.at_most(1.0), float("nan"), 0.1, 0.5) == 0.0


def test_one_goal_missed_altogether_spoils_the_others() -> None:
    assert weigh({"a": 0.0, "b": 1.0}, {}) == 0.0
    assert weigh({}, {}) == 0.0
