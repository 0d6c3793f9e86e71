"""Controls for what is asked of a property: any, a value or a range. Their values live in the URL."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Goal
from matgen_core.core.properties import PROPERTIES, Property, asked_of
from matgen_core.core.settings import DOMAINS
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.viz.crystals import draw_histogram
from pages.i18n.language import _, translations
from pages.widgets.asking.endpoint_controls import choose_endpoints, is_asked
from pages.widgets.asking.url_settings import URL, OneOf, Real, Rule

_OF_MOLECULES = asked_of("molecules")
_ASK = ("any", "value", "range")
#: Where a slider stands: at one number, or at the two ends of a range.
_Where = TypeVar("_Where", float, tuple[float, float])


def goal_rules(keys: Iterable[str]) -> dict[str, Rule]:
    """What the goals of these properties may be in a link."""
    rules: dict[str, Rule] = {}
    for key in keys:
        rules[f"{key}_ask"] = OneOf(_ASK)
        rules |= {f"{key}_{end}": Real() for end in ("value", "low", "high")}
    return rules


def goal_values(goals: Mapping[str, Goal]) -> dict[str, object]:
    """The values of the controls that ask for these goals, by key."""
    values: dict[str, object] = {}
    for key, goal in goals.items():
        values[f"{key}_ask"] = "value" if goal.is_value else "range"
        ends = {"value": goal.low} if goal.is_value else {"low": goal.low, "high": goal.high}
        values |= {f"{key}_{end}": float(value) for end, value in ends.items() if value is not None}
    return values


def ask_property(key: str, domain: str = "") -> Goal | None:
    """Any, a value or a range of one property, over how the known materials are spread.

    Args:
        key: of the property.
        domain: whose molecules the spread is of; the first one where empty.

    Raises:
        BadTarget: for a range that is reversed.
    """
    record = PROPERTIES[key]
    with st.container(key=f"goal-{key}", gap=None):
        unit = f" ({record.unit})" if record.unit else ""
        kind = st.segmented_control(
            f"**{_(record.label)}**{unit}",
            _ASK,
            default="any",
            key=f"{key}_ask",
            bind=URL,
            format_func=_,
            required=True,
            help=_(record.note) if record.note else None,
        )
        if kind not in ("value", "range"):  # nothing, where a link names two
            return None
        return _ask_value(record, domain) if kind == "value" else _ask_range(record, domain)


def _ask_value(record: Property, domain: str = "") -> Goal:
    value, slider = f"{record.key}_value", f"{record.key}_slide"

    def slide(asked: float) -> None:
        st.session_state[value] = asked

    middle, right = st.columns([7, 2], gap="small", vertical_alignment="bottom", wrap=False)
    with right:
        asked = _number(record, value, record.start)
    goal = Goal.at(asked)
    with middle:
        _show_histogram(record.key, goal, domain)
        _slide(record, slider, min(max(asked, record.low), record.high), slide)
    return goal


def _ask_range(record: Property, domain: str = "") -> Goal | None:
    low_key, high_key, slider = f"{record.key}_low", f"{record.key}_high", f"{record.key}_slides"

    def slide(ends: tuple[float, float]) -> None:
        st.session_state[low_key], st.session_state[high_key] = ends

    start = record.start_range
    left, middle, right = st.columns([2, 5, 2], gap="small", vertical_alignment="bottom", wrap=False)
    with left:
        low = _number(record, low_key, start[0], _("from"))
    with right:
        high = _number(record, high_key, start[1], _("to"))
    ends = sorted(min(max(end, record.low), record.high) for end in (low, high))
    # The edge of the data means "and beyond": a range up to the last known gap is "at least".
    open_low, open_high = low == record.low, high == record.high
    goal = None if open_low and open_high else Goal(None if open_low else low, None if open_high else high)
    with middle:
        _show_histogram(record.key, goal, domain)
        _slide(record, slider, (ends[0], ends[1]), slide)
    return goal


def _slide(record: Property, key: str, where: _Where, moved: Callable[[_Where], None]) -> None:
    """A slider that stands where the numbers beside it say, and says so when someone moves it.

    A click elsewhere may stop the script after the slider was told its new place and before the browser was. The
    browser then sends the old place, which would look like a move and undo the number; it is passed over.
    """
    undrawn = f"{key}_undrawn"

    def take() -> None:
        if undrawn not in st.session_state or st.session_state[undrawn] != st.session_state[key]:
            moved(st.session_state[key])

    if key in st.session_state and st.session_state[key] != where:
        st.session_state[undrawn] = st.session_state[key]
    st.session_state[key] = where
    st.slider(
        record.label,
        record.low,
        record.high,
        step=record.step,
        key=key,
        on_change=take,
        label_visibility="collapsed",
    )
    st.session_state.pop(undrawn, None)


def _number(record: Property, key: str, start: float, name: str = "") -> float:
    """A box for an exact number, also one beyond the data, which the slider cannot reach."""
    value = st.number_input(
        f"{_(record.label)} {name}",
        -1e6,
        1e6,
        start,
        record.step,
        format="%.0f" if record.whole else "%.2f",
        key=key,
        bind=URL,
        label_visibility="collapsed",
    )
    return float(value if value is not None else start)


def _show_histogram(key: str, goal: Goal | None, domain: str) -> None:
    if not len(_known(key, domain)):
        return
    apart = _("Distribution of {label} among approved drugs") if PROPERTIES[key].group else ""
    alt = (apart or _("Distribution of {label} among known materials")).format(label=_(PROPERTIES[key].label))
    st.plotly_chart(
        _histogram(key, goal, domain),
        key=f"{key}_histogram",
        config={"displayModeBar": False, "staticPlot": True},
        alt=alt,
    )


# Each property has one whenever the page is drawn, also beside a run; figures are only read.
@st.cache_resource(max_entries=500, show_spinner=False)
def _histogram(key: str, goal: Goal | None, domain: str) -> go.Figure:
    return draw_histogram(_known(key, domain), key, goal, height=44)


def _known(key: str, domain: str) -> NDArray[np.float32]:
    """(N,) values of known materials."""
    if key in _OF_MOLECULES:
        return load_molecule_reference().column(key, domain or DOMAINS[0])
    return load_reference().column(key)


def ask_goals(keys: Sequence[str], domain: str = "") -> tuple[dict[str, Goal], str | None]:
    """The goals, and what is wrong with the first that cannot be one.

    Args:
        keys: of the properties that can be asked for.
        domain: of molecules, over whose spread the sliders stand; the first one where empty.
    """
    goals, problem = _ask_each([key for key in keys if not PROPERTIES[key].group], domain)
    apart = [key for key in keys if PROPERTIES[key].group]
    if apart:
        about = _("ADMET: absorption, distribution, metabolism, excretion, toxicity")
        with st.expander(about, expanded=any(map(is_asked, apart)), key="endpoints-panel"):
            further, wrong = _ask_each(choose_endpoints(apart), domain)
        goals, problem = goals | further, problem or wrong
    return goals, problem


def _ask_each(keys: Sequence[str], domain: str) -> tuple[dict[str, Goal], str | None]:
    goals, problem = {}, None
    for key in keys:
        try:
            if (goal := ask_property(key, domain)) is not None:
                goals[key] = goal
        except BadTarget as error:
            problem = problem or f"{_(PROPERTIES[key].label)}: {_(str(error))}"
    return goals, problem


def read_goals(settings: Mapping[str, Sequence[str]]) -> dict[str, Goal]:
    """The goals that a page's address asks for, as the controls here read it; what cannot be read is left out.

    Args:
        settings: of a run, as it is kept: the words of each setting in the address.
    """
    goals: dict[str, Goal] = {}
    for key, record in PROPERTIES.items():
        words = settings.get(f"{key}_ask") or ()
        asked = next((way for way in _ASK for word in words if word in {way, *translations(way).values()}), "any")

        def read(end: str, usual: float, key: str = key) -> float:
            return float(next(iter(settings.get(f"{key}_{end}") or ()), usual))

        with suppress(ValueError):  # BadTarget is one, too
            if asked == "value":
                goals[key] = Goal.at(read("value", record.start))
            elif asked == "range":
                low, high = read("low", record.start_range[0]), read("high", record.start_range[1])
                goals[key] = Goal(None if low == record.low else low, None if high == record.high else high)
    return goals
