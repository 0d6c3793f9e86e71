"""The chapter's workflow (4.1, 4.5) for any kind of material: target, generate, predict, assess, rank.

:func:`design` generates until a count is reached, :func:`design_until` until enough pass every stage or a budget ends.
The goals, the constraints and the elements that the rules exclude condition generation. Predictions that judge
filter and count; nothing of them goes back into generation, so that they stay a judge.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic

from matgen_core.core.goals import Target
from matgen_core.core.messages import Message, join
from matgen_core.core.records import Candidate, M, Progress
from matgen_core.core.settings import Budget, CompositionSettings, CrystalSettings, MoleculeSettings, Rules
from matgen_core.kinds.protocol import Brief, Kind
from matgen_core.kinds.registry import load_kind
from matgen_core.kinds.rules import passes
from matgen_core.kinds.surplus import SURPLUS, release_surplus
from matgen_core.workflows.loop import Asked, Clock, DesignRun, check_brief, go_on
from matgen_core.workflows.own_properties.own_store import drawing_of
from matgen_core.workflows.tuning.aims import Steered

Settings = CrystalSettings | CompositionSettings | MoleculeSettings


def design(
    kind: str,
    target: Target,
    count: int = 16,
    *,
    seed: int = 0,
    settings: Settings | None = None,
    on_progress: Callable[[Progress[Any]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    steered: Steered | None = None,
    executor: Executor | None = None,
) -> tuple[Candidate[Any], ...]:
    """Draws materials of a kind for a target and says of each what it is.

    Works in batches. Everything that was generated comes back, best first, rejected ones too, each with its verdicts;
    :func:`count_kept` tells those that were kept. A run that is cancelled keeps each in the stage that it has reached.

    Args:
        kind: "crystals", "compositions" or "molecules".
        target: goals and constraints; molecules look at the goals only.
        count: candidates to keep. Crystals keep those without failed distances, failed constraints or duplicate;
            compositions those that are different, and neutral or new where ``settings`` say so; molecules those that
            ``settings.until`` names. At most ``settings.cap`` times as many are generated for them; a cap of 1
            generates exactly ``count``.
        seed: the same seed, settings, count and versions give the same candidates.
        settings: of the kind's generator; None for the usual ones, or for what is like the user's rows.
        on_progress: called after each stage of each batch, with everything found so far and the batch in work, each
            in its stage; ``done`` counts those kept.
        cancelled: asked often; once it says yes, what was found is returned.
        steered: a tuned copy of the generator, which draws, and properties of the user's own by which it is judged.
        executor: does the batches; None: this process does. How many workers it has changes no candidate.

    Raises:
        BadTarget, BadInput: for what cannot be asked for.
    """
    made = load_kind(kind)
    if settings is None:
        settings = steered.aims.settings(kind)[0] if steered else made.settings()
    made.check(target, count, settings)
    brief = Brief[Any](target, target, seed, settings, copy=steered.copy if steered else drawing_of(kind, settings))
    return _generate(made, brief, count, (), on_progress, cancelled, steered, executor)


def design_more(
    kind: str,
    target: Target,
    count: int,
    before: Sequence[Candidate[Any]],
    *,
    seed: int = 0,
    settings: Settings | None = None,
    on_progress: Callable[[Progress[Any]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    executor: Executor | None = None,
) -> tuple[Candidate[Any], ...]:
    """Goes on from what :func:`design` found for the same target: so many more, ranked together with those before.

    Args:
        kind: "crystals", "compositions" or "molecules".
        target: as before.
        count: candidates to keep beside those before; what repeats one of them does not count.
        before: found by now; what was not finished is left out.
        seed: as before; the draws begin where the former ended.
        settings: as before.
        on_progress: as of :func:`design`.
        cancelled: likewise.
        executor: likewise.

    Raises:
        BadTarget, BadInput: for what cannot be asked for.
    """
    made = load_kind(kind)
    settings = settings or made.settings()
    made.check(target, count, settings)
    finished = [candidate for candidate in before if not candidate.stage]
    brief = Brief[Any](target, target, seed, settings, copy=drawing_of(kind, settings))
    return _generate(made, brief, count, tuple(finished), on_progress, cancelled, None, executor)


def _generate(
    made: Kind[Any, Any],
    brief: Brief[Any],
    count: int,
    before: tuple[Candidate[Any], ...],
    on_progress: Callable[[Progress[Any]], None] | None,
    cancelled: Callable[[], bool] | None,
    steered: Steered | None,
    executor: Executor | None,
) -> tuple[Candidate[Any], ...]:
    """Batches until ``count`` are kept beside those ``before``."""
    settings, clock = brief.settings, Clock(math.inf, cancelled)
    first = 1 + max((candidate.origin.index for candidate in before), default=-1)
    had = frozenset(candidate.id for candidate in before if not candidate.failed(SURPLUS))
    before = _rank(made.name, brief.target, steered, (), release_surplus(before, count))
    asked = Asked[Any](
        made.name,
        brief,
        made.for_count.names(count, count * settings.cap, brief.seed, first),
        count,
        counts=lambda candidate: made.rejection(candidate, settings) is None,
        order=partial(_rank, made.name, brief.target, steered),
        finish=partial(_finish, made.name, settings, steered),
        executor=executor,
        had=had,
        exact=True,
    )
    run = go_on(asked, DesignRun(before, seed=brief.seed, drawn=first), clock, on_progress)
    kept = asked.count(run.candidates)
    note = run.said_aside
    if kept < count and not clock.over:
        few = _fell_short(kept, count, run.drawn - first)
        note = join((few, note))
    if on_progress:
        on_progress(Progress("done", kept, count, run.candidates, note))
    return run.candidates


def _fell_short(kept: int, count: int, drawn: int) -> Message:
    """That fewer were kept than were asked for, and what can be done."""
    if not kept:
        return Message(
            "none of {drawn} generated candidates fits; loosen what is asked for, or raise the limit of generated "
            "candidates",
            drawn=drawn,
        )
    return Message(
        "{kept} of {count} requested candidates kept, from {drawn} generated; request fewer, or raise the limit of "
        "generated candidates",
        kept=kept,
        count=count,
        drawn=drawn,
    )


def _rank(
    kind: str,
    target: Target,
    steered: Steered | None,
    found: tuple[Candidate[Any], ...],
    batch: tuple[Candidate[Any], ...],
) -> tuple[Candidate[Any], ...]:
    """Best first: as the kind ranks, or by the aims of a tuned generator."""
    whole = (*found, *batch)
    return steered.aims.rank(kind, whole) if steered else load_kind(kind).rank(whole, target)


def _finish(
    kind: str, settings: Settings, steered: Steered | None, batch: tuple[Candidate[Any], ...]
) -> tuple[Candidate[Any], ...]:
    """With what the predictors of the user's own say of those that are kept."""
    if steered is None:
        return batch
    return steered.aims.finish(batch, lambda c: load_kind(kind).rejection(c, settings) is None)


@dataclass(frozen=True)
class Kept(Generic[M]):
    """What a run for a count kept, beside what it generated.

    Args:
        candidates: those kept, in the order given.
        generated: how many there are in all.
        rejected: rule and how many were not kept for it, the most first; one counts once, for the first rule.
    """

    candidates: tuple[Candidate[M], ...]
    generated: int
    rejected: tuple[tuple[str, int], ...]


def count_kept(kind: str, candidates: Sequence[Candidate[Any]], settings: Settings | None = None) -> Kept[Any]:
    """Those of a run's candidates that :func:`design` counted.

    Args:
        kind: "crystals", "compositions" or "molecules".
        candidates: of the run.
        settings: of the run; None for the usual ones.
    """
    made = load_kind(kind)
    settings = settings or made.settings()
    rules = [made.rejection(candidate, settings) for candidate in candidates]
    kept = tuple(candidate for candidate, rule in zip(candidates, rules, strict=True) if rule is None)
    return Kept(kept, len(candidates), tuple(Counter(rule for rule in rules if rule is not None).most_common()))


def design_until(
    kind: str,
    target: Target,
    budget: Budget | None = None,
    *,
    rules: Rules | None = None,
    seed: int = 0,
    settings: Settings | None = None,
    before: DesignRun[Any] | None = None,
    on_progress: Callable[[Progress[Any]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    executor: Executor | None = None,
) -> DesignRun[Any]:
    """Draws materials of a kind until enough pass every stage, or the budget ends.

    Args:
        kind: "crystals", "compositions" or "molecules".
        target: goals and constraints.
        budget: how many, how long at most.
        rules: what a candidate must pass beyond its goals; they overrule what the settings say of it.
        seed: the same seed, settings and versions give the same candidates in the same order.
        settings: of the kind's generator; None for the usual ones.
        before: a run to go on with; its seed and rules hold, the budget counts anew.
        on_progress: called after each stage of each batch; ``candidates`` is everything so far, ``done`` those listed.
        cancelled: asked often; once it says yes, what was found is returned.
        executor: does the batches, as of :func:`design`; it is the time alone that can end two runs otherwise.

    Raises:
        BadTarget, BadInput: for goals, constraints, settings or budgets that cannot be.
    """
    budget = budget or Budget()
    run: DesignRun[Any] = before or DesignRun((), rules or Rules(), seed)
    aim, ruled = check_design(kind, target, budget, run.rules, settings)
    asked = Asked[Any](
        kind,
        Brief(target, aim, run.seed, ruled, run.rules, copy=drawing_of(kind, ruled)),
        load_kind(kind).batches.names(run.seed, run.drawn, run.drawn + budget.draws),
        budget.want,
        counts=partial(passes, rules=run.rules),
        order=partial(_rank, kind, target, None),
        executor=executor,
    )
    run = go_on(asked, run, Clock(budget.seconds, cancelled), on_progress)
    if on_progress:
        listed = min(budget.want, sum(map(asked.counts, run.candidates)))
        on_progress(Progress("done", listed, budget.want, run.candidates, run.said_aside))
    return run


def check_design(
    kind: str, target: Target, budget: Budget, rules: Rules, settings: Settings | None = None
) -> tuple[Target, Settings]:
    """What :func:`design_until` tells the generator: the target without excluded elements, and the settings.

    Raises:
        BadTarget, BadInput: for goals, constraints, settings or budgets that cannot be.
    """
    made = load_kind(kind)
    check_brief(target, budget, rules)
    ruled = made.ruled(settings or made.settings(), rules)
    made.check(target, 1, ruled)
    aim = made.generation_target(target, rules)
    made.check(aim, 1, ruled)
    return aim, ruled
