"""A chance is that of the whole mixture: zero with its probability, and what is left of the rest."""

from __future__ import annotations

import csv
import io

import pytest

from matgen_core.core.goal_probability import chance_of, probability_of, round_chance
from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Formula,
    Origin,
    Prediction,
    Site,
)
from matgen_core.kinds.compositions.files import formulas_to_csv
from matgen_core.kinds.compositions.predict import predict_texts
from matgen_core.kinds.crystals.files.candidate_files import to_csv
from matgen_core.kinds.crystals.judge import check_goals
from matgen_core.kinds.crystals.moments import FROZEN, parallel_note, without_frozen_moments
from matgen_core.workflows.screening.pareto import LEAST, Objective, rank_by_front

#: KMoO3 as it was read: a metal with probability 0.37.
GAP = Prediction("band_gap", 2.02, 1.5, "eV", "test", True, zero_chance=0.37, otherwise=2.02, otherwise_spread=0.9)
PARTS = (Goal.at_most(0.0), Goal.between(0.0, 1.0), Goal.between(1.0, 2.5), Goal.at_least(2.5))


def test_the_probability_of_a_metal_is_part_of_it() -> None:
    assert probability_of(GAP, Goal.at_most(0.0)) == pytest.approx(0.37)
    assert probability_of(GAP, Goal.at_least(0.01)) == pytest.approx(0.63, abs=0.01)
    within = probability_of(GAP, Goal.at(2.0))
    assert within is not None
    assert within <= 0.63 * 0.45
    assert probability_of(GAP, Goal.between(0.0, 9.0)) == pytest.approx(1.0, abs=1e-6)


def test_neighbouring_ranges_add_to_one_and_zero_counts_once() -> None:
    found = [probability_of(GAP, goal) for goal in PARTS]
    assert all(p is not None for p in found)
    # Zero lies in the first range and, as its end, in the second.
    assert sum(p for p in found if p is not None) == pytest.approx(1.0 + 0.37)


def test_the_shipped_model_says_it_for_a_real_compound() -> None:
    (predictions,) = predict_texts(["KMoO3"])
    gap = next(p for p in predictions if p.property == "band_gap")
    assert gap.zero_chance is not None
    assert f"metal with probability {gap.zero_chance:.2f}" in gap.note
    whole = probability_of(gap, Goal.at_least(0.05))
    assert whole is not None
    assert whole <= 1.0 - gap.zero_chance + 1e-9


@pytest.mark.parametrize(
    ("chance", "shown"),
    [(0.26187, 0.26), (0.4322, 0.43), (0.000271, 0.00027), (0.9987, 0.99), (1.0, 1.0)],
)
def test_two_digits_are_shown(chance: float | None, shown: float | None) -> None:
    assert round_chance(chance) == shown


def test_the_tables_carry_the_chances() -> None:
    target = Target({"band_gap": Goal.at(2.0)})
    expected = round_chance(probability_of(GAP, Goal.at(2.0)))
    salt = Crystal(225, (Site("a", "Na", ()), Site("b", "Cl", ())), (5.64, 5.64, 5.64, 90.0, 90.0, 90.0))
    crystal = Candidate("a", salt, Origin("test")).add_predictions(GAP)
    formula = Candidate("b", Formula("NaCl"), Origin("test")).add_predictions(GAP)
    for text in (
        to_csv([crystal.add_verdicts(*check_goals(crystal, target))]),
        formulas_to_csv([formula.add_verdicts(*check_goals(formula, target))]),
    ):
        (row,) = csv.DictReader(io.StringIO(text))
        assert float(row["target:band_gap_chance"]) == expected


@pytest.mark.parametrize("formula", ["DyPO4", "KErO2", "RbDyO2", "NdFeO3"])
def test_moments_without_the_4f_are_not_told(formula: str) -> None:
    (predictions,) = predict_texts([formula])
    moment = next(p for p in predictions if p.property == "magnetic_moment")
    assert (moment.value, moment.spread, moment.in_domain) == (None, None, False)
    assert "4f" in moment.note
    candidate = Candidate("a", Formula(formula), Origin("test"), {"magnetic_moment": moment})
    target = Target({"magnetic_moment": Goal.at(0.0)})
    (verdict,) = check_goals(candidate, target)
    assert verdict.passed is None
    assert chance_of(candidate, target, "magnetic_moment") is None


def test_moments_that_the_data_hold_are_told() -> None:
    prediction = Prediction("magnetic_moment", 1.0, 0.1, "µB/atom", "test")
    assert without_frozen_moments(prediction, ["Gd", "Fe"]) == prediction
    assert without_frozen_moments(prediction, ["Fe", "O"]) == prediction
    assert not {"La", "Ce", "Eu", "Gd", "Lu"} & FROZEN
    gap = Prediction("band_gap", 1.0, 0.1, "eV", "test")
    assert without_frozen_moments(gap, ["Dy"]) == gap
    assert "2.2 µB per formula unit" in parallel_note(2.2, 1)
    assert parallel_note(0.0, 4) == ""


def test_a_non_magnet_is_not_worthless() -> None:
    objectives = [Objective("magnetic_moment", "max"), Objective("band_gap", "max")]

    def named(name: str, moment: float, gap: float) -> Candidate[Formula]:
        predictions = {
            key: Prediction(key, value, None, "", "test")
            for key, value in (("magnetic_moment", moment), ("band_gap", gap))
        }
        return Candidate(name, Formula("NaCl"), Origin("test"), predictions)

    ranked = rank_by_front([named("narrow", 0.0, 1.0), named("wide", 0.0, 6.0)], objectives)
    merits = {candidate.id: merit for candidate, _front, merit in ranked}
    assert merits["narrow"] is not None
    assert merits["wide"] is not None
    assert 0.0 < merits["narrow"] < merits["wide"]
    assert objectives[0].desirability(0.0) == LEAST
