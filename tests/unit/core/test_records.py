from __future__ import annotations

import math
import re

import numpy as np
import pytest

from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Goal, Target, meets, outside_data, unconditioned
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Origin,
    Prediction,
    Verdict,
    candidate_id,
)


def candidate() -> Candidate:
    crystal = Crystal(225, (), (4.0, 4.0, 4.0, 90.0, 90.0, 90.0))
    return Candidate("a", crystal, Origin("file"))


@pytest.mark.parametrize("seed", [0, 1, 12, 2024])
def test_no_spreadsheet_takes_the_id_of_a_candidate_for_a_date_or_a_number(seed: int) -> None:
    """Both begin with a digit, a sign or the name of a month."""
    ids = [candidate_id(seed, number, digits) for number in range(1, 13) for digits in (4, 5)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"s\d+-\d{4,5}", name) for name in ids), "an s and a digit begin no month"


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_goal_is_finite(bad: float) -> None:
    with pytest.raises(BadTarget, match="finite"):
        Goal.at(bad)


def test_a_reversed_range_is_refused_with_the_remedy() -> None:
    with pytest.raises(BadTarget, match="write -2:-1"):
        Goal.between(-1, -2)


@pytest.mark.parametrize(("value", "expected"), [(1.5, True), (2.5, True), (2.51, False), (None, None)])
def test_a_value_is_met_within_tolerance_and_unknown_without_prediction(
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


def test_targets_that_no_network_was_trained_on_are_named_in_one_sentence() -> None:
    target = Target({"tpsa": Goal.at_most(90), "logp": Goal.at(2), "qed": Goal.at_least(0.6)})
    (said,) = unconditioned(target, {"logp"})
    assert said.startswith("Polar surface area, Drug-likeness (QED): the networks were not trained on them")
    (one,) = unconditioned(target, {"logp", "qed"})
    assert one.startswith("Polar surface area: the networks were not trained on it")
    assert unconditioned(target, target.goals) == ()


def test_adding_to_a_candidate_leaves_the_old_one_alone() -> None:
    first = candidate()
    second = first.add_predictions(Prediction("band_gap", 1.0, None, "eV", "test"))
    third = second.add_verdicts(Verdict("x", False, "no")).add_verdicts(Verdict("x", True))
    assert first.predictions == {}
    assert second.value("band_gap") == 1.0
    assert second.value("formation_energy") is None
    assert [v.passed for v in third.verdicts] == [True]


def test_an_interval_is_what_meets_the_goal_whatever_its_shape() -> None:
    for goal in (Goal.at(2.0), Goal.between(1.0, 3.0), Goal.at_least(1.0), Goal.at_most(3.0)):
        low, high = goal.interval(PROPERTIES["band_gap"].tolerance)
        for value in np.linspace(-1.0, 5.0, 61):
            if min(abs(value - low), abs(value - high)) > 1e-9:
                assert meets("band_gap", goal, float(value)) is bool(low <= value <= high)


def test_an_open_end_reaches_to_the_edge_of_the_data_and_is_never_reversed() -> None:
    assert Goal.at_least(1.0).interval(data=(0.0, 8.0)) == (1.0, 8.0)
    assert Goal.at_least(9.0).interval(data=(0.0, 8.0)) == (9.0, 9.0)
    assert Goal.at_most(-2.0).interval(data=(0.0, 8.0)) == (-2.0, -2.0)


def test_a_rule_that_was_not_asked_or_not_applied_was_neither_passed_nor_failed() -> None:
    one = candidate().add_verdicts(Verdict("yes", True), Verdict("no", False), Verdict("unknown", None))
    assert [one.passed(rule) for rule in ("yes", "no", "unknown", "unasked")] == [True, False, False, False]
    assert [one.failed(rule) for rule in ("yes", "no", "unknown", "unasked")] == [False, True, False, False]
