"""A run that writes into a folder: batches are kept there, and in memory only what tells repeats."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matgen_core.core.goals import Target, check_count
from matgen_core.core.messages import Text
from matgen_core.core.records import Candidate, Progress
from matgen_core.core.settings import Budget, Rules
from matgen_core.kinds.protocol import BatchName
from matgen_core.kinds.registry import load_kind
from matgen_core.workflows.design import Settings, check_design
from matgen_core.workflows.loop import Asked, Clock, DesignRun, go_on
from matgen_core.workflows.many_workers.run_folder import RunFolder, Shard, Wanted, kept, write_json

#: Candidates of a run into a folder, at most.
MOST = 10_000_000
#: Runs in memory are for fewer; what else they check is checked with so many.
_CHECKED = 1000


@dataclass(frozen=True)
class Filled:
    """What a run into a folder came to.

    Args:
        generated: candidates of the batches that are in the folder.
        kept: of them, those that count.
        ended: as of :class:`DesignRun`.
        seconds: of this part of the run.
        aside: batches that no worker could finish.
        said_aside: one line on them.
    """

    generated: int
    kept: int
    ended: str
    seconds: float
    aside: tuple[tuple[BatchName, Text], ...]
    said_aside: Text


def want_count(kind: str, target: Target, count: int, seed: int, settings: Settings | None = None) -> Wanted:
    """A run for a count, as of :func:`matgen_core.workflows.design.design`.

    Raises:
        BadTarget, BadInput: for what cannot be asked for.
    """
    made = load_kind(kind)
    settings = settings or made.settings()
    check_count(count, MOST, kind)
    made.check(target, min(count, _CHECKED), settings)
    return Wanted(kind, target, target, seed, count, count * settings.cap, settings)


def want_until(
    kind: str, target: Target, budget: Budget, rules: Rules, seed: int, settings: Settings | None = None
) -> Wanted:
    """A run until enough pass, as of :func:`matgen_core.workflows.design.design_until`.

    Raises:
        BadTarget, BadInput: for what cannot be asked for.
    """
    check_count(budget.want, MOST, kind)
    check_count(budget.draws, MOST, kind)
    few = replace(budget, want=min(budget.want, _CHECKED), draws=min(budget.draws, _CHECKED), seconds=60.0)
    aim, ruled = check_design(kind, target, few, rules, settings)
    return Wanted(kind, target, aim, seed, budget.want, budget.draws, ruled, rules)


def fill_folder(
    wanted: Wanted,
    path: Path,
    *,
    shard: Shard | None = None,
    seconds: float = float("inf"),
    executor: Executor | None = None,
    on_progress: Callable[[Progress[Any]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Filled:
    """Computes the batches that a folder lacks, until enough of its candidates count or all are done.

    Args:
        wanted: what is asked for.
        path: of the folder; one that was begun before is gone on with, and no finished batch is computed again.
        shard: every so many-th batch alone, for its share of the candidates.
        seconds: of wall-clock time, at most.
        executor: does the batches; None: this process does.
        on_progress: called as by a run in memory, without its candidates.
        cancelled: asked often.

    Raises:
        BadInput: where the folder is of another run, or cannot be written.
    """
    shard = shard or Shard()
    folder = RunFolder(path, wanted, shard)
    clock, counted = Clock(seconds, cancelled), _Tally(wanted)
    asked = Asked[Any](
        wanted.kind,
        wanted.brief,
        shard.of(wanted.names()),
        shard.share(wanted.count),
        counts=lambda candidate: kept(wanted, candidate) is None,
        order=counted,
        executor=executor,
        exact=wanted.exact,
        folder=folder,
    )
    begun = time.monotonic()
    run = go_on(asked, DesignRun(seed=wanted.seed), clock, on_progress)
    spent = time.monotonic() - begun
    found = Filled(counted.generated, counted.kept, run.ended, spent, run.aside, run.said_aside)
    write_json(
        path / "state.json",
        {
            "ended": run.ended,
            "generated": found.generated,
            "kept": found.kept,
            "seconds": round(spent, 1),
            "aside": [{"first": n.first, "size": n.size, "seed": n.seed, "reason": str(r)} for n, r in run.aside],
        },
    )
    if on_progress:
        on_progress(Progress("done", found.kept, asked.wanted, (), run.said_aside))
    return found


class _Tally:
    """Counts admitted candidates and keeps none of them."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted, self.generated, self.kept = wanted, 0, 0

    def __call__(
        self, found: tuple[Candidate[Any], ...], batch: tuple[Candidate[Any], ...]
    ) -> tuple[Candidate[Any], ...]:
        self.generated += len(batch)
        self.kept += sum(kept(self._wanted, candidate) is None for candidate in batch)
        return found
