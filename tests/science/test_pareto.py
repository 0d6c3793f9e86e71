"""Laws of fronts: nobody on the first is beaten, everybody else is; a dominated point adds no hypervolume."""

from __future__ import annotations

import math

import numpy as np
import pytest

from matgen_core.core.errors import BadTarget
from matgen_core.core.goal_probability import chance
from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import PROPERTIES, Property
from matgen_core.core.records import Candidate, Formula, Origin, Prediction
from matgen_core.kinds.crystals.judge import check_goals
from matgen_core.workflows.screening.pareto import (
    LEAST,
    Objective,
    aggregate,
    find_fronts,
    losses,
    mean_distance,
    measure_hypervolume,
    parse_objective,
    pick_diverse,
    rank_by_front,
    trade_off,
)


def candidate(name: str, **values: float | None) -> Candidate[Formula]:
    read = {k: Prediction(k, v, 0.1, PROPERTIES[k].unit, "test") for k, v in values.items()}
    return Candidate(name, Formula("NaCl"), Origin("file"), read)


def beats(a: np.ndarray, b: np.ndarray) -> bool:
    return bool((a <= b).all() and (a < b).any())


@pytest.mark.parametrize("objectives", [2, 3, 4])
def test_the_first_front_is_what_nobody_beats(objectives: int) -> None:
    matrix = np.random.default_rng(objectives).normal(size=(80, objectives)).round(1)
    fronts = find_fronts(matrix)
    for i, row in enumerate(matrix):
        beaten = any(beats(other, row) for other in matrix)
        assert (fronts[i] == 1) == (not beaten)
        if fronts[i] > 1:
            assert any(beats(matrix[j], row) for j in np.flatnonzero(fronts == fronts[i] - 1))


def test_a_missing_reading_is_on_no_front_and_says_so() -> None:
    found = rank_by_front(
        [candidate("a", band_gap=3.0), candidate("b", band_gap=1.0, e_above_hull=0.0), candidate("c", band_gap=None)],
        [Objective("band_gap", "max"), Objective("e_above_hull", "min")],
    )
    by_id = {c.id: (front, c.verdict("pareto")) for c, front, _ in found}
    assert by_id["b"][0] == 1
    assert by_id["a"][0] == by_id["c"][0] == 0
    verdict = by_id["a"][1]
    assert verdict is not None
    assert verdict.passed is None
    assert "Energy above hull" in verdict.reason
    assert found[0][0].id == "b", "what can be compared comes first"


def test_hypervolume_of_what_is_known() -> None:
    corners = np.array([[0.0, 1.0], [1.0, 0.0]])
    assert measure_hypervolume(corners) == pytest.approx(0.0)
    assert measure_hypervolume(np.vstack([corners, [[0.5, 0.5]]])) == pytest.approx(0.25)
    assert measure_hypervolume(np.vstack([corners, [[0.0, 0.0]]])) == pytest.approx(1.0)
    assert measure_hypervolume(corners[:1]) is None


def test_a_point_that_is_beaten_adds_nothing() -> None:
    matrix = np.random.default_rng(0).random((30, 3))
    worse = matrix[find_fronts(matrix) == 1][0] * 0.5 + matrix.max(axis=0) * 0.5
    assert measure_hypervolume(np.vstack([matrix, worse])) == pytest.approx(measure_hypervolume(matrix))


def test_units_do_not_matter_but_directions_do() -> None:
    rows = [candidate(str(i), band_gap=float(i), weight=300.0 - i) for i in range(5)]
    best = losses(rows, [Objective("band_gap", "max"), Objective("weight", "min")])
    assert find_fronts(best).tolist() == [5, 4, 3, 2, 1]
    against = losses(rows, [Objective("band_gap", "max"), Objective("weight", "max")])
    assert find_fronts(against).tolist() == [1] * 5


def test_a_missed_goal_is_worthless_and_the_least_of_the_data_is_little() -> None:
    missed = [Objective("band_gap", "goal", Goal.at(8.0)), Objective("e_above_hull", "min", weight=3.0)]
    assert aggregate(candidate("a", band_gap=0.0, e_above_hull=0.0), missed) == 0.0
    objectives = [Objective("band_gap", "max"), Objective("e_above_hull", "min", weight=3.0)]
    assert aggregate(candidate("a", band_gap=0.0, e_above_hull=0.0), objectives) == pytest.approx(LEAST**0.25)
    assert aggregate(candidate("b", band_gap=8.0, e_above_hull=0.0), objectives) == 1.0
    assert aggregate(candidate("c", band_gap=8.0), objectives) is None
    near = Objective("band_gap", "goal", Goal.at(2.0))
    assert near.desirability(2.0) == 1.0
    assert near.loss(3.0) == pytest.approx(2.0)


def test_spread_and_merit_pull_apart() -> None:
    vectors = np.random.default_rng(1).normal(size=(60, 4))
    merits = -np.linalg.norm(vectors, axis=1)  # the good ones lie together
    good, apart = (pick_diverse(vectors, merits.tolist(), 8, spread) for spread in (0.0, 1.0))
    assert set(good) == set(np.argsort(-merits)[:8].tolist())
    one, other = mean_distance(vectors[list(good)]), mean_distance(vectors[list(apart)])
    assert one is not None
    assert other is not None
    assert one < other
    assert merits[list(good)].mean() > merits[list(apart)].mean()
    assert len(set(pick_diverse(vectors, merits.tolist(), 99))) == 60
    assert pick_diverse(vectors[:0], [], 5) == ()


def test_objectives_are_read_and_refused() -> None:
    assert parse_objective("band_gap=1:3") == Objective("band_gap", "goal", Goal.between(1, 3))
    assert parse_objective("e_above_hull:min*2").weight == 2.0
    for text in ("gap:max", "band_gap:up", "band_gap:max*x", "band_gap:max*-1", "band_gap=any", "band_gap:max*nan"):
        with pytest.raises(BadTarget):
            parse_objective(text)
    assert math.isnan(Objective("band_gap", "max").loss(None))


# ------------------------------------------------------------------------------------------- uncertainty, diversity


def test_an_unsure_reading_is_worth_less_where_there_is_something_to_lose() -> None:
    wanted = Objective("band_gap", "goal", Goal.between(1.0, 3.0))
    assert wanted.desirability(2.0) == wanted.desirability(2.0, 0.0) == 1.0
    sure, unsure = wanted.desirability(2.0, 0.2), wanted.desirability(2.0, 2.0)
    assert sure is not None
    assert unsure is not None
    assert unsure < sure <= 1.0
    far = wanted.desirability(9.0, 3.0)
    assert far is not None
    assert far > 0.0 == wanted.desirability(9.0), "it may still be met"


def test_more_distance_costs_merit_and_never_the_other_way_at_the_ends() -> None:
    rng = np.random.default_rng(0)
    vectors, merits = rng.normal(size=(60, 3)), rng.random(60).tolist()
    points = trade_off(vectors, merits, 8)
    assert points[0][0] == 0.0
    assert points[-1][0] == 1.0
    assert points[0][1] == max(p[1] for p in points)
    assert points[-1][2] > points[0][2]


def test_a_property_of_the_users_own_is_an_objective() -> None:
    hardness = Property("own.hardness", "hardness", "GPa", 0.0, 20.0, 2.0)
    own = parse_objective("own.hardness:max*2", {"own.hardness": hardness})
    assert own.loss(4.0) == -2.0
    assert own.desirability(20.0) == 1.0
    assert parse_objective("own.hardness=1:3", {"own.hardness": hardness}).loss(5.0) == 1.0
    with pytest.raises(BadTarget, match="unknown property"):
        parse_objective("own.hardness:max")


@pytest.mark.parametrize(("text", "meant"), [("logp=max", "logp:max"), ("qed = min * 2", "qed:min*2")])
def test_a_direction_may_stand_behind_an_equals_sign(text: str, meant: str) -> None:
    assert parse_objective(text) == parse_objective(meant)


@pytest.mark.parametrize(("text", "known"), [("bandgap:max", "band_gap"), ("LogP", "logp"), ("zzz", ".*logp.*")])
def test_an_unknown_property_is_answered_by_those_like_it(text: str, known: str) -> None:
    with pytest.raises(BadTarget, match=rf"known: {known}$") as raised:
        parse_objective(text)
    assert "admet_" not in str(raised.value), "the 41 endpoints would bury the others"


def test_a_known_value_counts_instead_of_the_reading_and_is_sure() -> None:
    told = Prediction("e_above_hull", 0.3, 0.1, "eV/atom", "test", known=0.0)
    known = Candidate("known", Formula("GaAs"), Origin("file"), {"e_above_hull": told})
    read = candidate("read", e_above_hull=0.1)
    objectives = [Objective("e_above_hull", "min")]
    assert losses([known, read], objectives)[:, 0].argmin() == 0
    assert [c.id for c, _front, _merit in rank_by_front([read, known], objectives)] == ["known", "read"]
    goal = Objective("e_above_hull", "goal", Goal(None, 0.05))
    assert goal.expected(told) == 1.0
    target = Target({"e_above_hull": Goal(None, 0.05)})
    assert chance(known, target) == 1.0
    (verdict,) = check_goals(known, target)
    assert verdict.passed is True
    assert "table of known phases" in verdict.reason
