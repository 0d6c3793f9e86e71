"""Structure files go through the page as they lie on a user's disk: every block a row, what is amiss named."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.browsing import come_to_rest
from tests.ui.conftest import Served, still_context

CASES = Path(__file__).parents[1] / "cases"
#: Eight structures in seven files, two of which are refused.
FILES = (
    "03-rhombohedral/As_R-3m_cR.cif",
    "04-oh-wat-labels/brucite.cif",
    "07-multi-block/two.cif",
    "08-mcif/afm.mcif",
    "12-mmcif/lig.cif",
    "14-other-formats/POSCAR_vasp5",
    "14-other-formats/nacl.extxyz",
)
SLOW = 240_000  # ms; the first run loads every model


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = still_context(browser)
    page = context.new_page()
    page.set_default_timeout(SLOW)
    yield page
    context.close()


def test_files_of_any_format_are_read_and_the_others_say_why(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/screening")
    page.get_by_text("Files", exact=True).click()
    page.locator("input[type=file]").set_input_files([CASES / name for name in FILES])
    come_to_rest(page)
    page.get_by_test_id("stMain").get_by_role("button", name="Screen", exact=True).click()
    expect(page.get_by_text("Rows that were refused: 2")).to_be_visible(timeout=SLOW)
    come_to_rest(page)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV", exact=True).first.click()
    with waiting.value.path().open(encoding="utf-8", newline="") as file:
        found = sorted(row["material"] for row in csv.DictReader(file))
    assert found == ["As", "MgO", "MnNi2", "NaCl", "NaCl", "NaCl"]
