"""Crystals in a real browser: a run to its exports, the other tabs, Cancel; nothing from outside."""

from __future__ import annotations

import io
import json
import re
import zipfile

from playwright.sync_api import Page, expect
from pymatgen.core import Structure

from tests.ui.browsing import download, open_page, settle, wait_until_drawn


def test_a_run_from_target_to_files(page: Page, address: str) -> None:
    seen = open_page(
        page, f"{address}/?count=4&skeletons=1&geometries=2&formation_energy_ask=value&formation_energy_value=-1"
    )
    page.get_by_role("button", name="Generate").first.click()
    page.get_by_role("button", name="CIFs (zip)").wait_for()
    expect(page.get_by_text("Formation energy −1 ± 0.25 eV/atom")).to_be_visible()
    assert re.fullmatch(r"\d / 4", page.get_by_test_id("stMetricValue").first.inner_text())
    settle(page)
    frame = page.locator("iframe").first
    page.frame_locator("iframe").first.locator("canvas").first.wait_for()
    frame.scroll_into_view_if_needed()
    wait_until_drawn(page)
    lines = download(page, "CSV").read_text(encoding="utf-8-sig").splitlines()
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


def test_files_of_one_and_the_other_tabs(page: Page, address: str) -> None:
    seen = open_page(page, f"{address}/?count=2&skeletons=1&geometries=1&steps=5&seed=5")
    page.get_by_role("button", name="Generate").first.click()
    page.get_by_role("button", name="CIFs (zip)").wait_for()
    page.get_by_role("tab", name="Diffraction").click()
    expect(page.get_by_text("2θ (°), λ = 1.54")).to_be_visible()
    page.get_by_role("tab", name="Cell and sites").click()
    cell = page.get_by_role("tabpanel", name="Cell and sites")  # the density is among the predictions, too
    expect(cell.get_by_role("cell", name="g/cm³")).to_be_visible()
    page.get_by_role("tab", name="CIF and files").click()
    assert len(Structure.from_str(download(page, "POSCAR").read_text(), fmt="poscar")) > 0
    assert download(page, "XYZ").read_text().splitlines()[1].startswith("Lattice=")
    assert download(page, "CIF").read_text().startswith("# Proposed by MatGen")
    page.frame_locator("iframe").first.get_by_role("combobox", name="Style").select_option("space")
    settle(page)
    assert seen.errors == []


def test_cancel_keeps_what_was_found_and_the_page_stays_usable(page: Page, address: str) -> None:
    open_page(page, f"{address}/?count=300&skeletons=1&geometries=1&steps=5")
    page.get_by_role("button", name="Generate").first.click()
    page.get_by_role("button", name="Cancel").wait_for()
    expect(page.locator(".st-key-go-bar")).to_be_in_viewport(ratio=0.99)  # the page does not move when a run begins
    page.get_by_role("spinbutton", name="Seed").fill("3")  # a control beside the run
    page.get_by_role("button", name="CIFs (zip)").wait_for()  # the first batch is there, the run goes on
    page.get_by_role("button", name="Cancel").click()
    said = page.get_by_text(re.compile("candidates? (was|were) found"))
    said.wait_for()
    assert "Cancelled. 0 " not in said.inner_text()
    expect(page.get_by_role("button", name="CIFs (zip)")).to_be_visible()
    expect(page.get_by_role("button", name="Generate")).to_be_enabled()
    expect(page.get_by_role("spinbutton", name="Seed")).to_have_value("3")
