"""One loop for every kind of material: batches are generated and checked until enough pass or the budget ends.

This process does the batches, or the workers of an executor do. The outcome is the same: a batch depends on its name
alone, and what depends on earlier batches is told here, in their order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, Generic, Protocol

from matgen_core.core.declaring import check_settings
from matgen_core.core.errors import Cancelled
from matgen_core.core.goals import Target
from matgen_core.core.messages import Message, Text, join
from matgen_core.core.records import DRAFTED, PLACED, Candidate, M, Progress
from matgen_core.core.settings import Budget as Budget
from matgen_core.core.spreading import SetAside, spread
from matgen_core.kinds.protocol import BatchName, Brief
from matgen_core.kinds.registry import kind_of, load_kind
from matgen_core.kinds.rules import Funnel, Rules, count_stages, listed
from matgen_core.kinds.solid_state import check_available
from matgen_core.kinds.surplus import mark_surplus


@dataclass(frozen=True)
class DesignRun(Generic[M]):
    """What a run found; give it back to go on with it.

    Args:
        candidates: everything generated, predicted and checked, best first.
        rules: by which it was checked.
        seed: of the first batch.
        drawn: how many were asked of the generator, so that the next draw is another.
        seconds: spent.
        ended: "found", "time", "draws", "cancelled" or "interrupted".
        aside: batches that no worker could finish, with the reason.
    """

    candidates: tuple[Candidate[M], ...] = ()
    rules: Rules = field(default_factory=Rules)
    seed: int = 0
    drawn: int = 0
    seconds: float = 0.0
    ended: str = "found"
    aside: tuple[tuple[BatchName, Text], ...] = ()

    @property
    def said_aside(self) -> Text:
        """One line on the batches that are missing; empty where none is."""
        return join(
            Message(
                "candidates {first} to {last} of seed {seed} are missing: {reason}",
                first=name.first,
                last=name.end - 1,
                seed=name.seed,
                reason=reason,
            )
            for name, reason in self.aside
        )

    @property
    def listed(self) -> tuple[Candidate[M], ...]:
        """Those that passed everything, best first."""
        return listed(self.candidates, self.rules)

    @property
    def funnel(self) -> Funnel:
        """How many got how far."""
        return count_stages(self.candidates, self.rules)


def resume(candidates: Sequence[Candidate[M]], rules: Rules, seed: int) -> DesignRun[M]:
    """A run to go on with, from the candidates that were kept of it.

    Args:
        candidates: everything that had arrived, judged.
        rules: by which it was checked.
        seed: of the random numbers.
    """
    last = max((candidate.origin.index for candidate in candidates), default=-1)
    drawn = kind_of(candidates[0].material).batches.end_after(last) if candidates else 0
    if unfinished := [candidate.origin.index for candidate in candidates if candidate.stage]:
        drawn = kind_of(candidates[0].material).batches.begin_of(min(unfinished))
    return DesignRun(tuple(candidates), rules, seed, drawn, 0.0, "interrupted")


@dataclass
class Working(Generic[M]):
    """The batch in work as its stages tell of it; where the run is cancelled it is kept as far as it came.

    Args:
        judge: of the stages of the batch.
        admit: of the run's stages.
        tell: passes the batch on.
        batch: as it was told of last.
    """

    judge: Callable[[Sequence[Candidate[M]]], tuple[Candidate[M], ...]] = tuple
    admit: Callable[[Sequence[Candidate[M]]], tuple[Candidate[M], ...]] = tuple
    tell: Callable[[tuple[Candidate[M], ...]], None] = lambda batch: None
    batch: tuple[Candidate[M], ...] = ()

    def __call__(self, batch: Sequence[Candidate[M]]) -> None:
        """Takes the batch as it stands, and passes it on."""
        self.batch = tuple(batch)
        self.tell(self.batch)

    def do(self, kind: str, brief: Brief[Any], name: BatchName, clock: Clock) -> tuple[Candidate[M], ...]:
        """Draws, predicts and judges a batch in this process.

        Raises:
            Cancelled: where the clock said so.
        """
        self(())
        stages = load_kind(kind).begin(replace(brief, on_stage=self))
        self.judge = stages.judge
        batch = stages.draw(name.size, name.first, clock)
        if not self.batch:  # a kind that tells nothing of its stages
            self(batch)
        # Where the time is over, what was placed is still predicted, which takes seconds, and so can be judged.
        return stages.judge(stages.predict(batch, cancelled=clock.ended))

    def keep(self) -> tuple[Candidate[M], ...]:
        """What a cancelled run keeps of the batch: what was predicted is judged, the rest stays as it is."""
        done = [candidate for candidate in self.batch if not candidate.stage]
        judged = self.admit(self.judge(done)) if done else ()
        return (*judged, *(candidate for candidate in self.batch if candidate.stage))


def stage_of_batch(batch: Sequence[Candidate[Any]]) -> str:
    """What is being done with a batch: "generate", "relax" or "predict"; nothing is there of one that is begun."""
    if not batch:
        return "generate"
    stages = {candidate.stage for candidate in batch}
    return "generate" if DRAFTED in stages else "relax" if PLACED in stages else "predict"


def finished_before(run: DesignRun[M]) -> tuple[Candidate[M], ...]:
    """Those of a run that go on with it: a batch that was cancelled is drawn again, and gives the same."""
    return tuple(candidate for candidate in run.candidates if candidate.origin.index < run.drawn)


def check_brief(target: Target, budget: Budget, rules: Rules | None = None) -> None:
    """Raises BadInput for budgets and rules that cannot be, and for rules whose package is not installed."""
    if rules is not None and rules.solid_state:
        check_available()
    check_settings(budget)
    if rules is not None:
        check_settings(rules)


class Clock:
    """Asked at every step whether to stop: by the user's word, or, unless it ``waits``, because the time is over."""

    def __init__(self, most: float, cancelled: Callable[[], bool] | None) -> None:
        self.begun, self.most, self.cancelled = time.monotonic(), most, cancelled or (lambda: False)
        self.why, self.over, self.waits = "time", False, False

    def __call__(self) -> bool:
        """Whether to stop; once it said so, ``over`` and ``why`` keep it."""
        if self.cancelled():
            self.why, self.over = "cancelled", True
        elif not self.waits and self.seconds > self.most:
            self.over = True
        return self.over

    def ended(self) -> bool:
        """Whether the user ended it, whatever time is left."""
        return self.cancelled() and self()

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self.begun


class KeptBatches(Protocol):
    """Finished batches on a disk."""

    def load(self, name: BatchName) -> Sequence[Candidate[Any]] | None:
        """The judged candidates of a batch that was finished before; None of one that was not."""

    def save(self, name: BatchName, judged: Sequence[Candidate[Any]]) -> None:
        """Keeps a batch; it is on the disk when this returns."""


@dataclass(frozen=True)
class Asked(Generic[M]):
    """What a run goes on for.

    Args:
        kind: name of the kind.
        brief: what is asked for.
        names: of the batches, in their order.
        wanted: candidates that count, after which the run ends.
        counts: whether a judged candidate counts.
        order: (those so far, the next batch) -> those that are kept in memory, best first.
        finish: adds what only this process can say of an admitted batch.
        executor: does the batches; None: this process does, and tells of each stage.
        had: ids of those found before that do not count.
        exact: whether no more than ``wanted`` are kept.
        folder: keeps finished batches, and has those that were finished before; None for none.
    """

    kind: str
    brief: Brief[Any]
    names: Iterable[BatchName]
    wanted: int
    counts: Callable[[Candidate[M]], bool]
    order: Callable[[tuple[Candidate[M], ...], tuple[Candidate[M], ...]], tuple[Candidate[M], ...]]
    finish: Callable[[tuple[Candidate[M], ...]], tuple[Candidate[M], ...]] = tuple
    executor: Executor | None = None
    had: frozenset[str] = frozenset()
    exact: bool = False
    folder: KeptBatches | None = None

    def take(self, admitted: Sequence[Candidate[M]], done: int) -> tuple[Candidate[M], ...]:
        """An admitted batch of a run of which ``done`` count, as the run keeps it."""
        marked = mark_surplus(admitted, self.counts, self.wanted - done) if self.exact else tuple(admitted)
        return self.finish(marked)

    def count(self, candidates: Sequence[Candidate[M]]) -> int:
        """How many count."""
        return sum(self.counts(candidate) for candidate in candidates if candidate.id not in self.had)


def go_on(
    asked: Asked[M],
    run: DesignRun[M],
    clock: Clock,
    on_progress: Callable[[Progress[M]], None] | None = None,
) -> DesignRun[M]:
    """Batches, generated, judged and admitted in their order, until enough count, all are done or the clock says so.

    Each batch is judged by itself, here or by a worker. Which candidate repeats one of an earlier batch is told when
    the batch is admitted, so that the outcome does not depend on who did it, nor on when.

    Args:
        asked: what for, and by whom.
        run: what was found before.
        clock: asked between batches and within them; the first batch is finished whatever it takes.
        on_progress: called after each stage of each batch that is done here, and after each admitted batch.
    """
    report = on_progress or (lambda progress: None)
    found, drawn = finished_before(run), run.drawn
    done, aside = asked.count(found), list(run.aside)
    stages = load_kind(asked.kind).begin(asked.brief, found)
    working = Working[M](admit=stages.admit)
    working.tell = lambda batch: report(
        Progress(stage_of_batch(batch), min(done, asked.wanted), asked.wanted, found, working=batch)
    )
    clock.waits = True
    with closing(_batches(asked, clock, working)) as batches:
        try:
            while done < asked.wanted and (made := next(batches, None)) is not None:
                clock.waits = False
                name, judged = made
                if isinstance(judged, SetAside):
                    aside, judged = [*aside, (name, judged.reason)], ()
                batch = asked.take(stages.admit(judged), done)
                found = asked.order(found, batch)
                done += sum(map(asked.counts, batch))
                drawn = name.end if name.first == drawn else drawn
                report(Progress("assess", min(done, asked.wanted), asked.wanted, found))
        except Cancelled:
            if clock.why == "cancelled":
                found = asked.order(found, asked.take(working.keep(), done))
                done = asked.count(found)
    ended = "found" if done >= asked.wanted else clock.why if clock.over else "draws"
    return DesignRun(found, run.rules, run.seed, drawn, run.seconds + clock.seconds, ended, tuple(aside))


def _batches(
    asked: Asked[M], clock: Clock, working: Working[M]
) -> Generator[tuple[BatchName, Sequence[Candidate[M]] | SetAside], None, None]:
    """The batches of a run in their order, each judged by itself.

    Raises:
        Cancelled: where the clock said so; ``working`` has what this process was doing.
    """
    folder = asked.folder
    if asked.executor is not None:
        work = BatchWork[M](asked.kind, asked.brief)
        ready, save = (None, None) if folder is None else (folder.load, folder.save)
        yield from spread(work, asked.names, asked.executor, cancelled=clock, ready=ready, on_result=save)
        return
    for name in asked.names:
        if clock():
            return
        judged = None if folder is None else folder.load(name)
        if judged is None:
            judged = working.do(asked.kind, asked.brief, name, clock)
            if folder is not None and not clock.over:  # a batch that the time cut short is no finished one
                folder.save(name, judged)
        yield name, judged


@dataclass(frozen=True)
class BatchWork(Generic[M]):
    """Draws, predicts and judges one batch in a worker, with one thread.

    Args:
        kind: name of the kind.
        brief: what is asked for.
    """

    kind: str
    brief: Brief[Any]

    def __call__(self, name: BatchName) -> tuple[Candidate[M], ...]:
        """The judged candidates of the batch."""
        import torch

        torch.set_num_threads(1)
        stages = load_kind(self.kind).begin(self.brief)
        return stages.judge(stages.predict(stages.draw(name.size, name.first)))
