"""Names with markup, in every place where a user can put one: shown as text, never run. The browser has the word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from matgen_core.core.records import (
    Candidate,
    Crystal,
    Molecule,
    Origin,
    Prediction,
    Site,
    Verdict,
)
from matgen_core.runs.store import Store
from tests.ui.browsing import box_of, come_to_rest
from tests.ui.conftest import Served, serve, still_context

#: Whatever of this runs says so to the page below.
ATTACKS = (
    "<img src=x onerror=report('image')>",
    "<script>report('script')</script>",
    "<svg onload=report('svg')>",
    "[link](javascript:report('link')) ![i](x\" onerror=\"report('md'))",
    "</script><script>parent.report('frame')</script>",
    "<iframe srcdoc=\"<script>parent.report('srcdoc')</script>\"></iframe>",
    "'\"><details open ontoggle=report('details')>",
    "\u202e$\\href{javascript:report('tex')}{x}$ :material/home: :red[x]",
)
ALL = " ".join(ATTACKS)
SLOW = 240_000
#: Handlers of images that fail to load run a moment later: this one is asked for last, and so fails last.
_FAILED_IMAGE = """() => new Promise((done) => {
    const image = new Image();
    image.onerror = () => setTimeout(done, 0);
    image.src = `x?${Math.random()}`;
})"""


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app with a store whose every text is an attack."""
    folder = tmp_path_factory.mktemp("attacked")
    url = f"sqlite:///{folder / 'runs.sqlite'}"
    store = Store(url)
    rock_salt = Crystal(225, (Site("a", "Na"), Site("b", "Cl")), (5.64, 5.64, 5.64, 90.0, 90.0, 90.0))
    for kind, materials in (("crystals", [rock_salt] * 3), ("molecules", [Molecule("CCO", ALL), Molecule(ALL, ALL)])):
        run = store.begin(kind, {"seed": [ALL]}, 1, name=ATTACKS[0] + ATTACKS[4])
        found: list[Candidate] = []
        for i, material in enumerate(materials):
            key = "band_gap" if kind == "crystals" else "logp"
            prediction = Prediction(key, 1.0, 0.1, ALL, ALL, True, ALL)
            verdicts = (Verdict("novelty", False, ALL), Verdict("valid", i == 0, ALL), Verdict(ALL, False, ALL))
            found.append(Candidate(f"{ATTACKS[i]}-{i}", material, Origin(ALL, ALL), {key: prediction}, verdicts))
        store.add(run, found)
        store.end(run, "failed", ALL)
    with serve(folder, MATGEN_DATABASE=url) as served:
        yield served


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = still_context(browser, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(SLOW)
    ran: list[str] = []
    page.ran = ran  # type: ignore[attr-defined]
    context.expose_function("report", lambda what: ran.append(str(what)))
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    yield page
    context.close()


def nothing_ran(page: Page) -> None:
    come_to_rest(page)
    expect(page.get_by_text("Sorry, something went wrong")).to_have_count(0)
    for frame in page.frames:
        for element in frame.query_selector_all("[onerror], [onload], [ontoggle], a[href^='javascript:']"):
            pytest.fail(f"markup reached the page: {element.evaluate('e => e.outerHTML')[:200]}")
    page.evaluate(_FAILED_IMAGE)
    assert page.ran == []  # type: ignore[attr-defined]


def test_the_page_would_report_markup_that_runs(page: Page) -> None:
    page.set_content(f"<div>{ATTACKS[0]}{ATTACKS[2]}</div>")
    page.evaluate(_FAILED_IMAGE)
    for _ in range(200):
        if "image" in page.ran:  # type: ignore[attr-defined]
            break
        page.wait_for_timeout(100)
    assert "image" in page.ran  # type: ignore[attr-defined]


@pytest.mark.parametrize("number", [0, 1])
def test_kept_runs(page: Page, attacked: Served, number: int) -> None:
    page.goto(f"{attacked.url}/runs")
    table = page.get_by_test_id("stDataFrame").first
    table.wait_for()
    box = box_of(table)
    page.mouse.click(box["x"] + 16, box["y"] + 35 * (number + 1) + 17)  # the box that ticks the row
    page.get_by_text("all.csv").or_(page.get_by_role("button", name="CSV", exact=True)).first.wait_for()
    nothing_ran(page)


@pytest.mark.parametrize(
    ("path", "key"),
    [("", "formula"), ("molecules", "prefix"), ("inverse_design", "resume")],
)
def test_settings_of_a_link(page: Page, attacked: Served, path: str, key: str) -> None:
    page.goto(f"{attacked.url}/{path}?{key}={quote(ALL)}&seed={quote(ATTACKS[0])}")
    page.get_by_test_id("stHeading").first.wait_for()
    nothing_ran(page)


def test_an_upload_and_its_name(page: Page, attacked: Served, tmp_path: Path) -> None:
    page.goto(f"{attacked.url}/screening")
    page.get_by_text("Files", exact=True).click()
    rows = "".join(f'"{attack.replace(chr(34), chr(34) * 2)}",CCO\n' for attack in ATTACKS)
    bad = "".join(f'x{i},"{attack.replace(chr(34), chr(34) * 2)}"\n' for i, attack in enumerate(ATTACKS))
    content = f"id,smiles\n{rows}{bad}".encode()
    page.locator("input[type=file]").set_input_files(
        {"name": "<img src=x onerror=report('name')>.csv", "mimeType": "text/csv", "buffer": content}
    )
    come_to_rest(page)
    page.get_by_test_id("stMain").get_by_role("button", name="Screen", exact=True).click()
    page.get_by_test_id("stDataFrame").first.wait_for(state="attached")  # one of them lies in an expander
    nothing_ran(page)
