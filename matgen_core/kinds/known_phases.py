"""Known phases beside a prediction: zero by definition, whether enough are known, the cost in the ranking."""

from __future__ import annotations

from collections.abc import Collection

from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.chem.formulas.stability import few_known, shallow_text
from matgen_core.core.messages import Message, join
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import STEERING, Candidate, M, Prediction, Verdict
from matgen_core.kinds.crystals.known.reference import Reference

ENERGIES = ("formation_energy", "e_above_hull")


def by_definition(key: str, value: float | None, method: str) -> Prediction:
    """An energy of an element in its ground state: 0, with what a model would say of it in the note."""
    note = (
        ""
        if value is None
        else Message(
            "an element in its ground state; {method} predicts {value:+.3f} eV/atom", method=method, value=value
        )
    )
    return Prediction(key, 0.0, 0.0, PROPERTIES[key].unit, Message("by definition"), True, note, 0.0)


def check_known_phases(reference: Reference, formula: str, elements: Collection[str]) -> Verdict:
    """Verdict "known_phases": whether enough phases of these elements are known for the hull to mean something.

    Args:
        reference: with the hull of the known phases.
        formula: reduced formula.
        elements: of it.
    """
    if len(elements) == 1:
        return Verdict("known_phases", True, "an element")
    if reference.energy_of(formula) is not None:
        return Verdict(
            "known_phases", True, Message("the energy of {formula} is known", formula=write_formula(formula))
        )
    hull = reference.hull
    if apart := hull.elements_apart(list(elements)):
        return Verdict(
            "known_phases",
            False,
            Message("no known phase contains {apart} together with another of these elements", apart=join(apart, ", ")),
        )
    known = hull.count_known(elements)
    enough = not few_known(len(elements), known)
    if not enough:
        return Verdict("known_phases", False, shallow_text(known))
    found = Message("{known} known formulas of these elements", known=known)
    return Verdict("known_phases", True, Message("1 known formula of these elements") if known == 1 else found)


def cost_above_hull(candidate: Candidate[M]) -> float:
    """What ranking holds against a candidate for its distance to the hull, in tolerances, at most ten.

    What the table knows of the material itself counts before a prediction. Nothing is gained below the hull. Where too
    few phases are known, the doubt is added; without a distance it costs as much as the largest.
    """
    above, tolerance = candidate.best("e_above_hull"), PROPERTIES["e_above_hull"].tolerance
    if above is None:
        return 10.0
    shallow = candidate.failed("known_phases")
    spread = candidate.predictions["e_above_hull"].spread if shallow else None
    return min(10.0, (max(0.0, above) + (spread or 0.0)) / tolerance + (1.0 if shallow else 0.0))


def is_judged(prediction: Prediction) -> bool:
    """Whether something else than the model that steered says so: a judge, or the table of known phases."""
    judged = prediction.judged is not None and prediction.judged.value is not None
    return judged or prediction.known is not None


def is_near_hull(candidate: Candidate[M], most: float) -> bool:
    """Whether it lies within ``most`` (eV/atom) of the hull, and enough phases are known to say so.

    Where a model steered, it does not say so itself: only the judge does, or the table of known phases.
    """
    above, prediction = candidate.best("e_above_hull"), candidate.predictions.get("e_above_hull")
    if prediction is not None and prediction.role == STEERING and not is_judged(prediction):
        return False
    return above is not None and above < most and not candidate.failed("known_phases")
