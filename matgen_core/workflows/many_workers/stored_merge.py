"""Keeps what was merged as a run in the store, where the page *Runs* opens it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from matgen_core.core.records import Candidate
from matgen_core.runs.records import from_record
from matgen_core.runs.store import open_store
from matgen_core.workflows.many_workers.merge import TOGETHER, Merged, ranked
from matgen_core.workflows.screening.outcome import Outcome

#: Kind of such a run in the store.
KIND = "merged"


def store_merged(merged: Merged, out: Path, name: str) -> str:
    """Keeps the candidates of a merged run, best first, and returns the id of the run.

    Args:
        merged: what was merged.
        out: folder that it was written to.
        name: of the run.
    """
    store, wanted = open_store(), merged.wanted
    run = store.begin(KIND, {"asked": wanted.to_record()}, wanted.seed, name=name)
    for some in ranked(out):
        store.add(run, some)
    store.end(run, "finished")
    return run


def store_screened(outcome: Outcome, out: Path, name: str) -> str:
    """Keeps the candidates of a merged screening, in their order, and returns the id of the run.

    Args:
        outcome: of the screening.
        out: folder that it was written to.
        name: of the run.
    """
    store = open_store()
    run = store.begin("screening", {}, 0, name=name)
    path = out / "candidates.jsonl"
    with outcome.moved.get(path, path).open(encoding="utf-8") as file:
        candidates = _read(file)
        while some := list(islice(candidates, TOGETHER)):
            store.add(run, some)
    store.end(run, "finished")
    return run


def _read(lines: Iterator[str]) -> Iterator[Candidate[Any]]:
    for line in lines:
        yield from_record(json.loads(line))
