"""How long each demonstration of a lecture takes to open and to answer, in a real browser on two cores.

    .venv/bin/python -m benchmarks.lecture
    .venv/bin/python tools/fill_figures.py      # writes the times into docs/lecture.md

Each errand of ``benchmarks/student_errands.py`` is walked once to load the models and once for the clock, in English,
at 1280 × 720. "Opens" is from the link to the settled page, "answers" from the last act to the sentence or figure that
it brings. About three minutes on an idle machine.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.browser import open_browser
from benchmarks.errands import act_on, await_outcome, follow_on, link_of, settle
from benchmarks.server import serve
from benchmarks.student_errands import ERRANDS, Errand
from pages.i18n.language import translate

ROOT = Path(__file__).parents[1]


def walk(page: Page, address: str, errand: Errand) -> list[dict[str, object]]:
    """Seconds of each demonstration of an errand."""
    records: list[dict[str, object]] = []
    for place, run in enumerate(errand.runs):
        begun = time.monotonic()
        if place:
            follow_on(page, run, "en")
        else:
            page.goto(link_of(address, errand, "en"))
            page.get_by_role("tab").first.wait_for()
            settle(page)
        opened = time.monotonic()
        for act in run.acts[:-1]:
            act_on(page, act, "en")
        asked = time.monotonic()
        for act in run.acts[-1:]:
            act_on(page, act, "en")
        await_outcome(page, run, "en")
        answered = time.monotonic()
        records.append(
            {
                "lesson": run.lesson,
                "lesson_ja": translate(run.lesson, "ja"),
                "opens": round(opened - begun, 1),
                "answers": round(answered - asked, 1) if run.acts else None,
            }
        )
        print(records[-1], flush=True)
    return records


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as server:
        for _walk in range(2):  # the first one loads the models, as a lecturer does before the class comes
            with open_browser() as page:
                records = [record for errand in ERRANDS.values() for record in walk(page, server.address, errand)]
    result = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "demonstrations": records,
    }
    out = ROOT / "benchmarks" / "lecture.json"
    out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{out.name} written; {len(records)} demonstrations")


if __name__ == "__main__":
    main()
