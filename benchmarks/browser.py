"""A real browser on a page of the app, for what is measured as a user sees it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect, sync_playwright

#: Names the element that says whether the page's script is running.
STATE = '[data-testid="stApp"]'
#: The page counts as settled when its script has not run for so long, ms.
QUIET = 500


@contextmanager
def open_browser() -> Iterator[Page]:
    """An empty page in chromium, 1280 × 720."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        page.set_default_timeout(240_000)
        expect.set_options(timeout=240_000)  # what is expected of a page is waited for as long
        yield page
        browser.close()


def settle(page: Page) -> None:
    """Waits until the script has come to its end."""
    page.locator('[data-testid="stMain"] h1').first.wait_for()
    page.wait_for_timeout(QUIET)
    page.locator(f'{STATE}[data-test-script-state="notRunning"]').wait_for()
