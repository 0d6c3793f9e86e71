"""Kills the server at random moments of a run and looks whether anything that a page had shown is lost.

    .venv/bin/python benchmarks/faults.py --kills 20

Each time: a server with a new store, a session that runs 320 crystals, ``kill -9`` at a random moment after the first
candidates; then the store is opened, every candidate that was shown is looked for, and the run goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.server import Server, serve
from benchmarks.streamlit_client import Client
from matgen_core.core.goals import Target
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.rules import Rules
from matgen_core.runs.store import Store
from matgen_core.workflows.design import design_until
from matgen_core.workflows.loop import Budget, resume

ASKED = "count=320&skeletons=1&geometries=1&seed={seed}"
_LONGEST = 300.0  # s for one run to show something, on a busy machine


def shown_until_killed(server: Server, seed: int, after: float) -> set[str]:
    """Ids that a session saw before its server was killed, ``after`` seconds after the first of them."""
    shown: set[str] = set()
    with Client(server.address, page="crystals", query=ASKED.format(seed=seed)) as client:
        client.follow(_LONGEST)
        client.send(button="go")
        begun, first = time.monotonic(), None
        while time.monotonic() - begun < _LONGEST and (first is None or time.monotonic() - first < after):
            client.follow(0.2 if first is None else max(0.01, min(0.2, after - (time.monotonic() - first))))
            shown |= {str(row["id"]) for table in client.tables() for row in table if "id" in row}
            first = time.monotonic() if shown and first is None else first
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
    return shown


def go_on(store: Store, run: str, seed: int) -> int:
    """Candidates that the run gains when it goes on for one batch."""
    before = resume(store.candidates(run), Rules(), seed)
    settings = CrystalSettings(skeletons=1, geometries=1, refined=1, steps=2)
    after = design_until(
        "crystals", Target(), Budget(want=1000, draws=32, seconds=300), settings=settings, before=before
    )
    fresh = [c for c in after.candidates if c.id not in {b.id for b in before.candidates}]
    store.add(run, fresh)
    return len(fresh)


def kill_once(folder: Path, seed: int, after: float) -> dict[str, object]:
    """One server, one run, one kill."""
    with serve(folder) as server:
        shown = shown_until_killed(server, seed, after)
    store = Store(server.database)
    (run,) = store.list()
    kept = {c.id for c in store.candidates(run.id)}
    result = {
        "after": round(after, 2),
        "shown": len(shown),
        "kept": len(kept),
        "lost": len(shown - kept),
        "state": run.state,
        "went_on_by": go_on(store, run.id, seed),
    }
    result["opens"] = len(Store(server.database).candidates(run.id)) == len(kept) + int(str(result["went_on_by"]))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--within", type=float, default=10.0, help="seconds after the first candidates")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("faults.json"))
    options = parser.parse_args()
    draw, results = random.Random(options.seed), []
    for number in range(options.kills):
        with tempfile.TemporaryDirectory() as folder:
            results.append(kill_once(Path(folder), number, draw.uniform(0, options.within)))
        print(results[-1], flush=True)
    sound = [r for r in results if r["shown"] and not r["lost"] and r["opens"] and r["state"] == "interrupted"]
    figures = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "kills": len(results),
        "shown": sum(int(str(r["shown"])) for r in results),
        "lost": sum(int(str(r["lost"])) for r in results),
        "opened_and_went_on": len(sound),
        "each": results,
    }
    options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(f"{options.out} written; {len(sound)} of {len(results)} lost nothing and went on")
    sys.exit(len(sound) != len(results))


if __name__ == "__main__":
    main()
