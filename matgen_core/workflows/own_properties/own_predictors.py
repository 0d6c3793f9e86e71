"""Predictions by predictors that the user trained (``matgen finetune``), as properties beside the shipped ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from matgen_core.core.messages import Verbatim
from matgen_core.core.properties import Property
from matgen_core.core.records import Candidate, Prediction
from matgen_core.kinds.registry import record_of
from matgen_core.workflows.screening.screen import name_of

#: Before the predictor's name in the key of its property.
PREFIX = "own."


def own_property(name: str, values: Sequence[float] = ()) -> Property:
    """The property that a predictor predicts; its tolerance is the error that was measured of it.

    Args:
        name: of the predictor.
        values: predictions, whose ends become the property's bounds.

    Raises:
        UnknownCheckpoint, DamagedCheckpoint: where the predictor is not there or not whole.
    """
    from matgen_core.workflows.own_properties.predictors import load_predictor  # with the networks of every kind

    tuned, label, unit = load_predictor(name)
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    tolerance = float(tuned.report.get("mae") or 0.0) or 1.0
    return Property(f"{PREFIX}{name}", Verbatim(label or name), unit, low, high if high > low else low + 1.0, tolerance)


def add_own_predictions(candidates: Sequence[Candidate[Any]], names: Sequence[str]) -> tuple[Candidate[Any], ...]:
    """The same candidates with a prediction by each predictor; one that a predictor cannot read has a note instead.

    A predictor of formulas reads crystals by their formula, too; one of molecules reads molecules only.
    """
    if not names:
        return tuple(candidates)
    from matgen_core.workflows.own_properties.predictors import load_predictor, predict_with

    found = list(candidates)
    for name in names:
        tuned, _label, unit = load_predictor(name)
        fit = [i for i, c in enumerate(found) if record_of(c.material).key_is == tuned.backbone.kind]
        for i, read in zip(fit, predict_with(name, [name_of(found[i]) for i in fit]), strict=True):
            key = f"{PREFIX}{name}"
            if isinstance(read, Prediction):
                read = replace(read, property=key)
            else:
                read = Prediction(key, None, None, unit, name, None, read)
            found[i] = found[i].add_predictions(read)
    return tuple(found)
