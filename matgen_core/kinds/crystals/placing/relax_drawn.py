"""Relaxation of what was generated: a few quasi-Newton steps by CHGNet, which steers.

What stays far above the hull is given up early.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from matgen_core.chem.crystals.structure import formula_counts
from matgen_core.chem.energies.chgnet import formation_energy
from matgen_core.chem.energies.symmetric_relaxation import RelaxedCrystal, relax_symmetric
from matgen_core.chem.formulas.constraints import check_crystal
from matgen_core.core.goals import Constraints
from matgen_core.core.messages import Message
from matgen_core.core.records import Candidate, Crystal, Verdict
from matgen_core.kinds.crystals.known.reference import Reference, load_reference

#: eV/atom above the hull; a crystal that the search does not expect to come below it is given up.
HOPELESS = 0.15


def relax_drawn(
    candidates: Sequence[Candidate[Crystal]],
    steps: int,
    *,
    constraints: Constraints | None = None,
    cancelled: Callable[[], bool] | None = None,
    on_relaxed: Callable[[Sequence[tuple[Candidate[Crystal], float | None]]], None] | None = None,
) -> tuple[Candidate[Crystal], ...]:
    """The same candidates, each with the geometry that it relaxed to and the verdict "relaxed".

    One that fails keeps the geometry that it had, and its verdict says why. Once cancelled, what was relaxed so far
    comes back with the others as they were.

    Args:
        candidates: with a geometry.
        steps: at most; 0 relaxes none.
        constraints: a candidate that relaxes to what they exclude, as a smaller cell, stays as it was.
        cancelled: asked before each step.
        on_relaxed: called, after a step, of those that ended with it, each with CHGNet's energy (eV/atom).
    """
    if steps == 0 or not candidates:
        return tuple(candidates)
    reference = load_reference()
    bounds = [_bound(candidate.material, reference) for candidate in candidates]
    ended: list[tuple[Candidate[Crystal], float | None]] = []

    def keep(number: int, result: RelaxedCrystal) -> None:
        relaxed = _relaxed(candidates[number], result, constraints)
        ended.append((relaxed, result.energy if relaxed.material is result.crystal else None))

    def tell(_step: int) -> None:
        if on_relaxed and ended:
            on_relaxed(tuple(ended))
        ended.clear()

    found = relax_symmetric(
        [c.material for c in candidates],
        steps=steps,
        bounds=bounds,
        cancelled=cancelled,
        on_result=keep if on_relaxed else None,
        on_step=tell,
    )
    return tuple(_relaxed(candidate, result, constraints) for candidate, result in zip(candidates, found, strict=True))


def _bound(crystal: Crystal, reference: Reference) -> float | None:
    """CHGNet's energy (eV/atom) of a crystal so far above the hull that it is given up; None where it is not known."""
    counts = formula_counts(crystal)
    zero = formation_energy(0.0, counts, reference.elements)
    hull = None if zero is None else reference.hull.read(counts, 0.0)
    if zero is None or hull is None or hull.e_above_hull is None:
        return None
    return HOPELESS - hull.e_above_hull - zero


def _relaxed(
    candidate: Candidate[Crystal], result: RelaxedCrystal, constraints: Constraints | None
) -> Candidate[Crystal]:
    if result.crystal is None:
        return candidate.add_verdicts(Verdict("relaxed", None, result.reason))
    counts = formula_counts(result.crystal)
    if constraints is not None and (problem := check_crystal(result.crystal, counts, constraints).reason):
        left = Message("relaxation would break the constraints ({problem}); left unrelaxed", problem=problem)
        return candidate.add_verdicts(Verdict("relaxed", None, left))
    reason = result.reason
    if result.energy is not None and result.before is not None:
        reason = Message(
            "{gain:.3f} eV/atom lower after {steps} steps", gain=result.before - result.energy, steps=result.steps
        )
    if result.regrouped:
        reason = Message(
            "{reason}; space group {before} became {after}",
            reason=reason,
            before=result.space_group,
            after=result.crystal.space_group,
        )
    moved = replace(candidate, material=result.crystal)
    return moved.add_verdicts(Verdict("relaxed", result.converged or None, reason))
