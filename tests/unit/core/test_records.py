from __future__ import annotations

import math

import pytest

from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Goal, meets, outside_data
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Origin,
    Prediction,
    Verdict,
)


def candidate() -> Candidate:
    crystal = Crystal(225, (), (4.0, 4.0, 4.0, 90.0, 90.0, 90.0))
    return Candidate("a", crystal, Origin("file"))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_goal_is_finite(bad: float) -> None:
    with pytest.raises(BadTarget, match="finite"):
        Goal.at(bad)


def test_a_reversed_range_is_refused_with_the_remedy() -> None:
    with pytest.raises(BadTarget, match="write -2:-1"):
        Goal.between(-1, -2)


@pytest.mark.parametrize(("value", "expected"), [(1.5, True), (2.5, True), (2.51, False), (None, None)])
def test_a_value_is_met_within_tolerance_and_unknown_without_reading(
    value: float | None, expected: bool | None
) -> None:
    assert meets("band_gap", Goal.at(2.0), value) is expected


def test_a_range_has_no_slack() -> None:
    assert meets("band_gap", Goal.between(1, 2), 2.1) is False
    assert meets("band_gap", Goal.at_least(1), 9.0) is True


def test_a_goal_outside_the_data_is_flagged_not_refused() -> None:
    warning = outside_data("band_gap", Goal.at(20))
    assert warning is not None
    assert "outside the training data" in warning
    assert outside_data("band_gap", Goal.at(2)) is None


def test_adding_to_a_candidate_leaves_the_old_one_alone() -> None:
    first = candidate()
    second = first.add_predictions(Prediction("band_gap", 1.0, None, "eV", "test"))
    third = second.add_verdicts(Verdict("x", False, "no")).add_verdicts(Verdict("x", True))
    assert first.predictions == {}
    assert second.value("band_gap") == 1.0
    assert second.value("formation_energy") is None
    assert [v.passed for v in third.verdicts] == [True]
