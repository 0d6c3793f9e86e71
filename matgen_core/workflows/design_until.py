"""The loop of chapter 4.5: draw, read, judge, and again, until enough pass or the budget ends.

Generation is told the goals, the constraints and the elements that the rules exclude, and does not place what the rules
would reject whatever its geometry: known, drawn before, or of no possible charges. The readings that confirm filter
and count; nothing of them goes back into generation, so that they stay a judge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from matgen_core.chem.composition import formula_elements
from matgen_core.chem.formula_type import read_type
from matgen_core.chem.hazards import RADIOACTIVE, TOXIC
from matgen_core.chem.oxidation import NONE, balance
from matgen_core.chem.structure import reduced_formula
from matgen_core.chem.symmetry import wyckoff_positions
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Target
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Formula,
    Molecule,
    Progress,
)
from matgen_core.core.settings import CompositionSettings, CrystalSettings, MoleculeSettings
from matgen_core.kinds.compositions.judge import finish_formulas, judge_formulas, rank_formulas
from matgen_core.kinds.compositions.predict import predict_formulas
from matgen_core.kinds.crystals.conditions import check_target
from matgen_core.kinds.crystals.duplicates import SeenStructures
from matgen_core.kinds.crystals.generate import check_settings, generate
from matgen_core.kinds.crystals.grammar import Skeleton, placeless
from matgen_core.kinds.crystals.judge import assess
from matgen_core.kinds.crystals.predict import predict
from matgen_core.kinds.crystals.rank import rank
from matgen_core.kinds.crystals.reference import load_reference, structure_type
from matgen_core.kinds.crystals.rows import ELEMENTS
from matgen_core.kinds.molecules.conditions import check_molecules
from matgen_core.kinds.molecules.judge import Judge, rank_molecules
from matgen_core.kinds.rules import Rules, judge_compositions, judge_crystals
from matgen_core.workflows.design_compositions import check_compositions, draw_formulas
from matgen_core.workflows.design_molecules import MoleculeWriter
from matgen_core.workflows.loop import (
    COMPOSITIONS,
    CRYSTALS,
    MOLECULES,
    Budget,
    Clock,
    DesignRun,
    check_brief,
    go_on,
)

#: Different geometries of one structure type that a run tries.
_MOST_ALIKE = 3


def allowed(target: Target, rules: Rules) -> Target:
    """The target with the elements that the rules exclude taken out before anything is drawn.

    Raises:
        BadTarget: where the user asks for an element that the rules exclude.
    """
    out = frozenset(() if rules.toxic else TOXIC) | frozenset(() if rules.radioactive else RADIOACTIVE)
    constraints = target.constraints
    asked = constraints.include | (constraints.chemical_system or frozenset())
    if constraints.formula is not None:
        asked |= formula_elements(constraints.formula)
    if asked & out:
        names = ", ".join(sorted(asked & out))
        raise BadTarget(f"{names} is asked for and excluded as toxic or radioactive; allow such elements, or drop it")
    if constraints.chemical_system is not None:
        return target  # exactly these elements: nothing to exclude
    if constraints.formula is not None and read_type(constraints.formula) is None:
        return target  # likewise
    return replace(target, constraints=replace(constraints, exclude=constraints.exclude | (out & set(ELEMENTS))))


def design_until(
    target: Target,
    budget: Budget | None = None,
    *,
    rules: Rules | None = None,
    seed: int = 0,
    settings: CrystalSettings | None = None,
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
    budget, settings = budget or Budget(), settings or CrystalSettings()
    run: DesignRun[Crystal] = before or DesignRun((), rules or Rules(), seed)
    check_target(target)
    check_settings(settings)
    check_brief(target, budget, run.rules)
    told, clock = allowed(target, run.rules), Clock(budget.seconds, cancelled)
    check_target(told)
    seen = SeenStructures.of(reversed(run.candidates))
    refuses = partial(_is_hopeless, known=run.rules.known, seen=seen)

    def step(size: int, first: int, tell: Callable[[str], None]) -> tuple[Candidate[Crystal], ...]:
        tell("generate")
        batch = generate(told, size, seed=run.seed, settings=settings, first=first, cancelled=clock, refuses=refuses)
        tell("predict")
        # Not asked whether to stop: what has a structure is predicted, which takes seconds, and so can be judged.
        return judge_crystals(assess(predict(batch), target, seen), run.rules)

    return go_on(run, budget, CRYSTALS, step, lambda found: rank(found, target), clock, on_progress)


def _is_hopeless(skeleton: Skeleton, known: bool, seen: SeenStructures) -> bool:
    """Whether the rules reject a crystal of this skeleton, as far as its formula and structure type say.

    A polyanion with long chains (Te–Te) that only its geometry would show is given up here, too.

    Args:
        skeleton: to be placed.
        known: whether what is known already may be listed.
        seen: the different structures of the run so far.
    """
    crystal = placeless(skeleton)
    kind, formula, reference = structure_type(crystal), reduced_formula(crystal), load_reference()
    free = any(wyckoff_positions(crystal.space_group)[site.letter].degrees_of_freedom for site in crystal.sites)
    alike = sum(structure_type(other) == kind for other in seen.of_formula(formula))
    if alike >= (_MOST_ALIKE if free else 1):
        return True
    if not known and (reference.has_type(kind) or not reference.may_be_new(formula)):
        return True
    return balance(formula).kind == NONE


def design_compositions_until(
    target: Target,
    budget: Budget | None = None,
    *,
    rules: Rules | None = None,
    seed: int = 0,
    settings: CompositionSettings | None = None,
    before: DesignRun[Formula] | None = None,
    on_progress: Callable[[Progress[Formula]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> DesignRun[Formula]:
    """The same for compositions: all is read from the formula, the distance to the hull too.

    Args: as in :func:`design_until`, with the settings of the formulas' generator; whether charges balance is left to
        the rule "oxidation", by which alloys pass.
    """
    budget, settings = budget or Budget(), replace(settings or CompositionSettings(), neutral=False, new=False)
    run: DesignRun[Formula] = before or DesignRun((), rules or Rules(), seed)
    check_brief(target, budget, run.rules)
    told, clock = allowed(target, run.rules), Clock(budget.seconds, cancelled)
    may = check_compositions(told, 1, settings)
    seen = {c.material.reduced: c.id for c in reversed(run.candidates) if not c.failed("duplicate")}

    def step(size: int, first: int, tell: Callable[[str], None]) -> tuple[Candidate[Formula], ...]:
        tell("generate")
        batch = draw_formulas(told, size, may, settings, seed=run.seed, first=first, cancelled=clock)
        tell("predict")
        read = predict_formulas(judge_formulas(batch, target, settings, seen))
        return judge_compositions(finish_formulas(read, target), run.rules)

    return go_on(run, budget, COMPOSITIONS, step, lambda found: rank_formulas(found, target), clock, on_progress)


def design_molecules_until(
    target: Target,
    budget: Budget | None = None,
    *,
    rules: Rules | None = None,
    seed: int = 0,
    settings: MoleculeSettings | None = None,
    before: DesignRun[Molecule] | None = None,
    on_progress: Callable[[Progress[Molecule]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> DesignRun[Molecule]:
    """The same for molecules; a molecule has no hull, so the stage "stable" rejects none.

    Args: as in :func:`design_until`, with the SMILES generator's settings; how many strings may be drawn is the
        budget's to say.
    """
    budget = budget or Budget()
    run: DesignRun[Molecule] = before or DesignRun((), rules or Rules(), seed)
    check_brief(target, budget)
    usual = settings or MoleculeSettings()
    told = replace(usual, until="passing", filters=run.rules.filters, max_sa=run.rules.max_sa, cap=1)
    check_molecules(target, budget.want, told)
    clock, writer = Clock(budget.seconds, cancelled), MoleculeWriter(target, run.seed, told)
    seen = {c.material.smiles: c.id for c in reversed(run.candidates) if not c.failed("duplicate")}
    judge = Judge(target, told, writer.reference, seen)

    def step(size: int, first: int, tell: Callable[[str], None]) -> tuple[Candidate[Molecule], ...]:
        tell("generate")
        batch = writer.draw(first, size, clock)
        tell("predict")
        return judge(batch)

    return go_on(run, budget, MOLECULES, step, lambda found: rank_molecules(found, target), clock, on_progress)
