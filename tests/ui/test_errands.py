"""Ten errands of a student: every demonstration is run once, by the links that lead on, in both languages and sizes.

An errand begins at one size, and each demonstration is then looked at in the other, too; the Japanese one begins where
the English one ends. English is read in the light scheme, Japanese in the dark one, and every text of both can be read.
Each demonstration is also looked at in a lecture: every second one is run there, the others are turned to it then.
"""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import Page

from benchmarks.errands import act_on, await_outcome, control_of, effects_of, follow_on, link_of, settle
from benchmarks.student_errands import ERRANDS, Demonstration
from pages.i18n.language import translate
from pages.lessons.path import PATH
from tests.ui.browsing import Seen, come_to_rest, faint_texts, hidden_to_the_right, small_texts
from tests.ui.conftest import Served

SIZES = {"screen": {"width": 1280, "height": 720}, "phone": {"width": 390, "height": 844}}
#: What a projector shows of 1280 × 720 at 150 %.
LECTURE = {"width": 853, "height": 480}
SCHEMES: dict[str, Literal["light", "dark"]] = {"en": "light", "ja": "dark"}
BEGINS = {"en": ("screen", "phone"), "ja": ("phone", "screen")}


def test_the_errands_run_every_demonstration_once() -> None:
    every = [lesson for step in PATH for lesson in step.lessons]
    assert len(ERRANDS) == 10
    assert [run.lesson for errand in ERRANDS.values() for run in errand.runs] == every


def test_what_a_student_reads_is_in_the_catalogue() -> None:
    runs = [run for errand in ERRANDS.values() for run in errand.runs]
    read = [run.sees for run in runs if run.sees] + [act.label for run in runs for act in run.acts]
    assert [text for text in read if translate(text, "ja") == text] == ["C  C  O", "SMILES"]


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", ERRANDS)
def test_an_errand_of_a_student(page: Page, served: Served, name: str, lang: str) -> None:
    errand, seen, (first, second) = ERRANDS[name], Seen(page), BEGINS[lang]
    page.set_viewport_size(SIZES[first])
    page.emulate_media(color_scheme=SCHEMES[lang])
    page.goto(link_of(served.url, errand, lang))
    page.get_by_role("tab").first.wait_for()
    settle(page)
    lecture = False
    for place, run in enumerate(errand.runs):
        if place:
            come_to_rest(page)
            follow_on(page, run, lang)
        for act in run.acts:
            come_to_rest(page)  # a button that fills a field is answered before the next one reads the field
            act_on(page, act, lang)
        await_outcome(page, run, lang)
        _look(page, run, lang, (first, second), lecture)
        _turn_lecture(page, lang)
        lecture = not lecture
        _look(page, run, lang, (first, second), lecture)
        page.set_viewport_size(SIZES[first])
    assert page.evaluate("document.documentElement.lang") == lang
    assert seen.errors == []
    assert seen.outside == []


def _look(page: Page, run: Demonstration, lang: str, sizes: tuple[str, str], lecture: bool) -> None:
    page.set_viewport_size(LECTURE if lecture else SIZES[sizes[0]])
    come_to_rest(page)
    assert page.get_by_test_id("stException").count() == 0, run.lesson
    assert faint_texts(page) == [], run.lesson
    if not lecture:
        for size in sizes:
            assert _beside_the_window(page, size) == [], f"{run.lesson}, {size}"
        return
    assert small_texts(page, 18) == [], run.lesson
    taken, room = _taken(page, run, lang), page.evaluate(_ROOM)
    assert taken <= room, f"{run.lesson}: control and effect take {taken:.0f} of {room:.0f} pixels"


def _turn_lecture(page: Page, lang: str) -> None:
    page.locator(".st-key-path-head").get_by_text(translate("Lecture mode", lang), exact=True).click()
    come_to_rest(page)


#: What a page shows at once, below its menu.
_ROOM = "innerHeight - document.querySelector('[data-testid=\"stHeader\"]').getBoundingClientRect().bottom"
#: What is turned or typed to see something else; a guess is a radio button.
_CONTROLS = ", ".join(
    f'.st-key-path-lesson [data-testid="st{kind}"]'
    for kind in ("Slider", "Selectbox", "TextInput", "NumberInput", "ButtonGroup")
)


def _taken(page: Page, run: Demonstration, lang: str) -> float:
    """The height that a control and what it brings take together: of the control used last, or else of the nearest."""
    effects = [box for each in effects_of(page, run, lang) if (box := each.bounding_box())]
    if run.acts:
        controls = [control_of(page, run.acts[-1], lang)]
    else:
        controls = page.locator(_CONTROLS).locator("visible=true").all()
    together = []
    for control in controls:
        if box := control.bounding_box():
            every = [box, *effects]
            together.append(max(one["y"] + one["height"] for one in every) - min(one["y"] for one in every))
    return min(together, default=0.0)


def _beside_the_window(page: Page, size: str) -> list[str]:
    """What sticks out of the window at a size, once figures have been drawn anew for its width."""
    page.set_viewport_size(SIZES[size])
    out = hidden_to_the_right(page)
    for _again in range(30):
        if not out:
            break
        page.wait_for_timeout(100)
        out = hidden_to_the_right(page)
    return out
