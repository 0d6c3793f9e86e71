"""Two questions with a crystal's name in them: which structures may a formula have, and what is like this crystal?

:func:`list_structures` lists the known structures of a formula and generates others; :func:`vary_crystal` exchanges the
elements of a crystal in its own structure type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from math import gcd
from typing import Any

import numpy as np

from matgen_core.chem.crystals.structure import formula_counts, reduced_formula
from matgen_core.chem.formulas.composition import parse_formula
from matgen_core.chem.formulas.constraints import check_constraints
from matgen_core.chem.formulas.formula_type import read_type
from matgen_core.core.errors import BadInput, BadTarget, Cancelled, quote
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.messages import join
from matgen_core.core.records import KNOWN, PLACED, Candidate, Crystal, Origin, Progress, candidate_id
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.compositions.rows import reduce_formula
from matgen_core.kinds.crystals.checks.critic import load_critic, predict_drafts
from matgen_core.kinds.crystals.drafts import Draft, choose_drafts
from matgen_core.kinds.crystals.engines.substitution import Substitution
from matgen_core.kinds.crystals.generate import load_engine
from matgen_core.kinds.crystals.in_work import at_stage
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.kinds.crystals.writing.grammar import MAX_SITES, skeleton_of
from matgen_core.kinds.protocol import Brief
from matgen_core.kinds.registry import load_kind, record_of
from matgen_core.workflows.design import design
from matgen_core.workflows.loop import Working, stage_of_batch
from matgen_core.workflows.screening.candidate_files import Item, Refused

#: Engine of a structure that is known, as its origin says it.
#: Atoms in the primitive cell of a generated structure, at most.
MOST_ATOMS = 40
#: Exchanges that are generated for each variant that is wanted.
_WIDER = 12
#: eV/atom above the hull that the critic counts as near.
_NEAR = 0.05

OnProgress = Callable[[Progress[Any]], None]


def list_structures(
    formula: str,
    count: int = 8,
    *,
    seed: int = 0,
    settings: CrystalSettings | None = None,
    on_progress: OnProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Candidate, ...]:
    """The known structures of a formula, then others that it may have; each group by its distance to the hull.

    Args:
        formula: such as BaTiO3.
        count: others that are generated; 0 lists the known ones only.
        seed: of the random numbers.
        settings: of the generator; None for the usual ones.
        on_progress: called after each stage of each batch.
        cancelled: asked often; once it says yes, what was found is returned.

    Raises:
        BadTarget: for what is no formula, and for one that no structure type fits.
    """
    target = target_of(formula)
    report = on_progress or (lambda progress: None)
    settings = settings or CrystalSettings()
    known = tuple(_by_hull(_known_structures(reduce_formula(formula), target, settings)))
    report(Progress("predict", len(known), len(known) + count, known))
    found: tuple[Candidate, ...] = ()

    def report_with_known(progress: Progress[Any]) -> None:
        if progress.stage != "done":  # what is listed in the end is reported below
            shown = (*known, *progress.candidates)
            report(replace(progress, done=len(known) + progress.done, total=len(known) + count, candidates=shown))

    if count and not (cancelled and cancelled()):
        try:
            found = design(
                "crystals",
                target,
                count,
                seed=seed,
                settings=settings,
                on_progress=report_with_known,
                cancelled=cancelled,
            )
        except BadTarget:  # no space group holds the formula in so few atoms; what is known of it still counts
            if not known:
                raise
    if not known and not found and not (cancelled and cancelled()):
        raise BadTarget(
            "no structure type fits {formula}; look for a formula with smaller amounts", formula=quote(formula)
        )
    listed = (*known, *_by_hull(c for c in found if not c.failed("duplicate") and not c.failed("novelty")))
    report(Progress("done", len(listed), len(known) + count, listed))
    return listed


def target_of(formula: str) -> Target:
    """What is asked of crystals of a formula.

    Raises:
        BadTarget: for what is no formula with elements, or has too many atoms.
    """
    if read_type(formula) is not None:
        raise BadTarget(
            "{formula} is a type of formula; give one with elements, such as BaTiO3", formula=quote(formula)
        )
    amounts = parse_formula(formula)
    smallest = sum(amounts.values()) // gcd(*amounts.values())
    if smallest > MOST_ATOMS:
        raise BadTarget(
            "{formula} has {atoms} atoms in its smallest cell; structures are generated for at most {most}",
            formula=quote(formula),
            atoms=smallest,
            most=MOST_ATOMS,
        )
    target = Target({}, Constraints(formula=formula, max_atoms=MOST_ATOMS))
    check_constraints(target.constraints)
    return target


def _known_structures(formula: str, target: Target, settings: CrystalSettings) -> tuple[Candidate, ...]:
    """What the reference has of a formula, predicted and checked as it is; nothing of it is relaxed."""
    structures = load_reference().structures
    rows = structures.rows(formula)
    known = [Candidate(str(structures.ids[row]), structures.crystal(row), Origin(KNOWN)) for row in rows]
    return _finish(known, target, replace(settings, relax=0))


def _finish(
    batch: Sequence[Candidate],
    target: Target,
    settings: CrystalSettings,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Any, ...]:
    """The batch relaxed, predicted and judged; once cancelled, each in the stage that it has reached."""
    if not batch:
        return ()
    report = on_progress or (lambda progress: None)
    working = Working[Any]()
    stages = load_kind("crystals").begin(Brief(target, target, seed, settings, on_stage=working))
    working.judge = stages.judge
    working.tell = lambda rows: report(Progress(stage_of_batch(rows), 0, len(batch), working=rows))
    if on_progress:
        expected = predict_drafts([skeleton_of(candidate.material) for candidate in batch])
        working([at_stage(candidate, PLACED, found) for candidate, found in zip(batch, expected, strict=True)])
    try:
        return tuple(stages.judge(stages.predict(batch, cancelled=cancelled)))
    except Cancelled:
        return working.keep()


def _by_hull(candidates: Any) -> list[Candidate]:
    """By what is known of their distance to the hull, or else by the prediction; those without a judgement last."""

    def height(candidate: Candidate) -> tuple[float, str]:
        above = None if candidate.stage else candidate.best("e_above_hull")
        return (float("inf") if above is None else above), candidate.id

    return sorted(candidates, key=height)


def vary_crystal(
    candidate: Candidate[Crystal],
    count: int = 16,
    *,
    goals: dict[str, Goal] | None = None,
    constraints: Constraints | None = None,
    seed: int = 0,
    settings: CrystalSettings | None = None,
    on_progress: OnProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Candidate, ...]:
    """Crystals of the same structure type with other elements, best first.

    Args:
        candidate: whose elements are exchanged.
        count: variants.
        goals: by which the critic chooses; none for the nearest to the hull only.
        constraints: every variant keeps them; None for any elements.
        seed: of the random numbers.
        settings: of the relaxation; None for the usual ones.
        on_progress: called with the variants in work, each in its stage, and of what came of them.
        cancelled: asked often; once it says yes, each comes back in the stage that it has reached.

    Raises:
        BadInput: for a crystal that is too large to be varied, or has elements that nothing is known of.
        BadTarget: where no exchange keeps the constraints.
    """
    crystal, settings = candidate.material, settings or CrystalSettings()
    asked = check_source(candidate, constraints)
    target, engine = Target(goals or {}, asked), load_engine("substitution")
    assert isinstance(engine, Substitution)
    rng = np.random.default_rng(seed)
    try:
        made = engine.variants(crystal, asked, _WIDER * count, rng, cancelled)
    except Cancelled:
        return ()
    drafts = [
        Draft(skeleton_of(one.crystal), engine.name, engine.checkpoint, 0, one.log_odds, one.crystal) for one in made
    ]
    chosen = choose_drafts(drafts, target, count, _NEAR, load_critic())
    if not chosen:
        raise BadTarget(
            "no exchange of elements in {formula} keeps the constraints and balances the charges; allow more elements",
            formula=reduced_formula(crystal),
        )
    batch = [
        Candidate(candidate_id(seed, i, 4), draft.crystal, Origin("substitution", draft.checkpoint, seed, i))
        for i, draft in enumerate(chosen)
        if draft.crystal is not None
    ]
    found = load_kind("crystals").rank(_finish(batch, target, settings, seed, on_progress, cancelled), target)
    if on_progress:
        on_progress(Progress("done", len(found), len(batch), found))
    return found


def check_source(candidate: Candidate[Crystal], constraints: Constraints | None = None) -> Constraints:
    """The constraints of a crystal's variants.

    Args:
        candidate: whose elements are to be exchanged.
        constraints: that were asked for; None for any elements.

    Raises:
        BadInput: for a crystal that is too large to be varied, or has elements that nothing is known of.
        BadTarget: for constraints that cannot be.
    """
    crystal = candidate.material
    counts = formula_counts(crystal)
    if unknown := sorted(set(counts) - set(ELEMENTS)):
        raise BadInput(
            "{name} contains {elements}, which no model here knows; give a crystal without it",
            name=quote(candidate.name or candidate.id),
            elements=join(unknown, ", "),
        )
    atoms = sum(counts.values())
    if len(crystal.sites) > MAX_SITES or atoms > 4 * MOST_ATOMS:
        raise BadInput(
            "{name} has {atoms} atoms on {sites} positions in its primitive cell; give a crystal with at most "
            "{most_atoms} on {most_sites}",
            name=quote(candidate.name or candidate.id),
            atoms=atoms,
            sites=len(crystal.sites),
            most_atoms=4 * MOST_ATOMS,
            most_sites=MAX_SITES,
        )
    asked = constraints or Constraints()
    asked = replace(asked, max_atoms=max(asked.max_atoms, atoms))
    check_constraints(asked)
    return asked


def only_crystal(items: Iterable[Item], name: str) -> Candidate[Crystal]:
    """The one crystal of a file.

    Args:
        items: of the file, as :mod:`.screening.candidate_files` reads it.
        name: of the file.

    Raises:
        BadInput: naming the file, where it holds none, or several.
    """
    read = list(items)
    refused = [item for item in read if isinstance(item, Refused)]
    crystals = [item for item in read if not isinstance(item, Refused) and record_of(item.material).has_geometry]
    if not crystals and refused:
        raise BadInput("{file} cannot be varied: {reason}", file=name, reason=refused[0].reason)
    if len(crystals) != 1:
        raise BadInput(
            "{file} contains {count} crystals; give a file of one structure, such as a CIF",
            file=name,
            count=len(crystals),
        )
    return crystals[0]
