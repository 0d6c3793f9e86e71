"""Settings of crystals in a real browser: the link, its contradictions, hostile values; a phone, light and dark."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.browsing import SLOW, come_to_rest, faint_texts, hidden_to_the_right, open_page, settle
from tests.ui.conftest import still_context


def test_settings_stand_in_the_link_and_come_back_from_it(page: Page, address: str, browser: Browser) -> None:
    open_page(page, f"{address}/crystals")
    page.locator(".st-key-band_gap_ask").get_by_role("radio", name="range").click()
    low = page.locator(".st-key-band_gap_low input")
    low.fill("1.7")
    low.press("Enter")
    settle(page)
    page.get_by_role("button", name="Iron", exact=True).click()  # on the periodic table
    expect(page.get_by_role("button", name="Iron (included)")).to_be_visible()
    page.get_by_role("radio", name="exclude").click()
    settle(page)
    page.get_by_role("button", name="Lead", exact=True).click()
    expect(page.get_by_role("button", name="Lead (excluded)")).to_be_visible()
    settle(page)
    tags = {key: page.locator(f".st-key-{key} [data-tag]") for key in ("include", "exclude")}
    expect(tags["include"]).to_have_css("background-color", "rgb(28, 114, 104)")
    expect(tags["exclude"]).to_have_css("background-color", "rgb(179, 84, 30)")  # what must not be there is not green
    asked = parse_qs(urlparse(page.url).query)
    assert asked["band_gap_ask"] == ["range"]
    assert asked["band_gap_low"] == ["1.7"]
    assert (asked["include"], asked["exclude"]) == (["Fe"], ["Pb"])
    other = still_context(browser).new_page()
    other.set_default_timeout(SLOW)
    open_page(other, page.url)
    expect(other.locator(".st-key-band_gap_low input")).to_have_value("1.70")
    expect(other.get_by_role("button", name="Iron (included)")).to_be_visible()
    expect(other.get_by_role("button", name="Lead (excluded)")).to_be_visible()
    other.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(browser: Browser, address: str, scheme: str) -> None:
    context = still_context(browser, viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(SLOW)
    link = "count=2&skeletons=1&geometries=1&steps=5&band_gap_ask=range&formation_energy_ask=value&include=O"
    seen = open_page(page, f"{address}/?{link}")
    assert hidden_to_the_right(page) == []
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("button", name="CIFs (zip)").wait_for()
    settle(page)
    assert hidden_to_the_right(page) == []
    main = page.get_by_test_id("stMain")
    assert main.evaluate("e => e.scrollWidth - e.clientWidth") <= 0
    background = page.get_by_test_id("stApp").evaluate("e => getComputedStyle(e).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", background)[:3])
    assert (brightness < 150) == (scheme == "dark")
    assert seen.errors == []
    context.close()


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_generate_is_in_view_before_anyone_scrolls(browser: Browser, address: str, size: tuple[int, int]) -> None:
    context = still_context(browser, viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.set_default_timeout(SLOW)
    open_page(page, f"{address}/crystals")
    expect(page.get_by_role("button", name="Generate")).to_be_in_viewport(ratio=1)
    context.close()


def test_the_map_keeps_what_was_chosen_in_the_other_language_and_its_words_can_be_read(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/embeddings?space=compositions")
    page.get_by_role("radio", name="t-SNE").click()
    come_to_rest(page)
    page.get_by_role("combobox", name="Colour").fill("group")
    page.get_by_role("option", name="group", exact=True).click()
    groups = page.locator(".st-key-groups").get_by_role("slider")
    groups.press("ArrowLeft")
    come_to_rest(page)
    page.get_by_role("tab", name="Latent path").click()
    come_to_rest(page)
    page.locator(".st-key-steps").get_by_role("slider").press("ArrowRight")
    come_to_rest(page)
    assert faint_texts(page) == []
    page.get_by_role("radio", name="日本語").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("埋め込み")
    come_to_rest(page)
    expect(page.get_by_role("tab", name="潜在空間の経路")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".st-key-steps").get_by_role("slider")).to_have_value("7")
    page.get_by_role("tab").first.click()
    come_to_rest(page)
    expect(page.get_by_role("radio", name="t-SNE")).to_be_checked()
    expect(groups).to_have_value("5")
    assert faint_texts(page) == []


def test_contradictions_are_said_and_nothing_runs(page: Page, address: str) -> None:
    open_page(page, f"{address}/?include=Fe&exclude=Fe")
    expect(page.get_by_text("both included and excluded")).to_be_visible()
    expect(page.get_by_role("button", name="Generate")).to_be_disabled()


def test_hostile_settings_in_the_link_do_no_harm(page: Page, address: str) -> None:
    hostile = (
        "count=-5&seed=NaN&band_gap_ask=<script>alert(1)</script>&formula=<img src=x onerror=alert(1)>&strength=1e308"
        "&include=../&sampler==cmd()&crystal_system=**x**"
    )
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    seen = open_page(page, f"{address}/?{hostile}")
    expect(page.get_by_text("is not a formula")).to_be_visible()
    for key in ("count", "seed", "band_gap_ask", "strength", "include", "sampler", "crystal_system"):
        expect(page.get_by_text(f"The link sets {key} =")).to_be_visible()
    assert page.get_by_text("Traceback").count() == 0
    assert page.locator("img[src='x']").count() == 0
    assert seen.errors == []
    assert seen.outside == []
