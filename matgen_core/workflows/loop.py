"""One loop for every kind of material: batches are generated and checked until enough pass or the budget ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic

from matgen_core.core.declaring import check_settings
from matgen_core.core.errors import Cancelled
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, M, Progress
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
    return DesignRun(tuple(candidates), rules, seed, drawn, 0.0, "interrupted")


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

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self.begun


def go_on(
    run: DesignRun[M],
    budget: Budget,
    batches: Batches,
    step: Callable[[int, int, Callable[..., None]], tuple[Candidate[M], ...]],
    order: Callable[[Sequence[Candidate[M]]], tuple[Candidate[M], ...]],
    clock: Clock,
    on_progress: Callable[[Progress[M]], None] | None,
) -> DesignRun[M]:
    """Batches, generated and checked by ``step``, until enough pass or the budget ends.

    Args:
        run: what was found before.
        budget: when to end.
        batches: how many are generated together.
        step: (size, number of the first, what to tell the stage and what is being worked on) -> checked candidates;
            fewer, or Cancelled where there is none, once the clock said that it is over.
        order: best first.
        clock: asked between batches, and by ``step`` within them.
        on_progress: called after each stage of each batch.
    """
    report = on_progress or (lambda progress: None)
    found, drawn, last, ended = run.candidates, run.drawn, run.drawn + budget.draws, "draws"
    done, clock.waits = len(listed(found, run.rules)), True
    while drawn < last and done < budget.want and not clock():
        size = min(batches.size(drawn), last - drawn)
        kept, passing = found, done

        def tell(
            stage: str,
            working: tuple[Candidate[M], ...] = (),
            kept: tuple[Candidate[M], ...] = kept,
            passing: int = passing,
        ) -> None:
            report(Progress(stage, passing, budget.want, kept, working=working))

        try:
            batch = step(size, drawn, tell)
        except Cancelled:
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
