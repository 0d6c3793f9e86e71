"""The lessons, notes, exercises and models without a browser: every control answers, nothing fails."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.learning.checkpoints import available

PAGES = Path(__file__).parents[2] / "pages"


def open_page(name: str) -> AppTest:
    page = AppTest.from_file(str(PAGES / name), default_timeout=300).run()
    assert not page.exception
    assert not page.error
    return page


def test_the_language_lesson_answers_its_controls() -> None:
    page = open_page("learn/language_models.py")
    page.slider(key="lesson-temperature").set_value(1.5)
    page.slider(key="attention-head").set_value(2)
    page.selectbox(key="told-molecule").select("weight")
    page.run()
    assert not page.exception
    page.text_input(key="attention-smiles").set_value("C(").run()
    assert not page.exception
    assert any("no molecule" in e.value for e in page.error)


def test_the_notes_carry_their_figures() -> None:
    page = open_page("learn/notes.py")
    text = " ".join(m.value for m in page.markdown)
    assert "0.36" in text
    assert "72%" in text
    assert any("cannot be multiplied" in c.value for c in page.code)
    assert any("10.1016/j.cell.2020.01.021" in c.value for c in page.caption)


def test_the_exercises_hide_their_answers_and_check_a_condition() -> None:
    page = open_page("learn/exercises.py")
    assert not any("guidance" in m.value for m in page.markdown)
    page.toggle(key="show-1").set_value(True).run()
    assert any("guidance" in m.value for m in page.markdown)
    page.text_area(key="condition").set_value("nonsense").run()
    page.button(key="try-2").click().run()
    assert not page.exception
    assert any("no condition" in e.value for e in page.error)
    page.multiselect(key="order").set_value(["cost", "target"]).run()
    assert not page.exception
    page.checkbox(key="check-0-0").check().run()
    assert not page.exception


@pytest.mark.parametrize("name", available())
def test_every_model_has_a_card_on_its_page(name: str) -> None:
    page = open_page("explore/models.py")
    page.selectbox(key="model").select(name).run()
    assert not page.exception
    assert "<!--" not in " ".join(m.value for m in page.markdown)


def test_the_transfer_lesson_answers_its_controls() -> None:
    page = open_page("learn/transfer.py")
    page.slider(key="lora-rank").set_value(4)
    page.text_input(key="masked-formula").set_value("Xx").run()
    assert not page.exception
    assert any("'Xx'" in e.value for e in page.error)


def _another_page() -> None:
    from pages.runs.jobs import leave_other_pages

    leave_other_pages()


def test_teaching_goes_on_while_the_reader_is_on_another_page() -> None:
    page = open_page("learn/transfer.py")
    page.slider(key="teach-epochs").set_value(60).run()
    page.button(key="teach").click().run()
    assert not page.exception
    job = page.session_state["transfer-job"]
    assert job.busy
    state = page.session_state  # it has no get()
    of_pages = state["jobs-of-pages"] if "jobs-of-pages" in state else []  # noqa: SIM401
    other = AppTest.from_function(_another_page, default_timeout=300)
    other.session_state["jobs-of-pages"] = [("transfer", wanted) for _page, wanted in of_pages]
    other.run()
    assert not job.stop.is_set()
    job.cancel()
