"""The crystals page in a real browser: a run to its exports, Cancel, the link, phone width, nothing from outside."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from playwright.sync_api import Browser, Page, expect
from pymatgen.core import Structure

SLOW = 240_000  # ms; the first run loads every model


class Seen:
    """What the browser reported while a page was open."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._request(request.url))
        page.on("websocket", lambda socket: self._request(socket.url))

    def _request(self, url: str) -> None:
        if not url.startswith(("http://localhost:", "ws://localhost:", "data:", "blob:", "about:")):
            self.outside.append(url)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(SLOW)
    yield page
    context.close()


def open_page(page: Page, url: str) -> Seen:
    seen = Seen(page)
    page.goto(url)
    settle(page)
    return seen


def settle(page: Page) -> None:
    """Waits until the button is there and the script has run to its end."""
    page.get_by_role("button", name="Generate").wait_for()
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def download(page: Page, name: str) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(waiting.value.path())


def hidden_to_the_right(page: Page) -> list[str]:
    """Elements that stick out of the window, but for those inside something that scrolls by itself."""
    return page.evaluate(
        """() => [...document.querySelectorAll('[data-testid="stMain"] *')].filter(e => {
            if (e.getBoundingClientRect().right <= innerWidth + 1) return false;
            for (let p = e.parentElement; p && p.dataset.testid !== "stMain"; p = p.parentElement)
                if (getComputedStyle(p).overflowX !== "visible") return false;
            return true;
        }).map(e => e.tagName + " " + (e.dataset.testid || e.className))"""
    )


def test_a_run_from_target_to_files(page: Page, address: str) -> None:
    seen = open_page(
        page, f"{address}/?count=4&skeletons=1&geometries=2&formation_energy_ask=value&formation_energy_value=-1"
    )
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("button", name="CIFs (zip)").wait_for()
    expect(page.get_by_text("Formation energy −1 ± 0.25 eV/atom")).to_be_visible()
    assert re.fullmatch(r"\d / 4", page.get_by_test_id("stMetricValue").first.inner_text())
    settle(page)
    frame = page.locator("iframe").first
    page.frame_locator("iframe").first.locator("canvas").first.wait_for()
    frame.scroll_into_view_if_needed()
    wait_until_drawn(page)
    lines = download(page, "CSV").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("id,formula,space_group")
    archive = zipfile.ZipFile(io.BytesIO(download(page, "CIFs (zip)").read_bytes()))
    assert len(archive.namelist()) == 4
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+\.cif", name) for name in archive.namelist())
    assert len(json.loads(download(page, "JSON").read_text(encoding="utf-8"))) == 4
    for name in archive.namelist():
        assert len(Structure.from_str(archive.read(name).decode(), fmt="cif")) > 0
    assert page.get_by_text("Traceback").count() == 0
    assert seen.errors == []
    assert seen.outside == []


def wait_until_drawn(page: Page) -> None:
    """Until the 3D view shows more than a plain background; the browser has the last word on what is drawn."""
    frame = page.locator("iframe").first
    for _ in range(240):
        if len(set(_colours(frame.screenshot()))) > 20:
            return
        page.wait_for_timeout(500)
    pytest.fail("the 3D view stayed blank")


def _colours(png: bytes) -> list[tuple[int, ...]]:
    from PIL import Image

    image = Image.open(io.BytesIO(png)).convert("RGB").resize((64, 64))
    return [image.getpixel((x, y)) for x in range(64) for y in range(64)]


def test_files_of_one_and_the_other_tabs(page: Page, address: str) -> None:
    seen = open_page(page, f"{address}/?count=2&skeletons=1&geometries=1&steps=5&seed=5")
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("button", name="CIFs (zip)").wait_for()
    page.get_by_role("tab", name="Diffraction").click()
    expect(page.get_by_text("2θ (°), Cu Kα")).to_be_visible()
    page.get_by_role("tab", name="Cell and sites").click()
    expect(page.get_by_text("g/cm³")).to_be_visible()
    page.get_by_role("tab", name="CIF and files").click()
    assert len(Structure.from_str(download(page, "POSCAR").read_text(), fmt="poscar")) > 0
    assert download(page, "XYZ").read_text().splitlines()[1].startswith("Lattice=")
    assert download(page, "CIF").read_text().startswith("# Proposed by MatGen")
    page.get_by_role("radio", name="primitive").click()
    settle(page)
    assert seen.errors == []


def test_cancel_keeps_what_was_found_and_the_page_stays_usable(page: Page, address: str) -> None:
    open_page(page, f"{address}/?count=300&skeletons=1&geometries=1&steps=5")
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("button", name="Cancel").wait_for()
    page.get_by_role("spinbutton", name="Seed").fill("3")  # a control beside the run
    page.get_by_role("button", name="CIFs (zip)").wait_for()  # the first batch is there, the run goes on
    page.get_by_role("button", name="Cancel").click()
    said = page.get_by_text(re.compile("candidates? (was|were) found before"))
    said.wait_for()
    assert "Cancelled. 0 " not in said.inner_text()
    expect(page.get_by_role("button", name="CIFs (zip)")).to_be_visible()
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("3")


def test_settings_stand_in_the_link_and_come_back_from_it(page: Page, address: str, browser: Browser) -> None:
    open_page(page, address)
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
    asked = parse_qs(urlparse(page.url).query)
    assert asked["band_gap_ask"] == ["range"]
    assert asked["band_gap_low"] == ["1.7"]
    assert (asked["include"], asked["exclude"]) == (["Fe"], ["Pb"])
    other = browser.new_context().new_page()
    other.set_default_timeout(SLOW)
    open_page(other, page.url)
    expect(other.locator(".st-key-band_gap_low input")).to_have_value("1.70")
    expect(other.get_by_role("button", name="Iron (included)")).to_be_visible()
    expect(other.get_by_role("button", name="Lead (excluded)")).to_be_visible()
    other.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
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
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    page.set_default_timeout(SLOW)
    open_page(page, address)
    expect(page.get_by_role("button", name="Generate")).to_be_in_viewport(ratio=1)
    context.close()


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
        expect(page.get_by_text(f"The link asks for {key} =")).to_be_visible()
    assert page.get_by_text("Traceback").count() == 0
    assert page.locator("img[src='x']").count() == 0
    assert seen.errors == []
    assert seen.outside == []


def test_molecules_from_target_to_files(page: Page, address: str) -> None:
    page.goto(address)  # a first visit by a deep link names the page as missing, once after each start of the server
    settle(page)
    seen = open_page(page, f"{address}/molecules?temperature=0.5&molecules=6&cap=100&until=valid&logp_ask=value")
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("button", name="CSV of everything").wait_for()
    settle(page)
    drawing = page.locator("img.molecule").first
    drawing.wait_for()
    assert drawing.evaluate("image => image.naturalWidth") > 100
    page.frame_locator("iframe").first.locator("canvas").first.wait_for()
    assert download(page, "CSV").read_text(encoding="utf-8").startswith("id,smiles,score")
    assert "$$$$" in download(page, "SDF").read_text(encoding="utf-8")
    page.get_by_role("tab", name="How it was written").click()
    page.locator(".tokens").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    settle(page)
    assert hidden_to_the_right(page) == []
    assert page.get_by_text("Traceback").count() == 0
    assert [text for text in seen.errors if "404" not in text] == []  # Streamlit asks for its health below the page
    assert seen.outside == []


def test_show_opens_the_molecule_beside_the_drawings_and_below_its_own_on_a_phone(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)
    open_page(page, f"{address}/molecules?molecules=12&until=valid")
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("button", name="CSV of everything").wait_for()
    settle(page)
    last = page.get_by_role("button", name="Show", exact=True).last
    last.scroll_into_view_if_needed()
    last.click()
    settle(page)
    picked, beside = page.locator('[class*="st-key-molecule-picked-"]'), page.locator(".st-key-molecule-beside")
    expect(beside).to_be_in_viewport()
    drawn, full = picked.bounding_box(), beside.bounding_box()
    assert drawn
    assert full
    assert full["x"] >= drawn["x"] + drawn["width"]
    page.set_viewport_size({"width": 390, "height": 844})
    settle(page)
    drawn, full = picked.bounding_box(), beside.bounding_box()
    assert drawn
    assert full
    assert 0 <= full["y"] - (drawn["y"] + drawn["height"]) < 60
