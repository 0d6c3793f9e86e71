"""The crystals page in a real browser: a run to its exports, Cancel, phone width, nothing from outside."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

SLOW = 240_000  # ms; the first run loads every model


class Seen:
    """What the browser reported while a page was open."""

    def __init__(self, page: Page) -> None:
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._request(request.url))

    def _request(self, url: str) -> None:
        if not url.startswith(("http://localhost", "ws://localhost", "data:", "blob:", "about:")):
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
    page.get_by_role("button", name="Generate").wait_for()
    return seen


def test_a_run_from_target_to_files(page: Page, address: str, tmp_path: Path) -> None:
    seen = open_page(page, f"{address}/?count=3&geometries=2&formation_energy_ask=value&formation_energy_value=-1.0")
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("button", name="All as CSV").wait_for()
    expect(page.get_by_text("Formation energy -1 ± 0.25")).to_be_visible()
    viewer = page.frame_locator("iframe").first.locator("canvas").first
    viewer.wait_for()
    viewer.scroll_into_view_if_needed()
    picture = page.locator("iframe").first.screenshot()
    assert len(set(_colours(picture))) > 20, "the 3D view is blank"
    with page.expect_download() as download:
        page.get_by_role("button", name="All as CSV").click()
    lines = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("id,formula,space_group")
    with page.expect_download() as download:
        page.get_by_role("button", name="All as CIF (zip)").click()
    names = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())).namelist()
    assert len(names) == 3
    assert all(name.endswith(".cif") for name in names)
    assert page.get_by_text("Traceback").count() == 0
    assert seen.errors == []
    assert seen.outside == []


def _colours(png: bytes) -> list[tuple[int, int, int]]:
    from PIL import Image

    return list(Image.open(io.BytesIO(png)).convert("RGB").resize((64, 64)).getdata())


def test_cancel_keeps_what_was_found(page: Page, address: str) -> None:
    open_page(page, f"{address}/?count=200&geometries=1&steps=5")
    page.get_by_role("button", name="Generate").click()
    page.get_by_role("button", name="All as CSV").wait_for()  # the first batch is there, the run goes on
    page.get_by_role("button", name="Cancel").click()
    said = page.get_by_text("candidates were found before")
    said.wait_for()
    assert "Cancelled. 0 " not in said.inner_text()
    expect(page.get_by_role("button", name="All as CSV")).to_be_visible()
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    page.set_default_timeout(SLOW)
    open_page(page, address)
    too_wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 0
    context.close()


def test_contradictions_are_said_and_nothing_runs(page: Page, address: str) -> None:
    open_page(page, f"{address}/?include=Fe&exclude=Fe")
    expect(page.get_by_text("both included and excluded")).to_be_visible()
    expect(page.get_by_role("button", name="Generate")).to_be_disabled()


def test_hostile_settings_in_the_url_do_no_harm(page: Page, address: str) -> None:
    hostile = (
        "count=-5&seed=NaN&band_gap_ask=<script>alert(1)</script>&formula=<script>alert(1)</script>&guidance=1e308"
    )
    seen = open_page(page, f"{address}/?{hostile}")
    expect(page.get_by_text("is not a formula")).to_be_visible()
    assert page.get_by_text("Traceback").count() == 0
    assert seen.errors == []
