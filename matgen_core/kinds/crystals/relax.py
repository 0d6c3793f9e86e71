"""The chosen few relaxed, one at a time, each read again: before beside after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from matgen_core.chem.relaxation import STEPS, relax_structure
from matgen_core.chem.structure import formula_counts, from_structure, to_structure
from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.core.messages import Message, join
from matgen_core.core.records import Candidate, Crystal, Verdict
from matgen_core.kinds.crystals.predict import predict

#: Most that are relaxed in one go; a cell of 20 atoms takes minutes on two cores.
MOST = 10


@dataclass(frozen=True)
class Relaxation:
    """One candidate before and after.

    Args:
        before: as it was.
        after: relaxed and read again, with the verdict "relaxed"; None where it failed.
        steps: FIRE took.
        note: how it went, in words.
    """

    before: Candidate[Crystal]
    after: Candidate[Crystal] | None
    steps: int
    note: str


def relax_candidates(
    candidates: Sequence[Candidate[Crystal]],
    *,
    steps: int = STEPS,
    on_progress: Callable[[tuple[Relaxation, ...], int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Relaxation, ...]:
    """Relaxes at most MOST crystals; a cancel keeps those that are done, and the running one as far as it came.

    Args:
        candidates: the chosen ones, the first MOST of which are taken.
        steps: of FIRE for each, at most.
        on_progress: called with what is done, the number of the running one and its step.
        cancelled: asked at every step.
    """
    done: list[Relaxation] = []
    for number, candidate in enumerate(candidates[:MOST]):

        def step(count: int, _force: float, number: int = number) -> None:
            if on_progress:
                on_progress(tuple(done), number, count)

        try:
            done.append(_relax(candidate, steps, step, cancelled))
        except Cancelled:
            break
        if on_progress:
            on_progress(tuple(done), number + 1, 0)
    return tuple(done)


def _relax(
    candidate: Candidate[Crystal],
    steps: int,
    on_step: Callable[[int, float], None],
    cancelled: Callable[[], bool] | None,
) -> Relaxation:
    structure = to_structure(candidate.material)
    found = relax_structure(structure, steps, on_step=on_step, cancelled=cancelled)
    if found.structure is None:
        return Relaxation(candidate, None, found.steps, found.note)
    change = found.structure.volume / structure.volume - 1.0
    note = Message(
        "{steps} steps, largest force {force:.3f} eV/Å, volume {change:+.1%}",
        steps=found.steps,
        force=found.force,
        change=change,
    )
    if not found.converged:
        note = join((note, "not at rest yet"))
    try:
        crystal = from_structure(found.structure)
    except BadInput as error:
        return Relaxation(candidate, None, found.steps, join((note, str(error))))
    if sum(formula_counts(crystal).values()) != len(structure):
        count = sum(formula_counts(crystal).values())
        note = join((note, Message("its primitive cell has {count} atoms now", count=count)))
    if crystal.space_group != candidate.material.space_group:
        before = candidate.material.space_group
        now = Message("space group {before} became {after}", before=before, after=crystal.space_group)
        note = join((note, now))
    fresh = replace(candidate, id=f"{candidate.id}-relaxed", material=crystal, predictions={}, score=None)
    (after,) = predict([fresh])
    return Relaxation(candidate, after.add_verdicts(Verdict("relaxed", found.converged, note)), found.steps, note)
