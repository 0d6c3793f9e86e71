"""The page of a property of one's own: it invites, aims, tunes for a moment, shows both predictions, keeps the copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import pages.runs.jobs
from matgen_core.core.goals import Goal
from matgen_core.workflows.own_store import list_copies, save_target
from matgen_core.workflows.own_targets import train_target
from matgen_core.workflows.predictors import VARIABLE
from matgen_core.workflows.training_examples import read_examples
from pages.runs.jobs import Job

APP = str(Path(__file__).parents[2] / "pages" / "design" / "own_property.py")
FORMULAS = [f"{m}{n}{o}" for m in ("Li", "Na", "K", "Mg", "Ca", "Zn", "Al", "Fe") for o in "OSF" for n in (1, 2)]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Predictors of the test alone; jobs are done where they are asked for."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "predictors"))

    def submit(work: Any, total: int, *_: object, take: Any, **_more: object) -> Job:
        job = Job(total, take=take)
        job.run(work)
        return job

    monkeypatch.setattr(pages.runs.jobs, "submit", submit)


def open_page() -> AppTest:
    return AppTest.from_file(APP, default_timeout=300).run()


def words(page: AppTest) -> str:
    return " ".join(str(e.value) for e in (*page.markdown, *page.info, *page.caption, *page.error, *page.warning))


def test_without_a_property_it_invites_and_begins_nothing() -> None:
    page = open_page()
    assert not page.exception
    assert "No property of your own yet" in words(page)
    assert "the other **judges**" in words(page)
    assert page.button(key="go").disabled


def test_a_property_is_aimed_at_tuned_and_judged() -> None:
    values = [5.0 + 3.0 * ("O" in f) + n % 3 for n, f in enumerate(FORMULAS)]
    save_target(train_target("hardness", read_examples(FORMULAS, values, "formula"), "Hardness", "GPa"))
    page = open_page()
    page.segmented_control(key="own-kind").set_value("compositions").run()
    assert not page.exception
    assert "guessing the mean" in words(page)
    for key, value in (("tune_steps", 1), ("tune_batch", 8)):
        next(e for e in (*page.slider, *page.number_input) if e.key == key).set_value(value)
    page.number_input(key="own-count-compositions").set_value(4)
    page.button(key="go").click().run()
    assert not page.exception
    assert not page.error
    assert "meet every goal by the judging predictors" in words(page)
    table = page.dataframe[0].value
    assert {"Hardness, steering", "Hardness, judging", "Like your rows", "Met"} <= set(table.columns)
    assert 1 <= len(table) <= 4
    page.button(key="keep").click().run()
    assert list_copies() == ("mine",)
    assert page.session_state["tuning"].aims.own[0][1] == Goal.at_least(float(sorted(values)[int(0.9 * 47)]))
