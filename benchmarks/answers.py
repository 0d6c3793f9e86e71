"""How fast the app answers while a run goes on, in a real browser: the promise is less than a second.

    .venv/bin/python benchmarks/answers.py

The loop of inverse design draws crystals, then a table of formulas is screened. Meanwhile a control is clicked whose
answer the server makes, and another page is opened and left again; the time is from the click to what was asked for
being there. Of Cancel there are two: until the page says that the run is stopping, and until it has stopped. About
five minutes on an idle machine.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Locator, Page

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.browser import open_browser, settle
from benchmarks.server import serve
from matgen_core.kinds.crystals.known.reference import load_reference

ROOT = Path(__file__).parents[1]
TURNS = 15
#: Screening of 5,000 formulas, half of what a page takes, ends within a minute or so.
SCREENING_TURNS = 7
_LOOP = "inverse_design?what=crystals&band_gap_ask=value&band_gap_value=3&want=500&draws=20000&seconds=600"


def take_time(act: Callable[[], object], seen: Locator) -> float:
    """Seconds from an act of the user to what it brings."""
    begun = time.perf_counter()
    act()
    seen.wait_for()
    return time.perf_counter() - begun


def follow(page: Page, section: str, title: str) -> float:
    """Opens another page from the menu; the time is from the click on its name."""
    page.get_by_test_id("stTopNavSection").filter(has_text=section).click()
    link = page.get_by_role("menuitem", name=title, exact=True)
    link.wait_for()
    return take_time(link.click, page.get_by_role("heading", level=1, name=title, exact=True))


def measure(
    page: Page, here: str, click: tuple[Locator, Locator], back: tuple[Locator, Locator], turns: int = TURNS
) -> dict[str, object]:
    """One record: a control there and back, another page there and back, and that the run still runs at the end.

    Args:
        page: with a run going on.
        here: the page's name in the menu and its title.
        click: what to click, and what it brings.
        back: likewise, to the former state.
        turns: there and back.
    """
    controls, pages = list[float](), list[float]()
    for _turn in range(turns):
        for button, seen in (click, back):
            controls.append(take_time(button.click, seen))
            page.wait_for_timeout(700)
        for section, title in (("Explore", "Runs"), ("Design", here)):
            pages.append(follow(page, section, title))
            page.wait_for_timeout(700)
    stop = page.get_by_role("button", name="Cancel")
    stop.wait_for()  # it must not have ended meanwhile
    begun = time.perf_counter()
    said = take_time(stop.click, page.get_by_text("Stopping").or_(page.get_by_text("Cancelled")).first)
    stop.wait_for(state="detached")
    cancel = {"said": round(said, 2), "done": round(time.perf_counter() - begun, 2)}
    record = {"page": here, "control": _spread(controls), "other page": _spread(pages), "cancel": cancel}
    print(record, flush=True)
    return record


def _spread(times: list[float]) -> dict[str, object]:
    return {
        "median": round(statistics.median(times), 2),
        "slowest": round(max(times), 2),
        "clicks": len(times),
        "within a second": sum(time < 1 for time in times),
        "seconds": [round(time, 2) for time in times],
    }


def during_design(page: Page, address: str) -> dict[str, object]:
    """While crystals are drawn, read and judged."""
    page.goto(f"{address}/{_LOOP}")
    settle(page)
    page.get_by_role("button", name="Start").click()
    page.get_by_text("Rejected because").first.wait_for()
    kinds = page.locator(".st-key-what")
    return measure(
        page,
        "Inverse design",
        (kinds.get_by_text("molecules"), page.locator(".st-key-goal-logp")),
        (kinds.get_by_text("crystals"), page.get_by_text("Elements and cell").first),
    )


def during_screening(page: Page, address: str, table: Path) -> dict[str, object]:
    """While formulas are read and judged."""
    page.goto(f"{address}/screening")
    settle(page)
    page.get_by_text("Files", exact=True).first.click()
    page.locator('input[type="file"]').set_input_files(table)
    settle(page)
    page.get_by_role("button", name="Screen", exact=True).click()
    page.get_by_role("button", name="Cancel").wait_for()
    page.locator('[data-testid="stDataFrame"]').first.wait_for()
    return measure(
        page,
        "Screening",
        (page.get_by_text("A stored run").first, page.get_by_text("Run", exact=True).first),
        (page.get_by_text("Files", exact=True).first, page.locator('[data-testid="stFileUploader"]')),
        SCREENING_TURNS,
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server, open_browser() as page:
        table = Path(folder) / "formulas.csv"
        formulas = sorted(set(load_reference().hull.formulas()))[:5000]
        table.write_text("\n".join(["formula", *formulas]) + "\n", encoding="utf-8")
        records = [during_design(page, server.address), during_screening(page, server.address, table)]
    result = {"made": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count(), "pages": records}
    out = ROOT / "benchmarks" / "answers.json"
    out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{out} written")


if __name__ == "__main__":
    main()
