"""The page without a browser: controls, messages, and what a finished run shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.pipeline import design
from matgen_core.types import Goal, Progress, SamplingSettings, Target
from pages.ui.jobs import Job

APP = str(Path(__file__).parents[2] / "pages" / "design" / "crystals.py")


def new_page() -> AppTest:
    return AppTest.from_file(APP, default_timeout=120)


def test_it_opens_without_an_error() -> None:
    page = new_page().run()
    assert not page.exception
    assert not page.error
    assert page.title[0].value == "Crystals from targets"


@pytest.mark.parametrize(
    ("key", "text", "said"),
    [
        ("formula", "=cmd()", "not a formula"),
        ("formula", "<script>", "not a formula"),
        ("system", "Fe-Xx", "not an element"),
        ("system", "../", "not an element"),
    ],
)
def test_bad_text_is_named(key: str, text: str, said: str) -> None:
    page = new_page().run()
    page.text_input(key=key).set_value(text).run()
    assert any(said in e.value for e in page.error)
    assert page.button(key="go").disabled
    assert not page.exception


def test_a_formula_that_is_too_large_names_the_remedy() -> None:
    page = new_page().run()
    page.text_input(key="formula").set_value("Ca10P6O26H2").run()
    assert any("raise the maximum" in e.value for e in page.error)


def test_a_finished_run_shows_shares_table_and_structure() -> None:
    target = Target({"formation_energy": Goal.at(-1.0)})
    found = design(target, 2, seed=3, settings=SamplingSettings(geometries=1, steps=5))
    job = Job(progress=Progress("done", 2, 2, found))
    job.ended = 0.0
    page = new_page()
    page.session_state["crystals-job"] = job
    page.session_state["crystals-target"] = target
    page.run()
    assert not page.exception
    assert page.metric[0].value.endswith("/ 2")
    assert len(page.dataframe[0].value) == 2


def test_a_failed_run_says_so_and_keeps_what_was_found() -> None:
    job = Job(error="checkpoint 'crystal-gpt' cannot be read; restore it")
    job.ended = 0.0
    page = new_page()
    page.session_state["crystals-job"] = job
    page.session_state["crystals-target"] = Target()
    page.run()
    assert any("restore it" in e.value for e in page.error)
    assert not page.exception
