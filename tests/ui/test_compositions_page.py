"""The compositions page without a browser: what the controls say is what is asked; every bad input has its words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Candidate, Formula, Origin, Progress
from matgen_core.core.settings import CompositionSettings
from matgen_core.kinds.compositions.judge import finish_formulas, judge_formulas, rank_formulas
from matgen_core.kinds.compositions.predict import predict_formulas
from pages.runs.jobs import Job

APP = str(Path(__file__).parents[2] / "pages" / "design" / "compositions.py")
TARGET = Target({"band_gap": Goal.at(5.0)})
FORMULAS = ("NaCl", "CsK2NaRbF5", "NaCl", "MgO")


def open_page(**link: str | list[str]) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=300)
    for key, value in link.items():
        page.query_params[key] = value
    return page.run()


def with_run(message: str = "", **job: Any) -> AppTest:
    drawn = [Candidate(f"0-{i}", Formula(f), Origin("matgpt", "test", 0, i)) for i, f in enumerate(FORMULAS)]
    judged = judge_formulas(drawn, TARGET, CompositionSettings(neutral=False), {})
    found = rank_formulas(finish_formulas(predict_formulas(judged), TARGET), TARGET)
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["compositions-job"] = Job(
        4, begun=0.0, ended=1.0, progress=Progress("done", 3, 4, found, message), **job
    )
    page.session_state["compositions-asked"] = TARGET, CompositionSettings()
    return page.run()


def test_it_opens_without_a_word_of_complaint() -> None:
    page = open_page()
    assert not page.exception
    assert not page.error
    assert not page.warning


def test_what_the_link_says_is_what_is_asked(asked: list[Any]) -> None:
    page = open_page(
        band_gap_ask="value",
        band_gap_value="2.5",
        include=["O", "Li"],
        prompt="Li",
        formulas="7",
        formula_seed="3",
        formula_temperature="0.7",
        only_new="true",
        formula_atoms="12",
    )
    page.button(key="go").click().run()
    assert not page.exception
    target, count, seed, settings = asked[0]
    assert target.goals == {"band_gap": Goal.at(2.5)}
    assert target.constraints.include == {"O", "Li"}
    assert (target.constraints.max_atoms, count, seed) == (12, 7, 3)
    assert settings == CompositionSettings(0.7, 0, "Li", True, True)


@pytest.mark.parametrize(
    "link",
    [{"prompt": "Qq"}, {"include": ["O"], "exclude": ["O"]}, {"prompt": "O", "exclude": ["O"]}],
    ids=["not an element", "contradiction", "excluded prompt"],
)
def test_what_cannot_be_asked_for_is_said_and_the_button_waits(link: dict[str, Any]) -> None:
    page = open_page(**link)
    assert not page.exception
    assert page.error
    assert page.button(key="go").disabled


@pytest.mark.parametrize(
    "link", [{"formulas": "-1"}, {"formula_temperature": "nan"}, {"formula_seed": "<b>"}, {"include": "Xx"}]
)
def test_a_bad_link_is_told_and_the_rest_holds(link: dict[str, str]) -> None:
    page = open_page(**link)
    assert not page.exception
    assert page.warning


def test_a_run_shows_shares_table_and_the_best() -> None:
    page = with_run()
    assert not page.exception
    assert not page.error
    table = page.dataframe[0].value
    assert table["formula"].iloc[0] in ("NaCl", "MgO")
    assert len(table) == 3, "the repeated formula is counted, not shown twice"
    assert any("3 / 4" in str(metric.value) for metric in page.metric)
    assert page.button(key="find-structures")


def test_how_a_run_ended_is_said() -> None:
    assert any("raise the cap" in info.value for info in with_run("2 of 4 found; raise the cap or ask for less").info)
    assert any("no room" in error.value for error in with_run(error="no room").error)


def test_a_type_of_formula_or_a_system_is_asked_for(asked: list[Any]) -> None:
    page = open_page(formula_type="ABX3", no_radioactive="true")
    assert not page.error
    page.button(key="go").click().run()
    constraints = asked[0][0].constraints
    assert constraints.formula == "ABX3"
    assert "U" in constraints.exclude
    open_page(formula_type="Li-P-S").button(key="go").click().run()
    assert asked[1][0].constraints.chemical_system == {"Li", "P", "S"}
    assert "a single formula" in open_page(formula_type="Fe3O4").error[0].value


def test_the_table_is_in_the_order_of_its_scores() -> None:
    scores = list(with_run().dataframe[0].value["score"])
    assert len(scores) == 3
    assert scores == sorted(scores)
    assert scores[0] < scores[-1]
