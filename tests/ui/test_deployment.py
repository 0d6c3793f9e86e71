"""What a deployment does to the app, in a real browser: a base path, a reload, a lost connection, a large file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.ui.browsing import SLOW, come_to_rest, wait_until_drawn
from tests.ui.conftest import Served, serve, still_context, workers_of


def open_page(browser: Browser, url: str) -> Page:
    page = still_context(browser, viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(SLOW)
    page.goto(url)
    settle(page)
    return page


def settle(page: Page) -> None:
    page.get_by_test_id("stHeading").first.wait_for()
    come_to_rest(page)


@pytest.fixture(scope="module")
def own_store(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Served]:
    """The app with a store of its own, below a base path; the first request of all is a deep link."""
    folder = tmp_path_factory.mktemp("own")
    with serve(folder, base="lab", MATGEN_DATABASE=f"sqlite:///{folder / 'runs.sqlite'}") as served:
        page = open_page(browser, f"{served.url}/notes?lang=ja")
        expect(page.get_by_role("dialog")).to_have_count(0)
        assert page.url.startswith(f"{served.url}/notes")
        page.context.close()
        yield served


def test_a_structure_is_drawn_below_a_base_path(browser: Browser, own_store: Served) -> None:
    assert own_store.url.endswith("/lab")
    page = open_page(browser, f"{own_store.url}/embeddings")
    page.get_by_role("tab", name="Latent path").click()
    settle(page)
    page.locator("iframe").first.scroll_into_view_if_needed()
    page.frame_locator("iframe").first.locator("canvas").first.wait_for()
    wait_until_drawn(page)
    page.context.close()


def begin_run(browser: Browser, served: Served) -> Page:
    page = open_page(browser, f"{served.url}/compositions?count=12&seed=4")
    page.get_by_role("button", name="Generate").click()
    return page


def find_in_runs(page: Page) -> None:
    """The way back that the page offers, up to the candidates of the run."""
    expect(page.get_by_text("Your last run is in Runs:")).to_be_visible(timeout=60_000)
    page.locator(".st-key-last-run button").click()
    expect(page).to_have_url(re.compile("/runs"))
    settle(page)
    expect(page.get_by_role("button", name="CSV", exact=True)).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_a_reload_loses_no_result(browser: Browser, own_store: Served) -> None:
    page = begin_run(browser, own_store)
    page.get_by_role("button", name="CSV", exact=True).wait_for()
    page.reload()
    settle(page)
    expect(page.get_by_role("button", name="CSV", exact=True)).to_have_count(0)
    find_in_runs(page)
    page.context.close()


def test_a_lost_connection_loses_no_result(browser: Browser, own_store: Served) -> None:
    page = begin_run(browser, own_store)
    page.get_by_role("button", name="Cancel").or_(page.get_by_role("button", name="CSV", exact=True)).first.wait_for()
    page.context.close()  # the run goes on without its reader
    page = open_page(browser, f"{own_store.url}/compositions")
    find_in_runs(page)
    page.context.close()


def test_a_worker_that_is_killed_ends_the_run_in_words_and_the_next_one_works(
    browser: Browser, own_store: Served
) -> None:
    page = open_page(browser, f"{own_store.url}/compositions?count=2000&seed=4")
    page.get_by_role("button", name="Generate").click()
    page.get_by_text(re.compile(r"\d of \d+ · ")).first.wait_for()  # it is computed, and waits no longer
    (worker,) = workers_of(own_store.process)
    worker.kill()
    expect(page.get_by_text("the candidates found so far are kept; ask")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Traceback")).to_have_count(0)
    page.context.close()
    page = begin_run(browser, own_store)
    page.get_by_role("button", name="CSV", exact=True).wait_for()
    page.context.close()


def test_a_file_of_22_mb_is_refused_in_words(browser: Browser, own_store: Served, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(b"formula\n" + b"NaCl\n" * (22 * 1024 * 1024 // 5))
    page = open_page(browser, f"{own_store.url}/predictions")
    page.get_by_role("tab", name="Upload").click()
    page.locator("input[type=file]").last.set_input_files(large)
    expect(page.get_by_text(re.compile(r"20(\.0)? ?MB or (smaller|less)"))).to_be_visible()
    expect(page.get_by_role("button", name="Predict", exact=True)).to_be_disabled()
    page.context.close()
