"""Nearer the goals and the hull ranks before farther; a broken structure ranks last; nothing is lost."""

from __future__ import annotations

from dataclasses import replace

from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Origin,
    Prediction,
    Site,
    Verdict,
)
from matgen_core.kinds.crystals.checks.rank import rank

CRYSTAL = Crystal(225, (Site("a", "Na"), Site("b", "Cl")), (5.6, 5.6, 5.6, 90, 90, 90))
TARGET = Target({"band_gap": Goal.at(2.0)})


def candidate(name: str, gap: float | None, above: float | None, sound: bool = True) -> Candidate:
    predictions = {
        "band_gap": Prediction("band_gap", gap, None, "eV", "test"),
        "e_above_hull": Prediction("e_above_hull", above, None, "eV/atom", "test"),
    }
    return Candidate(name, CRYSTAL, Origin("test"), predictions, (Verdict("distances", sound),))


def test_the_order() -> None:
    given = [
        candidate("broken", 2.0, 0.0, sound=False),
        candidate("unread", None, None),
        candidate("far", 6.0, 0.0),
        candidate("strained", 2.0, 0.4),
        candidate("best", 2.1, 0.01),
    ]
    ranked = rank(given, TARGET)
    assert [c.id for c in ranked] == ["best", "strained", "far", "unread", "broken"]
    assert {replace(c, score=None).id for c in ranked} == {c.id for c in given}


def test_equal_scores_keep_a_fixed_order() -> None:
    pair = [candidate("b", 2.0, 0.0), candidate("a", 2.0, 0.0)]
    assert [c.id for c in rank(pair, TARGET)] == [c.id for c in rank(pair[::-1], TARGET)] == ["a", "b"]
