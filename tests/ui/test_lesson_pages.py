"""The lessons, notes, exercises and models without a browser: every control answers, nothing fails."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.core.messages import Message
from matgen_core.learning.checkpoints import available
from pages.i18n.language import translate
from pages.lessons.checklist import CHECKLIST
from pages.lessons.notebook import read_notebook
from pages.lessons.path import PATH, neighbours

PAGES = Path(__file__).parents[2] / "pages"


def open_page(name: str, lesson: str = "") -> AppTest:
    page = AppTest.from_file(str(PAGES / name), default_timeout=300)
    if lesson:
        page.query_params["lesson"] = lesson
    page.run()
    assert not page.exception
    assert not page.error
    return page


def test_the_path_names_the_demonstrations_that_its_pages_show() -> None:
    for step in PATH:
        text = (PAGES.parent / step.script).read_text(encoding="utf-8")
        assert [name for name in step.lessons if f'"{name}":' not in text] == [], step.script
    places = [neighbours(step, name) for step in PATH for name in step.lessons]
    assert places[0][0] is None
    assert places[-1][1] is None
    assert all(before is not None for before, _after in places[1:])


def test_every_item_of_the_checklist_leads_to_a_demonstration() -> None:
    lessons = {name for step in PATH for name in step.lessons}
    items = [item for items in CHECKLIST.values() for item in items]
    assert [len(items) for items in CHECKLIST.values()] == [10, 15, 5, 5, 5, 5, 5]
    assert {lesson for _item, lesson in items} <= lessons
    assert len({item for item, _lesson in items}) == 50


def test_a_demonstration_opens_by_its_link_in_either_language() -> None:
    for lang, lesson, word in (("en", "Attention", "Query token"), ("ja", "Attention", "クエリのトークン")):
        page = AppTest.from_file(str(PAGES / "learn/language_models.py"), default_timeout=300)
        page.query_params["lang"], page.query_params["lesson"] = lang, lesson
        page.query_params["attention-head"] = "3"
        page.run()
        assert not page.exception
        assert page.slider(key="attention-head").value == 3
        assert any(slider.label == word for slider in page.slider)


def test_the_language_lesson_answers_its_controls() -> None:
    open_page("learn/language_models.py", "The next token").slider(key="lesson-temperature").set_value(1.5).run()
    page = open_page("learn/language_models.py", "Attention")
    page.slider(key="attention-head").set_value(2).run()
    assert any("of its attention lies on atoms" in m.value for m in page.markdown)
    page.text_input(key="attention-smiles").set_value("C(").run()
    assert not page.exception
    assert any("not a molecule" in e.value for e in page.error)


def test_a_string_is_written_token_by_token() -> None:
    page = open_page("learn/language_models.py", "Write one")
    before = page.text_input(key="written").value
    page.button(key="top-token").click().run()
    assert not page.exception
    assert page.text_input(key="written").value.startswith(before)


def test_the_notes_carry_their_figures() -> None:
    text = " ".join(m.value for m in open_page("learn/notes.py").markdown)
    assert "0.36" in text
    assert any("cannot be multiplied" in c.value for c in open_page("learn/notes.py", "Diffusion").code)
    assert "72 %" in " ".join(m.value for m in open_page("learn/notes.py", "Transfer").markdown)
    assert "0.0074" in " ".join(m.value for m in open_page("learn/notes.py", "Inverse design").markdown)
    assert any("10.1016/j.cell.2020.01.021" in c.value for c in open_page("learn/notes.py", "Claims").caption)


def test_the_exercises_hide_their_answers_and_check_a_condition() -> None:
    page = open_page("learn/exercises.py")
    assert not any("guidance" in m.value for m in page.markdown)
    page.toggle(key="show-1").set_value(True).run()
    assert any("guidance" in m.value for m in page.markdown)
    page = open_page("learn/exercises.py", "2 Implementation")
    assert page.text_area(key="condition").value == "", "the box does not hold the answer"
    page.text_area(key="condition").set_value("nonsense").run()
    page.button(key="try-2").click().run()
    assert not page.exception
    assert any("not a condition" in e.value for e in page.error)
    page = open_page("learn/exercises.py", "3 Application")
    assert not page.selectbox, "the criteria are asked for before they are shown"


def test_answers_and_ticks_are_kept_and_exported() -> None:
    page = open_page("learn/exercises.py", "Check yourself")
    page.checkbox(key="check-0-0").check().run()
    kept = dict(page.session_state["lesson-notebook"])
    assert kept["0-0"] is True
    other = AppTest.from_file(str(PAGES / "learn/exercises.py"), default_timeout=300)
    other.session_state["lesson-notebook"] = kept  # the same session, after another page was open
    other.run()
    other.text_area(key="answer-answer-1").set_value("noise").run()
    kept = dict(other.session_state["lesson-notebook"])
    again = AppTest.from_file(str(PAGES / "learn/exercises.py"), default_timeout=300)
    again.session_state["lesson-notebook"] = kept
    again.query_params["lesson"] = "Check yourself"
    again.run()
    assert again.checkbox(key="check-0-0").value is True
    assert kept["answer-1"] == "noise"
    assert read_notebook(json.dumps(kept).encode()) == kept
    assert read_notebook(b"nothing") is None
    assert read_notebook(b"[1]") is None


def test_nothing_moves_when_the_browser_has_answered() -> None:
    """A field that moves is drawn anew, and what a student has typed in it until then is lost."""
    page = open_page("learn/language_models.py", "Tokens")
    before = {place: each.type for place, each in page.main.children.items()}
    page.session_state["notebook-was-read"] = True
    page.run()
    assert {place: each.type for place, each in page.main.children.items()} == before


def _answered_after_the_page_was_left() -> None:
    import streamlit as st

    from pages.lessons import notebook

    notebook._take_kept()
    st.caption(str("notebook-was-read" in st.session_state))


def test_an_answer_of_the_browser_to_a_page_that_was_left_ends_nothing() -> None:
    page = AppTest.from_function(_answered_after_the_page_was_left).run()
    assert not page.exception
    assert page.caption[0].value == "False", "the next page asks again"


def test_the_chapters_code_runs_on_its_page_beside_the_guess() -> None:
    page = open_page("learn/chapter.py", "Run it")
    page.radio(key="guess-example-simple_diffusion").set_value(0).run()
    page.button(key="run-example").click().run()
    assert not page.exception
    assert any("Training loss" in code.value for code in page.code)
    assert any(m.value == "You guessed: less than 0.5. What happened: **about 1**" for m in page.markdown)
    page.selectbox(key="chapter-name").select("LoRALayer").run()
    assert not any("What happened" in m.value for m in page.markdown), "another example has not run yet"


def _calls(function: ast.FunctionDef, name: str) -> list[ast.Call]:
    """The calls of a function or method by its name."""
    found = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    return [call for call in found if name == getattr(call.func, "attr", getattr(call.func, "id", ""))]


def _runs(call: ast.Call) -> bool:
    """Whether a button runs something, or a toggle shows what was measured."""
    primary = any(word.arg == "type" and getattr(word.value, "value", "") == "primary" for word in call.keywords)
    return primary or "Show what was measured" in ast.unparse(call)


def test_a_question_stands_before_every_button_that_runs_something() -> None:
    asked = []
    for path in sorted((PAGES / "lessons").glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            questions = [call.lineno for call in _calls(function, "guess")]
            for call in [*_calls(function, "button"), *_calls(function, "toggle")]:
                if _runs(call):
                    asked.append((path.name, function.name))
                    assert any(line < call.lineno for line in questions), f"{path.name}: {function.name}"
    assert len(asked) >= 11, asked


@pytest.mark.parametrize("name", available())
def test_every_model_has_a_card_on_its_page(name: str) -> None:
    page = open_page("explore/models.py")
    page.selectbox(key="model").select(name).run()
    assert not page.exception
    assert "<!--" not in " ".join(m.value for m in page.markdown)


def test_the_transfer_lesson_answers_its_controls() -> None:
    open_page("learn/transfer.py", "Three ways to teach").slider(key="lora-rank").set_value(4).run()
    page = open_page("learn/transfer.py")
    page.text_input(key="masked-formula").set_value("Xx").run()
    assert not page.exception
    assert any("'Xx'" in e.value for e in page.error)


def _another_page() -> None:
    from pages.runs.jobs import leave_other_pages

    leave_other_pages()


def test_teaching_goes_on_while_the_reader_is_on_another_page() -> None:
    page = open_page("learn/transfer.py", "Teach it yourself")
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


#: Page, demonstration and name of each question to what a slider shows.
FIRST = (
    ("inverse_problem", "Forward and inverse", "answers-8"),
    ("diffusion", "Noise", "takeover-linear"),
    ("diffusion", "From noise", "settles"),
    ("diffusion", "Conditions", "strongest-band_gap"),
    ("diffusion", "Descriptors", "itself"),
    ("language_models", "The next token", "heat"),
    ("language_models", "Attention", "heads-1"),
    ("language_models", "Temperature", "hot"),
    ("language_models", "Conditions", "reach-logp"),
    ("encoders", "MatBERT", "order"),
    ("encoders", "MatGPT", "gains-Li"),
    ("transfer", "Two views", "views-NaCl, Fe2O3, GaAs"),
)


@pytest.mark.parametrize(("name", "lesson", "question"), FIRST)
def test_a_guess_is_asked_for_first_and_then_compared(name: str, lesson: str, question: str) -> None:
    page = open_page(f"learn/{name}.py", lesson)
    assert not any("What happened" in m.value for m in page.markdown), "the answer comes after the guess"
    radio = page.radio(key=f"guess-{question}")
    assert radio.label.startswith("Before you")
    radio.set_value(0).run()
    assert not page.exception
    (said,) = [m.value for m in page.markdown if "What happened" in m.value]
    assert said.startswith(f"You guessed: {radio.options[0]}. What happened: **")


def _with_helpers(tree: ast.Module, name: str) -> str:
    """The source of a function and of the functions of its module that it calls."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    todo, found = [name], set[str]()
    while todo:
        each = todo.pop()
        if each in functions and each not in found:
            found.add(each)
            names = {node.id for node in ast.walk(functions[each]) if isinstance(node, ast.Name)}
            todo += sorted(names & functions.keys())
    return "\n".join(ast.unparse(functions[each]) for each in sorted(found))


def test_every_demonstration_with_a_slider_asks_first() -> None:
    shown = dict[str, bool]()
    for path in sorted((PAGES / "learn").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("pages.lessons"):
                module = PAGES.parent / (str(node.module).replace(".", "/") + ".py")
                tree = ast.parse(module.read_text(encoding="utf-8"))
                for alias in node.names:
                    source = _with_helpers(tree, alias.name)
                    if "slider(" in source:
                        shown[f"{module.stem}.{alias.name}"] = "guess(" in source or "guess_first(" in source
    assert len(shown) >= 12
    assert [name for name, asks in shown.items() if not asks] == []


def controls(page: AppTest) -> list[Any]:
    """What is turned, chosen or typed on a page, but for guesses."""
    kinds = ("slider", "select_slider", "selectbox", "text_input", "number_input", "toggle", "button_group")
    return [control for kind in kinds for control in page.get(kind)]


@pytest.mark.parametrize(("script", "lesson"), [(step.script, name) for step in PATH[:5] for name in step.lessons])
def test_every_setting_of_a_demonstration_stands_in_its_link(script: str, lesson: str) -> None:
    found = controls(open_page(script.removeprefix("pages/"), lesson))
    assert found or lesson in ("Code", "Samplers")
    assert [control.key for control in found if not control.proto.query_param_key] == []


@pytest.mark.parametrize(
    ("name", "lesson", "shown", "uncertain"),
    [
        ("diffusion", "Samplers", "ways-shown", 1),
        ("encoders", "MatBERT", "", 1),
        ("transfer", "Three ways to teach", "transfer-shown", 3),
        ("exercises", "1 Concepts", "measured-1", 0),
        ("exercises", "3 Application", "criteria-shown", 0),
    ],
)
def test_an_uncertainty_is_a_column_of_numbers(name: str, lesson: str, shown: str, uncertain: int) -> None:
    page = open_page(f"learn/{name}.py", lesson)
    if shown:
        page.toggle(key=shown).set_value(True).run()
    found = 0
    for table in page.dataframe:
        heads = json.loads(table.proto.columns)
        for column in table.value:
            own = heads.get(str(column), {})
            label = str(own.get("label", column))
            if pd.api.types.is_numeric_dtype(table.value[column]):
                found += label == "±"
            else:
                assert "±" not in label + " ".join(map(str, table.value[column])), (lesson, column)
    assert page.dataframe
    assert found >= uncertain


#: A setting, an option of it, and the option's words in a link.
IN_WORDS = {
    ("diffusion", "Noise", "schedule"): ("cosine", "cosine"),
    ("diffusion", "In motion", "motion-data"): ("my own drawing", "my own drawing"),
    ("diffusion", "From noise", "film-condition"): ("formation_energy", "Formation energy"),
    ("diffusion", "Conditions", "guided-property"): ("formation_energy", "Formation energy"),
    ("diffusion", "Descriptors", "described-schedule"): ("cosine", "cosine"),
    ("diffusion", "Train it", "pupil-data"): ("latents", "latents of the known crystals"),
    ("language_models", "Conditions", "conditions-property"): ("weight", "Molecular weight"),
    ("encoders", "ChemBERTa", "chemberta-known"): (["ethanol"], "ethanol"),
    ("inverse_problem", "Workflow", "box"): ("Stable?", Message("{box} ▸", box="Stable?")),
    ("transfer", "Teach it yourself", "teach-demo"): ("band_gap", "band gap (eV)"),
    ("transfer", "Teach it yourself", "strategy"): ("adapter", "adapters"),
}


@pytest.mark.parametrize(("name", "lesson", "key"), IN_WORDS)
@pytest.mark.parametrize(("written", "read"), [("ja", "en"), ("en", "ja")])
def test_a_link_in_one_language_opens_with_its_settings_in_the_other(
    name: str, lesson: str, key: str, written: str, read: str
) -> None:
    option, words = IN_WORDS[name, lesson, key]
    page = AppTest.from_file(str(PAGES / f"learn/{name}.py"), default_timeout=300)
    for setting, value in {"lang": read, "lesson": translate(lesson, written), key: translate(words, written)}.items():
        page.query_params[setting] = value
    page.run()
    assert not page.exception
    assert next(control for control in controls(page) if control.key == key).value == option
