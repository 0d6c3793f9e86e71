"""The first page after the server starts, whichever it is, and several at once: modules are imported without a race."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.ui.browsing import come_to_rest
from tests.ui.conftest import ROOT, serve, still_context

#: Addresses of the pages, and the button that each ends with.
PAGES = {
    "": "Check everything",
    "crystals": "Generate",
    "compositions": "Generate",
    "molecules": "Generate",
    "inverse_design": "Start",
}


def check(page: Page, button: str) -> None:
    """The page has been drawn to its end, and no word of a failure is on it."""
    page.get_by_role("button", name=button, exact=True).wait_for(timeout=240_000)
    come_to_rest(page)
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_text("something went wrong").count() == 0
    assert page.get_by_text("Traceback").count() == 0


def test_the_first_page_of_a_fresh_server_is_whole(browser: Browser, tmp_path: Path) -> None:
    """The first page of all; a deep link is the first request of the server of ``test_deployment``."""
    with serve(tmp_path) as served:
        context = still_context(browser)
        page = context.new_page()
        page.goto(served.url)
        check(page, PAGES[""])
        context.close()
        assert "Traceback" not in served.log.read_text(encoding="utf-8")


def test_pages_opened_at_once_on_a_fresh_server_are_whole(browser: Browser, tmp_path: Path) -> None:
    with serve(tmp_path) as served:
        context = still_context(browser)
        opened = [(context.new_page(), address) for address in PAGES]
        for page, address in opened:
            page.goto(f"{served.url}/{address}", wait_until="commit")
        for page, address in opened:
            check(page, PAGES[address])
        context.close()
        assert "Traceback" not in served.log.read_text(encoding="utf-8")


def test_what_the_pages_need_of_the_large_libraries_is_imported_before_they_are_served() -> None:
    program = """
import importlib, re, sys
from pathlib import Path
from pages.runs.serve import import_libraries
import_libraries()
before = set(sys.modules)
for path in (Path("app.py"), *sorted(Path("pages").glob("*/*.py"))):
    for name in re.findall(r"^(?:from|import) ([\\w.]+)", path.read_text(encoding="utf-8"), re.MULTILINE):
        importlib.import_module(name)
large = {"transformers", "torch", "pymatgen"}
assert large <= set(sys.modules)
print(sorted(name for name in set(sys.modules) - before if name.split(".")[0] in large))
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr[-2000:] or done.stdout
