"""Keeps what was merged as a run in the store, where the page *Runs* opens it."""

from __future__ import annotations

from pathlib import Path

from matgen_core.runs.store import open_store
from matgen_core.workflows.merge import Merged, ranked

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
