"""Tables say of a prediction what its card says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Candidate, Formula, Origin, Prediction
from matgen_core.kinds.crystals.checks.rank import REJECTING, rank
from pages.i18n.formatting import prediction_text
from pages.widgets.found.prediction_columns import heading, prediction_cells, score_parts, spread_column


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
    assert cells == {key: None, f"{key}_spread": words}
    assert words == prediction_text(unsure)


def test_where_it_can_tell_the_table_has_number_and_spread() -> None:
    sure = Prediction("band_gap", 3.0, 0.4, "eV", "test", zero_chance=0.02, otherwise=3.0)
    assert read(sure) == {"band_gap": 3.0, "band_gap_spread": "± 0.40"}


def test_without_a_value_there_is_neither() -> None:
    assert read(Prediction("band_gap", None, 0.4, "eV", "test")) == {"band_gap": None, "band_gap_spread": None}


def test_a_column_without_a_spread_is_hidden() -> None:
    assert spread_column([None, None]) is None
    assert spread_column(["± 0.40"]) is not None


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
