"""How long each demonstration takes to answer a slider, in a real browser: the promise is 3 s on two cores.

    .venv/bin/python benchmarks/lessons.py

Every slider of every tab of the lesson pages is moved, once to warm it and then three times; the time is from the key
press to the moment at which the page has settled. About five minutes on an idle machine.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Locator, Page

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.browser import QUIET, STATE, open_browser, settle
from benchmarks.server import serve

ROOT = Path(__file__).parents[1]
PAGES = ("diffusion", "language_models", "transfer", "exercises")
MOVES = 3
#: Waits in the page itself, so that asking does not disturb the clock; ms from here to the end of the last run.
_WATCH = f"""() => new Promise(done => {{
    const app = document.querySelector('{STATE}'), begun = performance.now();
    let last = 0, ran = false;
    const timer = setInterval(() => {{
        const now = performance.now() - begun;
        if (app.dataset.testScriptState !== 'notRunning') {{ ran = true; last = now; }}
        if (now < 120000 && (now - last < {QUIET} || !ran && now < 3000)) return;
        clearInterval(timer);
        done(ran ? last : null);
    }}, 10);
}})"""


def move(page: Page, slider: Locator, key: str) -> float | None:
    """Seconds from a key on the slider to a settled page; None where nothing ran, as at the end of its range."""
    slider.focus(timeout=10_000)
    watching = page.evaluate_handle(f"() => ({{answer: ({_WATCH})()}})")
    page.keyboard.press(key)
    found = watching.evaluate("watched => watched.answer")
    return None if found is None else found / 1000


def measure_tab(page: Page, name: str, tab: str) -> list[dict[str, object]]:
    """One record for each slider that can be seen."""
    records: list[dict[str, object]] = []
    page.wait_for_timeout(2000)  # what the former tab showed is gone by then
    sliders = page.locator('[data-testid="stMain"] [data-testid="stSlider"]:visible input[type="range"]:enabled')
    for index in range(sliders.count()):
        if index >= sliders.count():
            break
        slider = sliders.nth(index)
        label = slider.get_attribute("aria-label") or f"slider {index + 1}"
        times = [move(page, slider, key) for key in ("ArrowRight", "ArrowLeft", "ArrowRight", "ArrowLeft")][-MOVES:]
        answered = [t for t in times if t is not None]
        if answered:
            records.append(
                {
                    "page": name,
                    "tab": tab,
                    "slider": label,
                    "median": round(statistics.median(answered), 2),
                    "slowest": round(max(answered), 2),
                    "moves": len(answered),
                }
            )
            print(records[-1], flush=True)
    return records


def measure_page(page: Page, address: str, name: str) -> list[dict[str, object]]:
    """All tabs of one page."""
    page.goto(f"{address}/{name}")
    settle(page)
    tabs = page.get_by_role("tab")
    if not tabs.count():
        return measure_tab(page, name, "")
    records = []
    for index in range(tabs.count()):
        tab = tabs.nth(index)
        tab.click()
        settle(page)
        records += measure_tab(page, name, tab.inner_text())
    return records


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server, open_browser() as page:
        records = [record for name in PAGES for record in measure_page(page, server.address, name)]
    result = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "sliders": records,
        "slowest": max((float(str(r["slowest"])) for r in records), default=None),
    }
    out = ROOT / "benchmarks" / "lessons.json"
    out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{out} written; {len(records)} sliders, the slowest answer {result['slowest']} s")


if __name__ == "__main__":
    main()
