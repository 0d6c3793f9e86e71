"""Meaning of a predicted moment, and where the training data leave it open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from matgen_core.core.messages import Message, join
from matgen_core.core.records import Prediction

#: Lanthanides whose 4f electrons the Materials Project's potentials hold in the core (Pr_3 … Tm_3, Yb_2), so that the
#: training data have no 4f moment for them. Ce, Eu and Gd are computed with theirs; La and Lu have none.
FROZEN = frozenset({"Pr", "Nd", "Pm", "Sm", "Tb", "Dy", "Ho", "Er", "Tm", "Yb"})


def without_frozen_moments(prediction: Prediction, elements: Iterable[str]) -> Prediction:
    """The prediction; of a moment of a compound with FROZEN elements there is none, and the note says why."""
    frozen = sorted(FROZEN & set(elements))
    if prediction.property not in ("magnetic_moment", "max_site_moment") or not frozen:
        return prediction
    if prediction.value is None:
        return prediction
    note = Message(
        "unknown: the training data leave out the 4f moments of {frozen}; without them {prediction:.2f} {unit}",
        frozen=join(frozen, ", "),
        prediction=prediction.value,
        unit=prediction.unit,
    )
    return replace(
        prediction,
        value=None,
        spread=None,
        in_domain=False,
        note=note,
        zero_chance=None,
        otherwise=None,
        otherwise_spread=None,
    )


def parallel_note(moment: float | None, atoms: int) -> str:
    """What the mean site moment of a reduced formula adds up to if all sites are parallel; empty without a moment."""
    if moment is None or moment < 0.05:
        return ""
    note = Message(
        "net moment if all sites were parallel: {moment:.1f} µB per formula unit; the order is not known",
        moment=moment * atoms,
    )
    return note
