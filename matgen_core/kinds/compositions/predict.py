"""Predictions of compositions by MatBERT: gap, formation energy, moment, distance to the hull, and the gap as measured.

Two ensembles of one kind: "matbert" learnt what was computed for 83,791 formulas, "measured-gap" is the same encoder
trained on 4,604 measured gaps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matgen_core.core.messages import Message, join
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import FILE, Candidate, Formula, Origin, Prediction
from matgen_core.kinds.compositions.rows import count_atoms, encode_amounts
from matgen_core.kinds.crystals.known.reference import Reference, load_reference
from matgen_core.kinds.crystals.moments import without_frozen_moments
from matgen_core.kinds.known_phases import by_definition, check_known_phases
from matgen_core.kinds.predictors import predictions_of
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.learning.networks import build_reader

if TYPE_CHECKING:
    from matgen_core.models.bert import ReaderEnsemble

CHECKPOINT, MEASURED = "matbert", "measured-gap"
_BATCH = 512
#: Share of the atoms below which an element is a dopant that the network cannot tell: 99 of 100 formulas that it
#: learnt from hold more of each of their elements.
COARSE = 0.02
_METAL = "metal with probability {zero:.2f}"
_NOTES = {"band_gap": _METAL, "measured_gap": _METAL, "magnetic_moment": "non-magnetic with probability {zero:.2f}"}


@dataclass(frozen=True)
class Reader:
    """The ensemble with what was measured of it.

    Args:
        network: the ensemble.
        name: checkpoint and digest.
        scales: by property what its spreads are multiplied with, so that twice the spread covers 95 of 100 errors.
        domain: by property the spread (after scaling) beyond which a composition is unlike the training rows.
    """

    network: ReaderEnsemble
    name: str
    scales: dict[str, float]
    domain: dict[str, float]


@lru_cache(maxsize=2)
def load_reader(name: str = CHECKPOINT) -> Reader:
    """An ensemble of MatBERT with its heads, loaded once.

    Args:
        name: CHECKPOINT or MEASURED.

    Raises:
        UnknownCheckpoint, DamagedCheckpoint: where its weights are not there or not whole.
    """
    checkpoint = load_checkpoint(name)
    config = checkpoint.config
    return Reader(
        build_reader(checkpoint),
        f"{checkpoint.name}@{checkpoint.digest}",
        dict(config["scales"]),
        dict(config["domain"]),
    )


def predict_texts(formulas: Sequence[str]) -> list[list[Prediction]]:
    """Predictions of each reduced formula by every predictor of compositions."""
    return predictions_of("compositions", [Candidate(name, Formula(name), Origin(FILE)) for name in formulas])


def predict_by_matbert(
    candidates: Sequence[Candidate[Formula]],
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[list[Prediction]]:
    """What MatBERT learnt from computed values, and the distance to the hull by its formation energy."""
    reference, formulas = load_reference(), [candidate.material.reduced for candidate in candidates]
    return [
        _with_hull(formula, predictions, reference)
        for formula, predictions in zip(formulas, read_heads(formulas), strict=True)
    ]


def read_measured_gap(
    candidates: Sequence[Candidate[Formula]],
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[list[Prediction]]:
    """The gap that an experiment would find, by the encoder trained on measured gaps."""
    reference, formulas = load_reference(), [candidate.material.reduced for candidate in candidates]
    return [
        _doubted(formula, predictions, reference)
        for formula, predictions in zip(formulas, read_heads(formulas, MEASURED), strict=True)
    ]


def _with_hull(formula: str, predictions: Sequence[Prediction], reference: Reference) -> list[Prediction]:
    """The predictions of one formula with its distance to the hull, and what the table knows beside them."""
    energy = next(p for p in predictions if p.property == "formation_energy")
    assert energy.value is not None
    if len(count_atoms(formula)) == 1:
        method = energy.method
        zero = [by_definition(key, energy.value, method) for key in ("formation_energy", "e_above_hull")]
        return [*(zero[0] if p is energy else p for p in predictions), zero[1]]
    above = _above_hull(formula, energy.value, energy, reference)
    if above.value is None:
        energy = replace(energy, value=None, spread=None, in_domain=False, note=above.note)
    energy = replace(energy, known=reference.energy_of(formula))
    read = [energy if p.property == "formation_energy" else p for p in predictions]
    return [*_doubted(formula, read, reference), above]


def _doubted(formula: str, predictions: Sequence[Prediction], reference: Reference) -> list[Prediction]:
    """The predictions, out of domain where no known phase holds an element of the formula together with another."""
    if not reference.hull.elements_apart(list(count_atoms(formula))):
        return list(predictions)
    return [replace(p, in_domain=False) for p in predictions]


def read_heads(formulas: Sequence[str], name: str = CHECKPOINT) -> list[list[Prediction]]:
    """Predictions of each reduced formula by the heads of one ensemble."""
    reader = load_reader(name)
    method = Message("{reader}, from composition", reader=reader.name)
    found: list[list[Prediction]] = []
    for first in range(0, len(formulas), _BATCH):
        part = formulas[first : first + _BATCH]
        read = reader.network.read_laws(*encode_amounts(part))
        for i, formula in enumerate(part):
            dopants = _dopants(formula)
            predictions = []
            for key in read:
                zero, value, spread, away, away_spread = (float(column[i]) for column in read[key])
                spread *= reader.scales[key]
                note = join(
                    part for part in (Message(_NOTES[key], zero=zero) if key in _NOTES else "", dopants) if part
                )
                known = spread <= reader.domain[key] and not dopants
                one = Prediction(key, round(value, 4), round(spread, 4), PROPERTIES[key].unit, method, known, note)
                if key in _NOTES:
                    other = round(away_spread * reader.scales[key], 4)
                    one = replace(one, zero_chance=round(zero, 4), otherwise=round(away, 4), otherwise_spread=other)
                predictions.append(without_frozen_moments(one, count_atoms(formula)))
            found.append(predictions)
    return found


def _dopants(formula: str) -> str:
    """What must be said of elements too scarce for the network to have learnt from; empty where there are none."""
    counts = count_atoms(formula)
    total = sum(counts.values())
    scarce = ", ".join(element for element, amount in counts.items() if amount < COARSE * total)
    if not scarce:
        return ""
    note = Message(
        "less than 2 % of the atoms are {scarce}, and the network distinguishes amounts only coarsely", scarce=scarce
    )
    return note


def _above_hull(formula: str, value: float, energy: Prediction, reference: Reference) -> Prediction:
    place, unit = reference.hull.read(count_atoms(formula), value), PROPERTIES["e_above_hull"].unit
    method = Message("{method}, relative to the known hull", method=energy.method)
    if place.e_above_hull is None:
        return Prediction("e_above_hull", None, None, unit, method, False, place.describe())
    spread, note = reference.widen(energy.spread, place), Message("from the predicted formation energy")
    if spread is not None and spread == energy.spread:
        note = Message("from the predicted formation energy, with the same uncertainty")
    elif spread is not None:
        note = Message("from the predicted formation energy; its uncertainty, and that of a hull of few known phases")
    return Prediction(
        "e_above_hull",
        round(place.e_above_hull, 4),
        spread,
        unit,
        method,
        energy.in_domain and not place.few_known,
        join((note, place.describe())),
        _known_distance(formula, reference),
    )


def _known_distance(formula: str, reference: Reference) -> float | None:
    """Distance to the hull of the lowest known phase of a formula, eV/atom; None where none is known."""
    energy = reference.energy_of(formula)
    if energy is None:
        return None
    above = reference.hull.read(count_atoms(formula), energy).e_above_hull
    return None if above is None else round(max(0.0, above), 3)


def predict_formulas(candidates: Sequence[Candidate[Formula]]) -> tuple[Candidate[Formula], ...]:
    """The same candidates with every property read, and whether enough phases of their elements are known."""
    read = predictions_of("compositions", candidates)
    reference = load_reference()
    return tuple(
        c.add_predictions(*predictions).add_verdicts(
            check_known_phases(reference, c.material.reduced, count_atoms(c.material.reduced))
        )
        for c, predictions in zip(candidates, read, strict=True)
    )


def embed_formulas(formulas: Sequence[str]) -> tuple[NDArray[np.float32], str]:
    """(N, 2 D) MatBERT's vectors of reduced formulas, and what made them."""
    reader = load_reader()
    network = reader.network
    parts = [network.embed(*encode_amounts(formulas[i : i + _BATCH])).numpy() for i in range(0, len(formulas), _BATCH)]
    return np.concatenate(parts) if parts else np.zeros((0, 2 * network.config.width), np.float32), reader.name
