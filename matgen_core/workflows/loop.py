"""One loop for every kind of material: batches are generated and checked until enough pass or the budget ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from matgen_core.core.declaring import check_settings
from matgen_core.core.errors import Cancelled
from matgen_core.core.goals import Target
from matgen_core.core.records import DRAFTED, PLACED, Candidate, M, Progress
from matgen_core.core.settings import Budget as Budget
from matgen_core.kinds.protocol import Batches
from matgen_core.kinds.registry import kind_of
from matgen_core.kinds.rules import Funnel, Rules, count_stages, listed
from matgen_core.kinds.solid_state import check_available


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
    """

    candidates: tuple[Candidate[M], ...] = ()
    rules: Rules = field(default_factory=Rules)
    seed: int = 0
    drawn: int = 0
    seconds: float = 0.0
    ended: str = "found"

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
        judge: of the run's stages.
        tell: passes the batch on.
        batch: as it was told of last.
    """

    judge: Callable[[Sequence[Candidate[M]]], tuple[Candidate[M], ...]] = tuple
    tell: Callable[[tuple[Candidate[M], ...]], None] = lambda batch: None
    batch: tuple[Candidate[M], ...] = ()

    def __call__(self, batch: Sequence[Candidate[M]]) -> None:
        """Takes the batch as it stands, and passes it on."""
        self.batch = tuple(batch)
        self.tell(self.batch)

    def keep(self) -> tuple[Candidate[M], ...]:
        """What a cancelled run keeps of the batch: what was predicted is judged, the rest stays as it is."""
        done = [candidate for candidate in self.batch if not candidate.stage]
        return (*(self.judge(done) if done else ()), *(candidate for candidate in self.batch if candidate.stage))


def stage_of_batch(batch: Sequence[Candidate[Any]]) -> str:
    """What is being done with a batch: "generate", "relax" or "predict"."""
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


def go_on(
    run: DesignRun[M],
    budget: Budget,
    batches: Batches,
    step: Callable[[int, int], tuple[Candidate[M], ...]],
    order: Callable[[Sequence[Candidate[M]]], tuple[Candidate[M], ...]],
    clock: Clock,
    on_progress: Callable[[Progress[M]], None] | None,
    working: Working[M],
) -> DesignRun[M]:
    """Batches, generated and checked by ``step``, until enough pass or the budget ends.

    Args:
        run: what was found before.
        budget: when to end.
        batches: how many are generated together.
        step: (size, number of the first) -> checked candidates; fewer, or Cancelled where there is none, once the clock
            said that it is over. Cancelled, too, where the user ended it: the batch in work is kept as far as it came.
        order: best first.
        clock: asked between batches, and by ``step`` within them.
        on_progress: called after each stage of each batch.
        working: the batch in work, of which ``step`` tells.
    """
    report = on_progress or (lambda progress: None)
    found, drawn, last, ended = finished_before(run), run.drawn, run.drawn + budget.draws, "draws"
    done, clock.waits = len(listed(found, run.rules)), True
    while drawn < last and done < budget.want and not clock():
        size = min(batches.size(drawn), last - drawn)
        working.batch, kept, passing = (), found, done

        def tell(
            batch: tuple[Candidate[M], ...],
            kept: tuple[Candidate[M], ...] = kept,
            passing: int = passing,
        ) -> None:
            report(Progress(stage_of_batch(batch), passing, budget.want, kept, working=batch))

        working.tell = tell
        report(Progress("generate", passing, budget.want, kept))
        try:
            batch = step(size, drawn)
        except Cancelled:
            if clock.why == "cancelled":
                found = order((*found, *working.keep()))
                done = len(listed(found, run.rules))
            break
        clock.waits = False
        drawn += size
        found = order((*found, *batch))
        done = len(listed(found, run.rules))
        report(Progress("assess", min(budget.want, done), budget.want, found))
    if done >= budget.want:
        ended = "found"
    elif clock.over:
        ended = clock.why
    report(Progress("done", min(budget.want, done), budget.want, found))
    return DesignRun(found, run.rules, run.seed, drawn, run.seconds + clock.seconds, ended)
