"""Crystals relaxed by CHGNet, each predicted again: before beside after, and whether each returns from a displacement.

CHGNet chose the relaxed geometry, so its own energy of it is no independent judgement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from matgen_core.chem.crystals.structure import formula_counts, to_structure
from matgen_core.chem.energies.displacement import DISPLACEMENT, Return, check_returns, without_symmetry
from matgen_core.chem.energies.symmetric_relaxation import RelaxedCrystal, relax_symmetric
from matgen_core.core.messages import Message, Text, join
from matgen_core.core.records import Candidate, Crystal, Verdict
from matgen_core.kinds.crystals.predict import predict

STEPS = 100
#: Relaxed crystals that are predicted together.
_PREDICTED = 8


@dataclass(frozen=True)
class Relaxation:
    """One candidate before and after.

    Args:
        before: as it was.
        after: relaxed and predicted again, with the verdict "relaxed"; None where it failed.
        steps: that it took.
        note: how it went, in words.
    """

    before: Candidate[Crystal]
    after: Candidate[Crystal] | None
    steps: int
    note: Text


def relax_candidates(
    candidates: Sequence[Candidate[Crystal]],
    *,
    steps: int = STEPS,
    symmetric: bool = True,
    on_progress: Callable[[tuple[Relaxation, ...], int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    executor: Executor | None = None,
) -> tuple[Relaxation, ...]:
    """Relaxes any number of crystals; one that fails says why, and the others go on.

    Args:
        candidates: any number.
        steps: for each, at most.
        symmetric: whether the space group is kept; otherwise every atom of the primitive cell moves by itself.
        on_progress: called with what is done and the step of those that move.
        cancelled: asked at every step; those that are done are kept, those that move as far as they came.
        executor: shares the work; the results do not depend on it.

    Returns:
        Those that were begun, in the order they came in.
    """
    begun, waiting = dict[int, Relaxation](), dict[int, RelaxedCrystal]()
    materials = [c.material if symmetric else without_symmetry(c.material) for c in candidates]

    def report(step: int) -> None:
        if step == 1 or len(waiting) >= _PREDICTED:  # the first step of the next batch
            take()
        if on_progress:
            on_progress(tuple(begun[i] for i in sorted(begun)), step)

    def take() -> None:
        read = _relaxations([(candidates[i], result) for i, result in waiting.items()])
        begun.update(zip(waiting, read, strict=True))
        waiting.clear()

    def keep(number: int, result: RelaxedCrystal) -> None:
        waiting[number] = result
        if executor is not None:  # no steps are reported
            report(0)

    relax_symmetric(materials, steps=steps, cancelled=cancelled, on_result=keep, on_step=report, executor=executor)
    take()
    report(0)
    return tuple(begun[i] for i in sorted(begun))


def _relaxations(found: Sequence[tuple[Candidate[Crystal], RelaxedCrystal]]) -> list[Relaxation]:
    """Each with its words, those that succeeded predicted again, together."""
    noted = [_relaxation(candidate, result) for candidate, result in found]
    moved = [entry.after for entry in noted if entry.after is not None]
    read = iter(predict(moved, judge=True, steered=True))
    return [entry if entry.after is None else replace(entry, after=next(read)) for entry in noted]


def _relaxation(candidate: Candidate[Crystal], found: RelaxedCrystal) -> Relaxation:
    """A relaxation with nothing predicted of it yet."""
    if found.crystal is None or found.energy is None or found.before is None:
        return Relaxation(candidate, None, found.steps, found.reason)
    before, after = to_structure(candidate.material), to_structure(found.crystal)
    # An atom's share: the primitive cell may have become smaller.
    change = (after.volume / len(after)) / (before.volume / len(before)) - 1.0
    note = join((_how(found, change), found.reason, _cell(candidate.material, found.crystal)))
    fresh = replace(
        candidate, id=f"{candidate.id}-relaxed", material=found.crystal, predictions={}, score=None, stage=""
    )
    return Relaxation(candidate, fresh.add_verdicts(Verdict("relaxed", found.converged, note)), found.steps, note)


def _how(found: RelaxedCrystal, change: float) -> Message:
    assert found.before is not None
    assert found.energy is not None
    return Message(
        "{gain:.3f} eV/atom lower, largest force {force:.3f} eV/Å, volume {change:+.1%}, steps: {steps}",
        steps=found.steps,
        gain=found.before - found.energy,
        force=found.force,
        change=change,
    )


def _cell(before: Crystal, after: Crystal) -> Message:
    """Words on a primitive cell or a space group that changed; empty where neither did."""
    parts, count = [], sum(formula_counts(after).values())
    if count != sum(formula_counts(before).values()):
        parts.append(Message("its primitive cell has {count} atoms now", count=count))
    if after.space_group != before.space_group:
        groups = {"before": before.space_group, "after": after.space_group}
        parts.append(Message("space group {before} became {after}", **groups))
    return join(parts)


def check_stability(
    candidates: Sequence[Candidate[Crystal]], *, seed: int = 0, cancelled: Callable[[], bool] | None = None
) -> tuple[Candidate[Crystal], ...]:
    """The same candidates with the verdict "stability": whether each returns after its atoms and cell were displaced.

    Args:
        candidates: relaxed ones, or any: each is relaxed first.
        seed: of the displacement.
        cancelled: asked at every step.
    """
    found = check_returns([c.material for c in candidates], seed=seed, cancelled=cancelled)
    return tuple(c.add_verdicts(_verdict(result)) for c, result in zip(candidates, found, strict=True))


def _verdict(found: Return) -> Verdict:
    if found.farthest is None or found.lower is None:
        return Verdict("stability", None, join((Message("could not be determined"), found.reason)))
    numbers = {"by": DISPLACEMENT, "farthest": found.farthest, "meV": 1000 * found.lower}
    if found.returned:
        said = Message("returns after a displacement by {by:g} Å, to within {farthest:.2f} Å", **numbers)
    elif found.returned is None:
        said = join((Message("not converged after a displacement by {by:g} Å", **numbers), found.reason))
    else:
        said = Message(
            "does not return after a displacement by {by:g} Å: {farthest:.2f} Å away and {meV:.0f} meV/atom lower",
            **numbers,
        )
    return Verdict("stability", found.returned, said)
