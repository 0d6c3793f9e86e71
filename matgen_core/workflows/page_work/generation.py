"""Runs of the pages that generate candidates, and what follows on crystals: relaxing, displacing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Crystal, Progress
from matgen_core.core.settings import Budget
from matgen_core.kinds.crystals.placing.relax import Relaxation, check_stability, relax_candidates
from matgen_core.runs.worker import Report, Stopped
from matgen_core.workflows import design
from matgen_core.workflows.loop import DesignRun
from matgen_core.workflows.many_workers.spare_workers import spare_workers
from matgen_core.workflows.structures import list_structures, vary_crystal


def generate(
    report: Report,
    stopped: Stopped,
    *,
    kind: str,
    target: Target,
    count: int,
    seed: int,
    settings: design.Settings,
    before: Sequence[Candidate[Any]] = (),
) -> None:
    """A run for a count, or for so many more; the reports hold what it finds."""
    asked: dict[str, Any] = {"seed": seed, "settings": settings, "on_progress": report, "cancelled": stopped}
    if before:
        design.design_more(kind, target, count, before, **asked, executor=spare_workers())
    else:
        design.design(kind, target, count, **asked, executor=spare_workers())


def generate_until(
    report: Report,
    stopped: Stopped,
    *,
    kind: str,
    target: Target,
    budget: Budget,
    before: DesignRun[Any],
    settings: design.Settings | None,
) -> DesignRun[Any]:
    """A run until enough pass, or the rest of one: ``before`` says by which rules and seed."""
    return design.design_until(
        kind,
        target,
        budget,
        settings=settings,
        before=before,
        on_progress=report,
        cancelled=stopped,
        executor=spare_workers(),
    )


def structures(report: Report, stopped: Stopped, *, formula: str, count: int) -> None:
    """Structures of a formula; the reports hold them."""
    list_structures(formula, count, on_progress=report, cancelled=stopped)


def variants(report: Report, stopped: Stopped, *, candidate: Candidate[Crystal], count: int) -> None:
    """Variants of a crystal; the reports hold them."""
    vary_crystal(candidate, count, on_progress=report, cancelled=stopped)


def relax(
    report: Report, stopped: Stopped, *, crystals: Sequence[Candidate[Crystal]], symmetric: bool
) -> tuple[Relaxation, ...]:
    """Relaxes crystals; tells each time what is done of them."""

    def tell(done: tuple[Relaxation, ...], step: int) -> None:
        report(Progress("relax", len(done), len(crystals), _relaxed(done)), done)

    return relax_candidates(crystals, symmetric=symmetric, on_progress=tell, cancelled=stopped)


def _relaxed(done: Sequence[Relaxation]) -> tuple[Candidate[Crystal], ...]:
    return tuple(entry.after for entry in done if entry.after is not None)


def displace(report: Report, stopped: Stopped, *, candidate: Candidate[Crystal]) -> Candidate[Crystal]:
    """The candidate with its verdict "stability"."""
    (checked,) = check_stability([candidate], cancelled=stopped)
    report(Progress("relax", 1, 1, (checked,)))
    return checked
