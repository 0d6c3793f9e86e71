"""How long each page takes to open in a server that has just started, for its first visitor, in a real browser.

    python -m benchmarks.openings

Every page has a server of its own, so that nothing is loaded before. From the request on it takes the seconds until
there is any text, until the page's title stands, and until the page is whole; then the same for a second visitor. The
promise is a title within three seconds. About six minutes on two idle cores.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
from playwright.sync_api import Page

from benchmarks.browser import QUIET, STATE, open_browser
from benchmarks.server import serve

ROOT = Path(__file__).parents[1]
#: Seconds after which a page counts as failed.
_LIMIT = 120
_TEXT = """() => {
  const main = document.querySelector('[data-testid="stMain"]'), title = main && main.querySelector('h1');
  const app = document.querySelector('STATE');
  return [Boolean(main && main.innerText.trim()), Boolean(title && title.innerText.trim()),
          Boolean(app) && app.dataset.testScriptState === 'notRunning'];
}""".replace("STATE", STATE.replace("'", '"'))


def page_names() -> list[str]:
    """Addresses of the pages, as app.py names its scripts; the first page stands at the bare address."""
    scripts = re.findall(r'st\.Page\("pages/\w+/(\w+)\.py"', (ROOT / "app.py").read_text(encoding="utf-8"))
    return ["" if name == "home" else name for name in dict.fromkeys(scripts)]


def open_once(page: Page, address: str) -> dict[str, float | None]:
    """Seconds until text, title and the whole page are there; None for what did not come within the limit."""
    found: dict[str, float | None] = {"text": None, "title": None, "whole": None}
    begun = quiet = time.perf_counter()
    page.goto(address, wait_until="commit")
    while (now := time.perf_counter()) - begun < _LIMIT and found["whole"] is None:
        text, title, still = page.evaluate(_TEXT)
        for name, there in (("text", text), ("title", title)):
            if there and found[name] is None:
                found[name] = round(now - begun, 2)
        quiet = quiet if still and title else now
        if still and title and now - quiet > QUIET / 1000:
            found["whole"] = round(quiet - begun, 2)
        page.wait_for_timeout(40)
    return found


def measure(name: str) -> dict[str, object]:
    """One page: its first visitor, then a second one."""
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server:
        visits = []
        for _visit in range(2):
            with open_browser() as page:
                page.goto("about:blank")
                visits.append(open_once(page, f"{server.address}/{name}"))
        record = {"page": name or "home", "first": visits[0], "second": visits[1], "memory_mb": round(server.memory())}
    print(record, flush=True)
    return record


def main() -> None:
    records, load = [measure(name) for name in page_names()], psutil.getloadavg()[0]
    result = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": round(load, 1),
        "pages": records,
    }
    out = ROOT / "benchmarks" / "openings.json"
    out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{out} written")


if __name__ == "__main__":
    main()
