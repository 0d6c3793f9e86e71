"""Tables say of a prediction what its card says."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Candidate, Formula, Origin, Prediction
from matgen_core.kinds.crystals.checks.rank import REJECTING, rank
from pages.i18n.formatting import prediction_text
from pages.widgets.found.prediction_columns import (
    asked_first,
    heading,
    prediction_cells,
    prediction_columns,
    score_parts,
)


def read(prediction: Prediction) -> dict[str, object]:
    candidate = Candidate("0", Formula("LiVO3"), Origin("test"), {prediction.property: prediction})
    return prediction_cells(candidate, [prediction.property])


@pytest.mark.parametrize(
    ("key", "unit", "words"),
    [
        ("band_gap", "eV", "metal, or about 3.1 eV"),
        ("magnetic_moment", "µB/atom", "non-magnetic, or about 3.1 µB/atom"),
    ],
)
def test_where_the_model_cannot_tell_the_table_has_the_words_of_the_card(key: str, unit: str, words: str) -> None:
    unsure = Prediction(key, 0.0, 3.6, unit, "test", zero_chance=0.6, otherwise=3.1)
    cells = read(unsure)
    assert cells == {key: None, f"{key}_spread": None, f"{key}_undecided": words}
    assert words == prediction_text(unsure)


def test_where_it_can_tell_the_table_has_number_and_spread_as_numbers() -> None:
    sure = Prediction("band_gap", 3.0, 0.4, "eV", "test", zero_chance=0.02, otherwise=3.0)
    assert read(sure) == {"band_gap": 3.0, "band_gap_spread": 0.4, "band_gap_undecided": None}


def test_without_a_value_there_is_neither() -> None:
    cells = read(Prediction("band_gap", None, 0.4, "eV", "test"))
    assert cells == {"band_gap": None, "band_gap_spread": None, "band_gap_undecided": None}


def test_spreads_are_numbers_with_their_sign_in_the_format_and_an_empty_column_is_hidden() -> None:
    table = pd.DataFrame({"band_gap": [3.0, 1.0], "band_gap_spread": [0.4, 0.09], "band_gap_undecided": [None, None]})
    columns = prediction_columns(table, "band_gap")
    spread = columns["band_gap_spread"]
    assert isinstance(spread, dict)
    assert spread["type_config"] is not None
    assert spread["type_config"]["type"] == "number", "a column of text is sorted by its letters: 0.4 before 0.09"
    assert spread["type_config"]["format"] == "± %.2f"
    assert columns["band_gap_undecided"] is None
    table["band_gap_spread"] = None
    assert prediction_columns(table, "band_gap")["band_gap_spread"] is None


def test_what_was_asked_for_stands_behind_name_and_score_with_its_uncertainty_and_the_judge() -> None:
    columns = ["formula", "met", "score", "atoms", "band_gap", "band_gap_spread", "e_above_hull", "e_above_hull_spread"]
    table = pd.DataFrame([[None] * 11], columns=[*columns, "e_above_hull_judge", "e_above_hull_undecided", "id"])
    target = Target({"e_above_hull": Goal.at_most(0.1)})
    parts = ["e_above_hull", "e_above_hull_spread", "e_above_hull_undecided", "e_above_hull_judge"]
    rest = ["met", "atoms", "band_gap", "band_gap_spread", "id"]
    assert list(asked_first(table, target.goals, ("formula",))) == ["formula", "score", *parts, *rest]
    assert set(asked_first(table, (), ("formula",))) == set(table)


def test_units_stand_in_brackets() -> None:
    assert heading("band_gap", "Gap", True) == "Gap (eV) ◎"
    assert heading("logp", "logP", False) == "logP"


def test_the_parts_of_a_score_add_up_to_it(found: tuple[Candidate, ...]) -> None:
    target = Target({"band_gap": Goal.at(3.0), "formation_energy": Goal.at_most(-2.5)})
    for candidate in rank(found, target):
        parts = score_parts(candidate, target)
        assert parts is not None
        assert len(parts) == 3
        thousands = 1000 * sum(candidate.failed(rule) for rule in REJECTING)
        assert candidate.score == pytest.approx(sum(parts) + thousands, abs=0.01)
    assert score_parts(replace(found[0], score=None), target) is None
