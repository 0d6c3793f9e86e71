"""Objectives and thresholds of a screening: none to begin with, or the targets of the run itself.

The address of the page holds them as the command takes them: ``?objective=band_gap:max&objective=logp=1:3*2``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np
import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.goals import Goal
from matgen_core.core.properties import PROPERTIES, Property
from matgen_core.core.records import Candidate
from matgen_core.workflows.own_properties.own_predictors import PREFIX, own_property
from matgen_core.workflows.screening.pareto import Objective, parse_objective
from pages.i18n.language import N_, _
from pages.widgets.asking.refusal import show_error

PARAMETER, _BEGUN = "objective", "objectives-begun"
#: Beginnings of the keys of the controls here, which a new screening sets anew.
_KEYS = ("objectives-", "direction-", "weight-", "from-", "to-", "threshold-")
_DIRECTIONS = {"max": N_("maximise"), "min": N_("minimise"), "goal": N_("within a range")}


def readable(candidates: Sequence[Candidate[Any]]) -> dict[str, Property]:
    """Properties of which some candidate has a prediction, the user's own last."""
    values: dict[str, list[float]] = {}
    for candidate in candidates:
        for key, prediction in candidate.predictions.items():
            if prediction.value is not None:
                values.setdefault(key, []).append(prediction.value)
    found = {key: record for key, record in PROPERTIES.items() if key in values}
    for key in values:
        if key.startswith(PREFIX):
            with suppress(MatGenError):  # of a run that was read by a predictor that is gone
                found[key] = own_property(key.removeprefix(PREFIX), values[key])
    return found


def forget_objectives() -> None:
    """Lets the next screening begin with what it is told."""
    for key in [key for key in st.session_state if str(key).startswith(_KEYS)]:
        del st.session_state[key]


def write_objective(objective: Objective) -> str:
    """As :func:`matgen_core.workflows.screening.pareto.parse_objective` reads it.

    >>> write_objective(Objective("band_gap", "max")), write_objective(Objective("logp", "goal", Goal(1, 3), 2.0))
    ('band_gap:max', 'logp=1:3*2')
    """
    wanted = f"={objective.goal}" if objective.goal else f":{objective.direction}"
    return f"{objective.key}{wanted}{'' if objective.weight == 1 else f'*{objective.weight:g}'}"


def _read_objectives(texts: Sequence[str], records: Mapping[str, Property]) -> dict[str, Objective]:
    """Those of the texts that can be read and of which candidates have values; a link may hold anything."""
    found = {}
    for text in texts:
        with suppress(MatGenError):
            objective = parse_objective(text, records)
            if objective.key in records:
                found[objective.key] = objective
    return dict(list(found.items())[:5])


def ask_objectives(candidates: Sequence[Candidate[Any]], begun: Sequence[str]) -> list[Objective]:
    """What is wanted, in which direction, with which weight; kept in the address.

    Args:
        candidates: what was screened so far.
        begun: objectives that the screening begins with, as text.
    """
    records = readable(candidates)
    keys = list(records)
    names = {key: _(record.label) for key, record in records.items()}
    now = st.session_state.get(_BEGUN)
    if now is None or now[0] != keys:  # further predictions came: what was chosen before stays
        now = keys, st.query_params.get_all(PARAMETER) if now else list(begun)
        st.session_state[_BEGUN] = now
    wanted = _read_objectives(now[1], records)
    chosen = st.multiselect(
        _("Objectives"),
        keys,
        list(wanted),
        format_func=names.__getitem__,
        key=f"objectives-{'-'.join(keys)}",
        max_selections=5,
        placeholder=_("none: original order"),
    )
    objectives, columns = [], list[Any]()
    for key in chosen:
        columns = columns or list(st.columns(2))
        before = wanted.get(key)
        usual = before.direction if before else "min" if key in PROPERTIES and PROPERTIES[key].low_is_better else "max"
        with columns.pop(0):
            direction = st.selectbox(
                names[key],
                list(_DIRECTIONS),
                index=list(_DIRECTIONS).index(usual),
                key=f"direction-{key}",
                format_func=lambda d: _(_DIRECTIONS[d]),
            )
            goal = _ask_goal(records[key], before.goal if before else None) if direction == "goal" else None
            heavy = min(5.0, max(0.1, before.weight)) if before else 1.0
            weight = st.slider(_("Weight"), 0.1, 5.0, heavy, 0.1, key=f"weight-{key}")
        if direction != "goal" or goal is not None:
            objectives.append(Objective(key, direction, goal, float(weight), records[key]))
    texts = [write_objective(objective) for objective in objectives]
    if texts != st.query_params.get_all(PARAMETER):
        st.query_params[PARAMETER] = texts
    return objectives


def _ask_goal(record: Property, before: Goal | None) -> Goal | None:
    start = before or Goal(record.low, record.high)
    # One below the other: side by side they are cut where two objectives stand beside each other.
    low = st.number_input(_("from"), value=start.low, key=f"from-{record.key}", format="%g", placeholder=_("any"))
    high = st.number_input(_("to"), value=start.high, key=f"to-{record.key}", format="%g", placeholder=_("any"))
    try:
        return Goal(None if low is None else float(low), None if high is None else float(high))
    except MatGenError as error:
        show_error(_(str(error)))
        return None


def narrow(candidates: Sequence[Candidate[Any]], objectives: Sequence[Objective]) -> list[Candidate[Any]]:
    """Those within the thresholds that the reader sets."""
    kept = list(candidates)
    with st.expander(_("Thresholds"), key="thresholds-panel"):
        for objective in objectives:
            values = [v for c in candidates if (v := c.best(objective.key)) is not None]
            low, high = float(np.floor(min(values) * 100) / 100), float(np.ceil(max(values) * 100) / 100)
            if high - low < 1e-6:
                continue
            record = objective.property
            least, most = st.slider(
                f"{_(record.label)} {record.unit}",
                low,
                high,
                (low, high),
                key=f"threshold-{objective.key}-{low}-{high}",
            )
            kept = [c for c in kept if (v := c.best(objective.key)) is None or least <= v <= most]
    return kept
