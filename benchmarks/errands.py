"""Walks the errands of a student in a browser: for the test of every demonstration, and for the clock of a lecture."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from playwright.sync_api import Locator, Page, expect

from benchmarks.student_errands import TABLE, Act, Demonstration, Errand
from pages.i18n.language import translate


def link_of(address: str, errand: Errand, lang: str) -> str:
    """The link to the first demonstration of an errand."""
    first = translate(errand.runs[0].lesson, lang)
    return f"{address}/{errand.page}?" + urlencode({"lang": lang, "lesson": first, **errand.settings})


def settle(page: Page) -> None:
    """Until the script has run to its end."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def act_on(page: Page, act: Act, lang: str) -> None:
    """What a student does with one control of the demonstration that is open."""
    control = control_of(page, act, lang)
    if act.role == "fill":
        control.fill(act.text)
        control.press("Enter")
    elif act.role == "press":
        control.click()
    else:
        control.locator("label").first.click()
        expect(control.locator("input")).to_be_checked()
    settle(page)


def control_of(page: Page, act: Act, lang: str) -> Locator:
    """The control of the demonstration that is open with which a student does it."""
    label, main = translate(act.label, lang), page.get_by_test_id("stMain")
    if act.role == "turn":
        return main.get_by_test_id("stCheckbox").filter(has_text=label)
    return main.get_by_role("textbox" if act.role == "fill" else "button", name=label, exact=True)


def follow_on(page: Page, run: Demonstration, lang: str) -> None:
    """Takes the link that leads on, and waits for the demonstration to which it leads."""
    settle(page)  # a link that is drawn anew while it is clicked leads nowhere
    page.locator(".st-key-path-way").get_by_test_id("stPageLink").last.locator("a").click()
    tab = page.get_by_role("tab", name=translate(run.lesson, lang), exact=True)
    expect(tab).to_have_attribute("aria-selected", "true")
    settle(page)


def literal(template: str) -> str:
    """The longest run of words of a template that stands on a page as it is written.

    >>> literal("**{formula}** of {all} known crystals")
    'known crystals'
    """
    parts = re.split(r"\{[^{}]*\}|\*\*|`", template)
    return max((part.strip() for part in parts), key=len)


def await_outcome(page: Page, run: Demonstration, lang: str) -> None:
    """Waits for the sentence and the figure that the demonstration ends in."""
    for effect in effects_of(page, run, lang):
        effect.wait_for()  # of what is visible; an expectation would describe the page each time it looks


def effects_of(page: Page, run: Demonstration, lang: str) -> list[Locator]:
    """The sentence and the figure that the demonstration ends in."""
    main, found = page.get_by_test_id("stMain"), []
    if run.sees:
        found.append(main.get_by_text(literal(translate(run.sees, lang))))
    if run.figure:
        place = '[data-testid="stDataFrame"]' if run.figure == TABLE else f".st-key-{run.figure}"
        found.append(main.locator(place).locator("canvas, svg.main-svg"))
    return [each.locator("visible=true").first for each in found]
