"""How long tables of 10,000 rows and runs of 100,000 candidates take on their pages, in a real browser.

    python -m benchmarks.long_tables screening --rows 10000
    python -m benchmarks.long_tables run --store large/runs.sqlite

``screening`` uploads a table of molecules, presses *Screen*, and measures: the first rows, the whole table, a picked
row with its details, a filter; what sorting and scrolling block in the browser; memory of the server and of the page.
``run`` opens the newest run of a store, such as ``benchmarks/workers.py large`` leaves, in a server that has just
started and again. Each part replaces its own entry of ``benchmarks/long-tables.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from benchmarks.browser import QUIET, STATE, open_browser, settle
from benchmarks.server import serve
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.runs.store import open_store

ROOT = Path(__file__).parents[1]
OUT = ROOT / "benchmarks" / "long-tables.json"
_WATCH = """() => {
  window.blocked = []; window.ended = 0;
  new PerformanceObserver(list => { for (const entry of list.getEntries()) window.blocked.push(entry.duration); })
    .observe({entryTypes: ['longtask']});
  const app = document.querySelector('STATE');
  new MutationObserver(() => { if (app.dataset.testScriptState === 'notRunning') window.ended += 1; })
    .observe(app, {attributeFilter: ['data-test-script-state']});
}""".replace("STATE", STATE.replace("'", '"'))


def answered(page: Page, act: Callable[[], object]) -> float:
    """Seconds from an act until the script that it began has come to its end."""
    before, begun = page.evaluate("window.ended"), time.perf_counter()
    act()
    page.wait_for_function("before => window.ended > before", arg=before)
    return round(time.perf_counter() - begun, 2)


def longest_block(page: Page, act: Callable[[], object]) -> int:
    """Milliseconds for which the browser was busy at one stretch, at most, within two seconds of an act."""
    page.evaluate("window.blocked = []")
    act()
    page.wait_for_timeout(2000)
    return round(max(page.evaluate("window.blocked"), default=0))


def write_table(path: Path, rows: int) -> None:
    """Different known molecules with names, as a chemist uploads them."""
    known = list(dict.fromkeys(load_molecule_reference().smiles))[:rows]
    path.write_text("name,smiles\n" + "".join(f"M{i:05d},{smiles}\n" for i, smiles in enumerate(known)))


def measure_screening(rows: int) -> dict[str, Any]:
    """From the upload to the last click."""
    with tempfile.TemporaryDirectory() as name, open_browser() as page:
        folder = Path(name)
        write_table(folder / "molecules.csv", rows)
        with serve(folder) as server:
            page.goto(f"{server.address}/screening?lang=en")
            settle(page)
            page.evaluate(_WATCH)
            page.get_by_text("Files", exact=True).click()
            page.locator("input[type=file]").set_input_files(folder / "molecules.csv")
            settle(page)
            begun = time.perf_counter()
            page.get_by_role("button", name="Screen", exact=True).click()
            table = page.locator('[class*="st-key-screen-table"]').first
            table.wait_for()
            first = round(time.perf_counter() - begun, 1)
            page.locator(".st-key-go button:enabled").wait_for()
            settle(page)
            whole = round(time.perf_counter() - begun - QUIET / 1000, 1)
            canvas = table.locator("canvas").first
            canvas.scroll_into_view_if_needed()
            result = {
                "rows": rows,
                "first_rows": first,
                "whole": whole,
                "sort_blocks_ms": longest_block(page, lambda: canvas.click(position={"x": 400, "y": 17}, force=True)),
                "scroll_blocks_ms": longest_block(page, lambda: _scroll(page, table)),
                "pick": answered(page, lambda: canvas.click(position={"x": 18, "y": 90}, force=True)),
                "filter": answered(page, lambda: page.locator(".st-key-only label").first.click()),
                "server_mb": round(server.memory()),
                "page_mb": round(page.evaluate("performance.memory.usedJSHeapSize") / 1e6),
            }
    return result


def _scroll(page: Page, table: Any) -> None:
    table.hover()
    for _turn in range(20):
        page.mouse.wheel(0, 3000)
        page.wait_for_timeout(50)


def measure_run(store: Path) -> dict[str, Any]:
    """Seconds until a stored run is whole on its page: for the first visitor of a server, then for a second one."""
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(store, Path(name) / "runs.sqlite")
        os.environ["MATGEN_DATABASE"] = f"sqlite:///{name}/runs.sqlite"
        run = open_store().list()[0]
        with serve(Path(name)) as server:
            seconds = []
            for _visit in range(2):
                with open_browser() as page:
                    begun = time.perf_counter()
                    page.goto(f"{server.address}/runs?lang=en&run={run.id}")
                    page.locator('[data-testid="stDataFrame"]').nth(1).wait_for()
                    settle(page)
                    seconds.append(round(time.perf_counter() - begun - QUIET / 1000, 2))
            return {"candidates": run.count, "open": seconds, "server_mb": round(server.memory())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    parts.add_parser("screening").add_argument("--rows", type=int, default=10_000)
    parts.add_parser("run").add_argument("--store", type=Path, required=True)
    asked = parser.parse_args()
    measured = measure_screening(asked.rows) if asked.part == "screening" else measure_run(asked.store)
    made = {"made": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count()}
    kept = json.loads(OUT.read_text(encoding="utf-8")) if OUT.exists() else {}
    kept[asked.part] = {**made, **measured}
    OUT.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(kept[asked.part], indent=1))


if __name__ == "__main__":
    main()
