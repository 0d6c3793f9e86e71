"""Predictors of each kind, by the name that a property carries in ``predicted_by``.

A new predictor is its module and its line here; table, card, files and judgement follow from the property's record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from matgen_core.core.messages import Message
from matgen_core.core.records import Candidate, Prediction
from matgen_core.core.registry import Registry, load

#: Called with the candidates predicted and candidates in all; and asked whether to stop.
OnRead = Callable[[int, int], None] | None
Cancelled = Callable[[], bool] | None


@dataclass(frozen=True, slots=True)
class Predictor:
    """One predictor of one kind.

    Args:
        path: "module:function" (candidates, on_progress, cancelled) -> the predictions of each candidate.
        known: "module:function" (reference) -> (N,) values of the known materials, where the property has no column in
            the reference but follows from their structures; empty for none.
        on_request: whether it is asked only where its predictions are wanted.
    """

    path: str
    known: str = ""
    on_request: bool = False


_CRYSTALS, _COMPOSITIONS = "matgen_core.kinds.crystals", "matgen_core.kinds.compositions.predict"
#: Predictors of a kind, in the order in which they are asked.
PREDICTORS = {kind: Registry[Predictor](Message("predictor")) for kind in ("crystals", "compositions", "molecules")}
PREDICTORS["crystals"].add("chgnet", Predictor(f"{_CRYSTALS}.predict:predict_by_chgnet"))
PREDICTORS["crystals"].add("crystal-gap", Predictor(f"{_CRYSTALS}.predict:predict_by_gap_judge"))
PREDICTORS["crystals"].add(
    "cell", Predictor(f"{_CRYSTALS}.density:read_density", known=f"{_CRYSTALS}.density:known_densities")
)
PREDICTORS["compositions"].add("matbert", Predictor(f"{_COMPOSITIONS}:predict_by_matbert"))
PREDICTORS["compositions"].add("measured-gap", Predictor(f"{_COMPOSITIONS}:read_measured_gap"))
PREDICTORS["molecules"].add("rdkit", Predictor("matgen_core.kinds.molecules.judge:predict_by_rdkit"))
PREDICTORS["molecules"].add("admet-ai", Predictor("matgen_core.kinds.molecules.admet:predict_admet", on_request=True))


def predictions_of(
    kind: str,
    candidates: Sequence[Candidate[Any]],
    on_progress: OnRead = None,
    cancelled: Cancelled = None,
    *,
    on_request: bool = False,
) -> list[list[Prediction]]:
    """Predictions of each candidate by every predictor of its kind.

    Args:
        kind: "crystals", "compositions" or "molecules".
        candidates: of that kind.
        on_progress: called with candidates predicted, by those predictors that take their time.
        cancelled: asked often.
        on_request: whether those are asked that are asked only on request, in place of the others.

    Raises:
        Cancelled: where ``cancelled`` said so.
    """
    found: list[list[Prediction]] = [[] for _ in candidates]
    for predictor in (entry for _name, entry in PREDICTORS[kind].items() if entry.on_request == on_request):
        read = load(predictor.path)(candidates, on_progress, cancelled)
        for own, more in zip(found, read, strict=True):
            own.extend(more)
    return found
