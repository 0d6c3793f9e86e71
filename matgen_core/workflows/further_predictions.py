"""Predictions beside those of a kind's usual models: by predictors that the user trained, and of ADMET."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matgen_core.core.records import Candidate
from matgen_core.kinds.predictors import predictions_of
from matgen_core.workflows.own_properties.own_predictors import add_own_predictions
from matgen_core.workflows.screening.screen import by_kind


@dataclass(frozen=True)
class FurtherPredictions:
    """Adds them to a checked batch, here or in a worker.

    Args:
        names: of predictors of ``matgen finetune``.
        admet: whether the predictors that are asked on request only, as ``admet-ai``, are asked.
    """

    names: tuple[str, ...] = ()
    admet: bool = False

    def __bool__(self) -> bool:
        return self.admet or bool(self.names)

    def __call__(self, candidates: Sequence[Candidate[Any]]) -> tuple[Candidate[Any], ...]:
        """The same candidates with the further predictions; what they have already stands."""
        found = {candidate.id: candidate for candidate in add_own_predictions(candidates, self.names)}
        if self.admet:
            for kind, some in by_kind(list(found.values())).items():
                for candidate, read in zip(some, predictions_of(kind, some, on_request=True), strict=True):
                    new = [prediction for prediction in read if prediction.property not in candidate.predictions]
                    found[candidate.id] = candidate.add_predictions(*new)
        return tuple(found.values())
