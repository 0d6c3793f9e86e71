"""Two potentials on one energy: which steers, which judges, and whether they agree.

Rule: in a run a model either steers or judges. CHGNet steers (it relaxes and chooses), SevenNet judges energies. Nobody
else predicts moments, so there CHGNet does both and the record says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from matgen_core.chem.energies.chgnet import METHOD as CHGNET
from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import BOTH, JUDGING, STEERING, Candidate, Crystal, Judgement, Prediction, Verdict
from matgen_core.kinds.crystals.checks.energy_judge import METHOD, JudgedEnergy, judge_energies
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.known_phases import ENERGIES

#: eV/atom; nearer than this the two agree, wherever they lie.
NEAR = 0.05
#: eV/atom; a generated crystal that the steering model predicts further above the hull is not judged: it is out anyway.
FAR = 0.3
#: Name of the verdict.
RULE = "agreement"
_MOMENTS = ("magnetic_moment", "max_site_moment")


def agree(first: float | None, second: float | None, limit: float | None = None) -> bool | None:
    """Whether two distances to the hull agree: both below the limit, or within :data:`NEAR`; None without one of them.

    >>> agree(0.02, 0.09), agree(0.02, 0.12), agree(0.50, 0.54), agree(0.02, None)
    (True, False, True, None)

    Args:
        first: eV/atom.
        second: eV/atom.
        limit: eV/atom; None takes the tolerance of the distance to the hull.
    """
    if first is None or second is None:
        return None
    most = PROPERTIES["e_above_hull"].tolerance if limit is None else limit
    return (first < most and second < most) or abs(first - second) <= NEAR


def add_roles(candidate: Candidate[Crystal]) -> Candidate[Crystal]:
    """The candidate with the role of the model of each prediction: the gap's network judges what the critic steered."""
    roles = dict.fromkeys(ENERGIES, STEERING) | dict.fromkeys(_MOMENTS, BOTH) | {"band_gap": JUDGING}
    found = [replace(p, role=roles[key]) for key, p in candidate.predictions.items() if key in roles]
    return candidate.add_predictions(*found)


def add_judgements(
    candidates: Sequence[Candidate[Crystal]], cancelled: Callable[[], bool] | None = None
) -> tuple[Candidate[Crystal], ...]:
    """The candidates with the judge's energies beside those predicted, and the verdict whether both agree.

    Args:
        candidates: with predictions of energy.
        cancelled: asked before each.

    Raises:
        Cancelled: where ``cancelled`` said so.
    """
    asked = [i for i, candidate in enumerate(candidates) if not _is_out(candidate)]
    judged = dict(zip(asked, judge_energies([candidates[i].material for i in asked], cancelled=cancelled), strict=True))
    return tuple(
        add_agreement(_with_judgement(candidate, judged[i]) if i in judged else candidate)
        for i, candidate in enumerate(candidates)
    )


def _is_out(candidate: Candidate[Crystal]) -> bool:
    """Whether it needs no judge: it has no prediction, or it was generated and is predicted far above the hull."""
    prediction = candidate.predictions.get("e_above_hull")
    if prediction is None or (prediction.value is None and candidate.value("formation_energy") is None):
        return True
    far = prediction.value is not None and prediction.value > FAR
    return far and prediction.role == STEERING and prediction.known is None


def _with_judgement(candidate: Candidate[Crystal], found: JudgedEnergy) -> Candidate[Crystal]:
    wide = found.spread
    if found.hull is not None:
        wide = load_reference().widen(found.spread, found.hull)
    values = {"formation_energy": (found.formation_energy, found.spread), "e_above_hull": (found.e_above_hull, wide)}
    judged: list[Prediction] = []
    for key, (value, spread) in values.items():
        if (prediction := candidate.predictions.get(key)) is not None:
            note = found.note if key == "e_above_hull" or value is None else ""
            judgement = Judgement(value, None if value is None else spread, METHOD, note)
            judged.append(replace(prediction, judged=judgement))
    return candidate.add_predictions(*judged)


def add_agreement(candidate: Candidate[Crystal]) -> Candidate[Crystal]:
    """The candidate with the verdict whether both potentials agree; None where the judge has not looked."""
    prediction = candidate.predictions.get("e_above_hull")
    if prediction is None or (prediction.judged is None and not prediction.role):
        return candidate  # a material from a file, of which no judge was asked
    return candidate.add_verdicts(_compare(prediction, CHGNET))


def _compare(prediction: Prediction, model: str) -> Verdict:
    judged, steered = prediction.judged, prediction.value
    if judged is None and steered is not None and steered > FAR:
        reason = Message(
            "{model} only: not judged by a second model, because {model} predicts {value:.3f} eV/atom above the hull",
            model=model,
            value=steered,
        )
        return Verdict(RULE, None, reason)
    if judged is None:
        return Verdict(RULE, None, Message("{model} only: not judged by a second model", model=model))
    if judged.value is None or steered is None:
        missing = judged.note if judged.value is None else prediction.note
        return Verdict(RULE, None, Message("{model} only: {note}", model=model, note=missing))
    said = {"value": steered, "model": model, "judged": judged.value, "judge": judged.method}
    reason = Message("above the hull: {value:.3f} eV/atom by {model}, {judged:.3f} by {judge}", **said)
    if prediction.role == STEERING:
        reason = Message(
            "above the hull: {value:.3f} eV/atom by {model} (steers), {judged:.3f} by {judge} (judges)",
            **said,
        )
    return Verdict(RULE, agree(steered, judged.value), reason)
