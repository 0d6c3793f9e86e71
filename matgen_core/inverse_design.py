"""The loop of chapter 4.5: draw, read, judge, and again, until enough pass or the budget ends.

Generation is told the goals, the constraints and the elements that the rules exclude, and does not place what the rules
would reject whatever its geometry: known, drawn before, or of no possible charges. The readings that confirm filter
and count; nothing of them goes back into generation, so that they stay a judge.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Generic

from matgen_core.chem.composition import can_balance
from matgen_core.chem.hazards import RADIOACTIVE, TOXIC
from matgen_core.chem.structure import reduced_formula
from matgen_core.compositions import check_compositions, draw_formulas
from matgen_core.data.crystals import ELEMENTS
from matgen_core.data.reference import load_reference, structure_type
from matgen_core.data.tokenizers import Skeleton, placeless
from matgen_core.molecules import design_molecules
from matgen_core.stages.assess import assess
from matgen_core.stages.conditions import check_target
from matgen_core.stages.feasibility import Funnel, Rules, count_stages, judge_compositions, judge_crystals, listed
from matgen_core.stages.generate import check_settings, generate
from matgen_core.stages.judge_formulas import finish_formulas, judge_formulas, rank_formulas
from matgen_core.stages.judge_molecules import rank_molecules
from matgen_core.stages.molecule_conditions import check_molecules
from matgen_core.stages.predict import predict
from matgen_core.stages.rank import rank
from matgen_core.stages.read_formulas import predict_formulas
from matgen_core.stages.solid_state import check_available
from matgen_core.types import (
    BadTarget,
    Cancelled,
    Candidate,
    Crystal,
    Formula,
    FormulaSettings,
    M,
    Molecule,
    Progress,
    SamplingSettings,
    SmilesSettings,
    Target,
)

#: Crystals drawn together, and formulas; part of what repeats a run.
BATCH, FORMULA_BATCH = 32, 64
#: Most that one run may draw.
MOST = 20_000


@dataclass(frozen=True, slots=True)
class Budget:
    """When a run ends at the latest.

    Args:
        want: candidates that pass everything; the run ends when it has them.
        seconds: of wall-clock time; crystals and compositions finish their first batch whatever it takes, so that a
            slow machine finds something, too.
        draws: candidates drawn in all.
    """

    want: int = 10
    seconds: float = 120.0
    draws: int = 2000


@dataclass(frozen=True)
class DesignRun(Generic[M]):
    """What a run found; give it back to go on with it.

    Args:
        candidates: everything drawn, read and judged, best first.
        rules: by which it was judged.
        seed: of the first draw.
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
        rules: by which it was judged.
        seed: of its draws.
    """
    if any(isinstance(candidate.material, Molecule) for candidate in candidates):
        return DesignRun(tuple(candidates), rules, seed, len(candidates), 0.0, "interrupted")
    size = FORMULA_BATCH if any(isinstance(c.material, Formula) for c in candidates) else BATCH
    last = max((candidate.origin.index for candidate in candidates), default=-1) + 1
    drawn = -(-last // size) * size
    return DesignRun(tuple(candidates), rules, seed, drawn, 0.0, "interrupted")


def allowed(target: Target, rules: Rules) -> Target:
    """The target with the elements that the rules exclude taken out before anything is drawn.

    Raises:
        BadTarget: where the user asks for an element that the rules exclude.
    """
    out = frozenset(() if rules.toxic else TOXIC) | frozenset(() if rules.radioactive else RADIOACTIVE)
    constraints = target.constraints
    asked = constraints.include | (constraints.chemical_system or frozenset())
    if asked & out:
        names = ", ".join(sorted(asked & out))
        raise BadTarget(f"{names} is asked for and excluded as toxic or radioactive; allow such elements, or drop it")
    if constraints.formula is not None or constraints.chemical_system is not None:
        return target  # exactly these elements: nothing to exclude
    return replace(target, constraints=replace(constraints, exclude=constraints.exclude | (out & set(ELEMENTS))))


def check_brief(target: Target, budget: Budget, rules: Rules | None = None) -> None:
    """Raises BadTarget for budgets that cannot be, BadInput for rules whose package is not installed."""
    if rules is not None and rules.solid_state:
        check_available()
    for name, value, low, high in (
        ("candidates wanted", budget.want, 1, 1000),
        ("seconds", budget.seconds, 1, 86_400),
        ("draws", budget.draws, 1, MOST),
    ):
        if not low <= value <= high:  # false for NaN as well
            raise BadTarget(f"{value:g} {name} cannot be asked for; choose from {low:,} to {high:,}")


def design_until(
    target: Target,
    budget: Budget | None = None,
    *,
    rules: Rules | None = None,
    seed: int = 0,
    settings: SamplingSettings | None = None,
    before: DesignRun[Crystal] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> DesignRun[Crystal]:
    """Draws crystals until enough pass every stage, or the budget ends.

    Args:
        target: goals and constraints.
        budget: how many, how long at most.
        rules: what a candidate must pass beyond its goals.
        seed: the same seed, settings and versions draw the same candidates in the same order.
        settings: engine, sampler and their numbers.
        before: a run to go on with; its seed and rules hold, the budget counts anew.
        on_progress: told after each stage of each batch; ``candidates`` is everything so far, ``done`` those listed.
        cancelled: asked often; once it says yes, what was found is returned.

    Raises:
        BadTarget: for goals, constraints, settings or budgets that cannot be.
    """
    budget, settings = budget or Budget(), settings or SamplingSettings()
    run: DesignRun[Crystal] = before or DesignRun((), rules or Rules(), seed)
    check_target(target)
    check_settings(settings)
    check_brief(target, budget, run.rules)
    told, clock = allowed(target, run.rules), _Clock(budget.seconds, cancelled)
    check_target(told)
    seen = {structure_type(c.material): c.id for c in reversed(run.candidates) if not _repeats(c)}
    refuses = partial(_is_hopeless, known=run.rules.known, seen=seen)

    def step(size: int, first: int, tell: Callable[[str], None]) -> tuple[Candidate[Crystal], ...]:
        tell("generate")
        batch = generate(told, size, seed=run.seed, settings=settings, first=first, cancelled=clock, refuses=refuses)
        tell("predict")
        return judge_crystals(assess(predict(batch, cancelled=clock), target, seen), run.rules)

    return _go_on(run, budget, BATCH, step, lambda found: rank(found, target), clock, on_progress)


def _is_hopeless(skeleton: Skeleton, known: bool, seen: Collection[str]) -> bool:
    """Whether the rules reject a crystal of this skeleton whatever its geometry.

    Args:
        skeleton: to be placed.
        known: whether what is known already may be listed.
        seen: structure types of the run so far.
    """
    crystal = placeless(skeleton)
    kind = structure_type(crystal)
    if kind in seen or (not known and load_reference().has_type(kind)):
        return True
    return can_balance(reduced_formula(crystal)) is False


def design_compositions_until(
    target: Target,
    budget: Budget | None = None,
    *,
    rules: Rules | None = None,
    seed: int = 0,
    settings: FormulaSettings | None = None,
    before: DesignRun[Formula] | None = None,
    on_progress: Callable[[Progress[Formula]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> DesignRun[Formula]:
    """The same for compositions: all is read from the formula, the distance to the hull too.

    Args: as in :func:`design_until`, with the settings of the formulas' generator; whether charges balance is left to
        the rule "oxidation", by which alloys pass.
    """
    budget, settings = budget or Budget(), replace(settings or FormulaSettings(), neutral=False, new=False)
    run: DesignRun[Formula] = before or DesignRun((), rules or Rules(), seed)
    check_brief(target, budget, run.rules)
    told, clock = allowed(target, run.rules), _Clock(budget.seconds, cancelled)
    may = check_compositions(told, 1, settings)
    seen = {c.material.reduced: c.id for c in reversed(run.candidates) if not _repeats(c)}

    def step(size: int, first: int, tell: Callable[[str], None]) -> tuple[Candidate[Formula], ...]:
        tell("generate")
        batch = draw_formulas(told, size, may, settings, seed=run.seed, first=first, cancelled=clock)
        tell("predict")
        read = predict_formulas(judge_formulas(batch, target, settings, seen))
        return judge_compositions(finish_formulas(read, target), run.rules)

    return _go_on(run, budget, FORMULA_BATCH, step, lambda found: rank_formulas(found, target), clock, on_progress)


def _go_on(
    run: DesignRun[M],
    budget: Budget,
    most: int,
    step: Callable[[int, int, Callable[[str], None]], tuple[Candidate[M], ...]],
    order: Callable[[Sequence[Candidate[M]]], tuple[Candidate[M], ...]],
    clock: _Clock,
    on_progress: Callable[[Progress[M]], None] | None,
) -> DesignRun[M]:
    """Batches of at most ``most``, drawn and judged by ``step``, until enough pass or the budget ends."""
    report = on_progress or (lambda progress: None)
    found, drawn, last, ended = run.candidates, run.drawn, run.drawn + budget.draws, "draws"
    done, clock.waits = len(listed(found, run.rules)), True
    while drawn < last and done < budget.want:
        size = min(most, last - drawn)
        kept, passing = found, done

        def tell(stage: str, kept: tuple[Candidate[M], ...] = kept, passing: int = passing) -> None:
            report(Progress(stage, passing, budget.want, kept))

        try:
            batch = step(size, drawn, tell)
        except Cancelled:
            ended = clock.why
            break
        clock.waits = False
        drawn += size
        found = order((*found, *batch))
        done = len(listed(found, run.rules))
        report(Progress("assess", min(budget.want, done), budget.want, found))
    if ended == "draws" and done >= budget.want:
        ended = "found"
    report(Progress("done", min(budget.want, done), budget.want, found))
    return DesignRun(found, run.rules, run.seed, drawn, run.seconds + clock.seconds, ended)


def _repeats(candidate: Candidate[M]) -> bool:
    verdict = candidate.verdict("duplicate")
    return verdict is not None and verdict.passed is False


def design_molecules_until(
    target: Target,
    budget: Budget | None = None,
    *,
    rules: Rules | None = None,
    seed: int = 0,
    settings: SmilesSettings | None = None,
    before: DesignRun[Molecule] | None = None,
    on_progress: Callable[[Progress[Molecule]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> DesignRun[Molecule]:
    """The same for molecules; a molecule has no hull, so the stage "stable" rejects none.

    Args: as in :func:`design_until`, with the SMILES generator's settings. A run that goes on draws with the next seed.
    """
    budget = budget or Budget()
    run: DesignRun[Molecule] = before or DesignRun((), rules or Rules(), seed)
    check_brief(target, budget)
    asked = replace(
        settings or SmilesSettings(), until="passing", filters=run.rules.filters, max_sa=run.rules.max_sa,
        cap=max(1, budget.draws // budget.want),
    )  # fmt: skip
    check_molecules(target, budget.want, asked)
    clock = _Clock(budget.seconds, cancelled)
    report = on_progress or (lambda progress: None)
    known = {c.material.smiles for c in run.candidates}
    wanted = budget.want

    def joined(new: tuple[Candidate[Molecule], ...]) -> tuple[Candidate[Molecule], ...]:
        fresh = [c for c in new if c.material.smiles not in known]
        return rank_molecules((*run.candidates, *fresh), target)

    def passed_on(progress: Progress[Molecule]) -> None:
        found = joined(progress.candidates)
        report(Progress(progress.stage, min(wanted, len(listed(found, run.rules))), wanted, found))

    new = design_molecules(
        target, wanted, seed=run.seed + run.drawn, settings=asked, on_progress=passed_on, cancelled=clock
    )
    found = joined(new)
    enough = len(listed(new, run.rules)) >= wanted
    ended = "found" if enough else clock.why if clock.over else "draws"
    return DesignRun(found, run.rules, run.seed, run.drawn + len(new), run.seconds + clock.seconds, ended)


class _Clock:
    """Asked at every step whether to stop: by the user's word, or, unless it ``waits``, because the time is over."""

    def __init__(self, most: float, cancelled: Callable[[], bool] | None) -> None:
        self.begun, self.most, self.cancelled = time.monotonic(), most, cancelled or (lambda: False)
        self.why, self.over, self.waits = "time", False, False

    def __call__(self) -> bool:
        if self.cancelled():
            self.why, self.over = "cancelled", True
        elif not self.waits and self.seconds > self.most:
            self.over = True
        return self.over

    @property
    def seconds(self) -> float:
        """Since the beginning."""
        return time.monotonic() - self.begun
