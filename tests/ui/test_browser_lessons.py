"""What only a browser can show of the lessons: answers that outlast a reload, an order by hand, data that are drawn."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.ui.browsing import Seen, box_of, come_to_rest


def open_lesson(page: Page, address: str, name: str, lesson: str, settings: str = "") -> None:
    page.goto(f"{address}/{name}?lesson={lesson}{settings}")
    page.get_by_role("tab", name=lesson, exact=True).wait_for()
    come_to_rest(page)


def test_answers_outlast_a_reload_until_they_are_forgotten(page: Page, address: str) -> None:
    seen = Seen(page)
    open_lesson(page, address, "exercises", "1 Concepts")
    field = page.get_by_role("textbox", name="Your answer")
    field.fill("stable training")
    field.press("Control+Enter")
    page.wait_for_function("(localStorage.getItem('matgen-notebook') || '').includes('stable training')")
    open_lesson(page, address, "exercises", "1 Concepts")  # a reload: another session of the server
    expect(page.get_by_role("textbox", name="Your answer")).to_have_value("stable training")
    open_lesson(page, address, "exercises", "Check yourself")
    page.get_by_role("button", name="Forget my answers here").click()
    page.wait_for_function("!(localStorage.getItem('matgen-notebook') || '').includes('stable')")
    open_lesson(page, address, "exercises", "1 Concepts")
    expect(page.get_by_role("textbox", name="Your answer")).to_have_value("")
    assert seen.errors == []


def test_criteria_are_ordered_by_dragging_and_by_buttons(page: Page, address: str) -> None:
    open_lesson(page, address, "exercises", "3 Application", "&criteria-shown=true")
    items = page.get_by_role("list", name="The criteria, the most important first").get_by_role("listitem")
    expect(items).to_have_text([re.compile(word) for word in ("Target", "made", "last", "sense", "Cost")])
    down = page.get_by_role("button", name=re.compile("Move down: Target"))
    down.focus()
    down.press("Enter")
    expect(items.first).to_contain_text("Could be made")
    come_to_rest(page)
    expect(down).to_be_focused()  # who has no mouse goes on from there
    for _place in range(3):
        down.press("Space")
        come_to_rest(page)
    expect(items.last).to_contain_text("Target")
    expect(page.get_by_role("button", name=re.compile("Move up: Target"))).to_be_focused()
    items.last.drag_to(items.first, target_position={"x": 40, "y": 3})
    expect(items.first).to_contain_text("Target")
    come_to_rest(page)
    expect(items.first).to_contain_text("Target")


#: What has the focus, and whether a ring is to be seen around it or around the words of its box.
_FOCUS = """() => {
    let own = document.activeElement;
    while (own?.shadowRoot?.activeElement) own = own.shadowRoot.activeElement;
    const ringed = (each) => {
        const style = getComputedStyle(each);
        return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
    };
    const words = (own.ariaLabel || own.closest('label')?.innerText || own.innerText || own.value || '').slice(0, 30);
    return [own.tagName, words, [own, own.closest('label')].some(each => each && ringed(each))];
}"""


#: A table draws its own ring, a field for text has its border, and the page itself is only scrolled.
_OWN_MARK = ("TD", "DIV", "CANVAS", "TEXTAREA", "MAIN")


def test_who_has_no_mouse_reaches_every_control_and_sees_where_he_is(page: Page, address: str) -> None:
    open_lesson(page, address, "exercises", "3 Application", "&criteria-shown=true")
    found = []
    for _tab in range(60):
        page.keyboard.press("Tab")
        page.wait_for_function("document.hasFocus()")
        found.append(page.evaluate(_FOCUS))
        if "Check yourself" in found[-1][1]:
            break
    words = " ".join(each for _tag, each, _ringed in found)
    for control in ("Lecture mode", "Show five", "yes, often", "Move down: Target", "Show an answer", "Write code"):
        assert control in words
    assert "Check yourself" in found[-1][1], found
    unseen = [each for each in found if not each[2] and each[0] not in _OWN_MARK]
    assert unseen == []


def test_the_film_runs_by_the_keyboard(page: Page, address: str) -> None:
    open_lesson(page, address, "diffusion", "In motion")
    grip = page.locator(".st-key-motion .slider-grip-rect")
    begun = box_of(grip)["x"]
    slider = page.get_by_role("slider", name="Moment of the film")
    slider.focus()
    slider.press("End")
    come_to_rest(page)
    ended = box_of(grip)["x"]
    assert ended > begun + 200
    slider.press("ArrowLeft")
    come_to_rest(page)
    assert begun < box_of(grip)["x"] < ended
    slider.press("Home")
    come_to_rest(page)
    assert box_of(grip)["x"] == pytest.approx(begun, abs=2)
    play = page.get_by_role("button", name=re.compile("Play"))
    play.focus()
    play.press("Enter")
    page.wait_for_function(
        "x => document.querySelector('.st-key-motion .slider-grip-rect').getBoundingClientRect().x > x + 20", arg=begun
    )


def test_a_network_learns_what_is_drawn(page: Page, address: str) -> None:
    open_lesson(page, address, "diffusion", "In motion")
    page.get_by_role("button", name="my own drawing").or_(page.get_by_role("radio", name="my own drawing")).click()
    pad = page.get_by_role("img", name=re.compile("Draw your data here"))
    box = box_of(pad)
    learn = page.get_by_role("button", name="Learn my drawing")
    expect(learn).to_be_disabled()
    page.mouse.move(box["x"] + 40, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 200, steps=40)
    page.mouse.up()
    expect(learn).to_be_enabled()
    pad.press("ArrowRight")
    pad.press("Enter")
    learn.click()
    expect(page.get_by_text("▶ Play")).to_be_visible()


@pytest.mark.parametrize(("name", "lesson", "field"), [("language_models", "Write one", ".st-key-written input")])
def test_a_tap_on_the_language_while_a_field_is_typed_into_turns_the_whole_page(
    page: Page, address: str, name: str, lesson: str, field: str
) -> None:
    open_lesson(page, address, name, lesson)
    page.locator(field).first.fill("CCO")
    page.get_by_role("radio", name="日本語").click()  # at once: the browser sends both changes together
    expect(page.get_by_role("heading", level=1)).to_have_text("言語モデルを動かす")
    expect(page.locator(field).first).to_have_value("CCO")
    page.wait_for_url("**/*lang=ja*")
