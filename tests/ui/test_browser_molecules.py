"""Molecules in a real browser: a run to its exports, and one molecule beside the drawings."""

from __future__ import annotations

import os
import re

import pytest
from playwright.sync_api import Page, expect

from matgen_core.core.sketcher import is_there
from tests.ui.browsing import arrive, box_of, download, hidden_to_the_right, open_page, settle


def test_molecules_from_target_to_files(page: Page, address: str) -> None:
    arrive(page, address)
    seen = open_page(page, f"{address}/molecules?temperature=0.5&molecules=6&cap=100&until=valid&logp_ask=value")
    page.get_by_role("button", name="Generate").first.click()
    page.get_by_role("button", name="CSV of all candidates").wait_for()
    settle(page)
    drawing = page.locator("img.molecule").first
    drawing.wait_for()
    page.wait_for_function("image => image.naturalWidth > 100", arg=drawing.element_handle())
    page.frame_locator("iframe").first.locator("canvas").first.wait_for()
    assert download(page, "CSV").read_text(encoding="utf-8-sig").startswith("id,smiles,score")
    assert "$$$$" in download(page, "SDF").read_text(encoding="utf-8")
    page.get_by_role("tab", name="How it was generated").click()
    page.locator(".tokens").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    settle(page)
    assert hidden_to_the_right(page) == []
    assert page.get_by_text("Traceback").count() == 0
    assert [text for text in seen.errors if "404" not in text] == []  # Streamlit asks for its health below the page
    assert seen.outside == []


def test_show_opens_the_molecule_beside_the_drawings_and_below_its_own_on_a_phone(page: Page, address: str) -> None:
    arrive(page, address)
    open_page(page, f"{address}/molecules?molecules=12&until=valid")
    page.get_by_role("button", name="Generate").first.click()
    page.get_by_role("button", name="CSV of all candidates").wait_for()
    settle(page)
    cards = page.locator('[class*="st-key-molecule-card-"]')
    cards.last.scroll_into_view_if_needed()
    name = re.search(r"molecule-card-(\S+)", cards.last.get_attribute("class") or "")
    assert name is not None
    cards.last.get_by_role("button", name="Show", exact=True).click()
    picked, beside = page.locator(f".st-key-molecule-picked-{name[1]}"), page.locator(".st-key-molecule-beside").first
    expect(picked).to_be_visible()
    expect(beside).to_be_in_viewport()
    drawn, full = box_of(picked), box_of(beside)
    assert full["x"] >= drawn["x"] + drawn["width"]
    page.set_viewport_size({"width": 390, "height": 844})
    drawn, full = box_of(picked), box_of(beside)
    assert 0 <= full["y"] - (drawn["y"] + drawn["height"]) < 60


@pytest.mark.parametrize("width", [1280, 390])
def test_a_drawing_is_written_into_the_field_as_smiles(page: Page, address: str, width: int) -> None:
    if not is_there():
        if os.environ.get("MATGEN_REQUIRE_BROWSER"):
            pytest.fail("no sketcher here, and MATGEN_REQUIRE_BROWSER is set; fetch it with: matgen viewer")
        pytest.skip("the molecule sketcher is not installed; fetch it with: matgen viewer")
    page.set_viewport_size({"width": width, "height": 844})
    arrive(page, address)
    seen = open_page(page, f"{address}/molecules?scaffold=c1ccncc1*")
    page.get_by_text("Start from a molecule, scaffold or fragments").click()
    page.get_by_text("Draw", exact=True).click()
    page.get_by_test_id("stButtonGroup").get_by_text("Scaffold", exact=True).click()
    board = page.locator(".sketcher svg").last
    board.wait_for()
    settle(page)
    field = page.get_by_role("textbox", name="Scaffold (SMILES)")
    expect(field).to_have_value("c1ccncc1*")
    # What was in the field is drawn; it is cleared, and a benzene ring is drawn in its place.
    place = page.locator(".sketcher")
    place.click(position={"x": 37, "y": 12})
    place.click(position={"x": 212, "y": 37})
    place.click(position={"x": 150, "y": 200})
    expect(field).to_have_value("c1ccccc1")
    assert hidden_to_the_right(page) == []
    # The sketcher draws the rest of its toolbar with a negative width where the board is narrower than that.
    assert [text for text in seen.errors if "404" not in text and "<rect> attribute width" not in text] == []
    assert seen.outside == []


def test_on_a_phone_a_link_leads_from_the_button_to_the_run(page: Page, address: str) -> None:
    """Bar and Cancel lay screens below the button, and nothing that was in view moved when it was pressed."""
    page.set_viewport_size({"width": 390, "height": 844})
    arrive(page, address)
    open_page(page, f"{address}/molecules?molecules=200&until=valid")
    page.get_by_role("button", name="Generate").first.click()
    link, cancel = page.locator(".to-run"), page.get_by_role("button", name="Cancel")
    link.wait_for()
    expect(cancel).not_to_be_in_viewport()
    link.click()
    expect(cancel).to_be_in_viewport()
    page.set_viewport_size({"width": 1280, "height": 720})  # the run lies beside the button
    expect(link).to_be_hidden()
    cancel.click()
    link.wait_for(state="detached")
