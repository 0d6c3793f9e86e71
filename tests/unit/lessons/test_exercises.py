"""The exercises: a condition is read or refused in words, the order of criteria matters, the priors are compared."""

from __future__ import annotations

import pytest

from matgen_core.core.errors import BadInput
from matgen_core.lessons.exercises import CRITERIA, judge_by_order, read_condition, try_condition


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import os", "not a condition"),
        ("{}", "in braces"),
        ('{"gap": 1}', "not a target"),
        ('{"band_gap": "x"}', "sensible"),
        ('{"band_gap": 1e9}', "sensible"),
        ("[1]", "in braces"),
        ('{"band_gap": True}', "sensible"),
        ("(" * 5000, "not a condition|in braces|sensible|long"),
    ],
)
def test_a_condition_that_cannot_be_is_named(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_condition(text)


def test_a_condition_is_tried_and_checked() -> None:
    condition = read_condition('{"band_gap": 0.0, "formation_energy": -1}')
    assert condition == {"band_gap": 0.0, "formation_energy": -1.0}
    outcome = try_condition(condition, count=4)
    assert len(outcome.candidates) == 4
    assert 0 <= outcome.met <= 4
    assert outcome.chance is not None
    assert 0 < outcome.chance < 1


def test_the_order_decides() -> None:
    one, other = judge_by_order(CRITERIA, count=60), judge_by_order(CRITERIA[::-1], count=60)
    assert {j.formula for j in one} == {j.formula for j in other}
    assert [j.formula for j in one] != [j.formula for j in other]
    assert all(0 <= mark <= 1 for judged in one for mark in judged.marks.values())
    assert [j.total for j in one] == sorted((j.total for j in one), reverse=True)
    assert {j.formula: j.front for j in one} == {j.formula: j.front for j in other}, "fronts know no weights"
    assert one[0].front == other[0].front == 1, "what no weights can beat is not beaten in everything"
