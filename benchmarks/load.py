"""A class opens the app at once: time to the first page and candidate, the line, who sees what, and memory.

    .venv/bin/python benchmarks/load.py --clients 20 --sessions 200

Only against a server of its own on this machine. Ends by itself; on two idle cores it takes about a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.server import Server, serve
from benchmarks.streamlit_client import Client

#: What the sessions open, in turn; the first ones run something there, too.
PAGES = (
    "",
    *("crystals molecules compositions inverse_design screening embeddings runs predictions models").split(),
    *("diffusion language_models transfer exercises notes").split(),
)
#: A session that is gone is forgotten by the server after this long, s.
_FORGOTTEN = 15


@dataclass
class Visit:
    """What one session of the class went through."""

    number: int
    page: str
    first_page: float | None = None
    first_candidate: float | None = None
    places: list[int] = field(default_factory=list)
    foreign: int = 0
    problem: str = ""


def open_and_run(server: Server, number: int, start: threading.Barrier, limit: float) -> Visit:
    """Opens the crystals page, runs two crystals with a seed of its own, and looks at the ids that it is shown."""
    told = Visit(number, "crystals")
    query = f"count=2&skeletons=1&geometries=2&seed={1000 + number}"
    try:
        start.wait(120)
        begun = time.monotonic()
        with Client(server.address, page="crystals", query=query) as client:
            if not client.follow(limit):
                told.problem = "the page did not come"
                return told
            told.first_page = time.monotonic() - begun
            start.wait(limit)
            begun = time.monotonic()
            client.send(button="go")
            while time.monotonic() - begun < limit and told.first_candidate is None:
                client.follow(0.5)
                told.places += [int(n) for text in client.texts() for n in re.findall(r"number (\d+) in line", text)]
                ids = [str(row["id"]) for table in client.tables() for row in table if "id" in row]
                told.foreign += sum(not found.startswith(f"{1000 + number}-") for found in ids)
                if ids:
                    told.first_candidate = time.monotonic() - begun
    except Exception as error:  # one session's trouble is a figure, not the end of the measurement
        told.problem = f"{type(error).__name__}: {error}"[:200]
        start.abort()
    if told.first_candidate is None and not told.problem:
        told.problem = "no candidate came"
    return told


def open_page(server: Server, page: str, limit: float) -> float | None:
    """Seconds until a page has run to its end; None where it has not."""
    begun = time.monotonic()
    try:
        with Client(server.address, page=page) as client:
            return time.monotonic() - begun if client.follow(limit) else None
    except Exception:  # as above
        return None


def quantiles(values: Sequence[float]) -> dict[str, float] | None:
    """p50 and p95, s."""
    if not values:
        return None
    ordered = sorted(values)
    return {f"p{p}": round(ordered[min(len(ordered) - 1, int(p / 100 * len(ordered)))], 2) for p in (50, 95)}


def settled_memory(server: Server) -> float:
    """MB once the sessions that left are forgotten."""
    time.sleep(_FORGOTTEN + 10)
    return server.memory()


def visit(server: Server, sessions: int, at_once: int, limit: float) -> list[float | None]:
    """So many sessions over all pages, a few at a time."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda i: open_page(server, PAGES[i % len(PAGES)], limit), range(sessions)))


def measure(server: Server, clients: int, sessions: int, limit: float) -> dict[str, object]:
    """Everything, in order: the class, all pages, and many sessions after it."""
    start = threading.Barrier(clients)
    with ThreadPoolExecutor(clients) as pool:
        told = list(pool.map(lambda i: open_and_run(server, i, start, limit), range(clients)))
    runs = server.events("run")
    pages = visit(server, len(PAGES), 4, limit)
    few = settled_memory(server)
    many = visit(server, sessions, 10, limit)
    after = settled_memory(server)
    return {
        "clients": clients,
        "first_page": quantiles([t.first_page for t in told if t.first_page is not None]),
        "first_candidate": quantiles([t.first_candidate for t in told if t.first_candidate is not None]),
        "pages_failed": sum(page is None for page in pages),
        "problems": [t.problem for t in told if t.problem],
        "runs_finished": sum(run["state"] == "finished" for run in runs),
        "most_ahead": max((place for t in told for place in t.places), default=0),
        "places_never_rose": all(t.places == sorted(t.places, reverse=True) for t in told),
        "candidates_of_others_shown": sum(t.foreign for t in told),
        "models_loaded": len(server.events("models")),
        "sessions": sessions,
        "sessions_failed": sum(page is None for page in many),
        "page": quantiles([page for page in many if page is not None]),
        "memory_after_class_mb": round(few),
        "memory_after_sessions_mb": round(after),
        "memory_growth": round(after / few - 1, 4),
        "each": [asdict(t) for t in told],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--limit", type=float, default=600.0, help="seconds that one session waits at most")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("load.json"))
    options = parser.parse_args()
    if not (1 <= options.clients <= 50 and 1 <= options.sessions <= 1000):
        parser.error("at most 50 clients and 1000 sessions")
    variables = {"STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL": str(_FORGOTTEN)}
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder), **variables) as server:
        figures = measure(server, options.clients, options.sessions, options.limit)
    made = {"made": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count()}
    options.out.write_text(json.dumps({**made, **figures}, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in figures.items() if key != "each"}, indent=1))


if __name__ == "__main__":
    main()
