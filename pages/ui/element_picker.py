"""Elements to include or exclude: two lists, and a periodic table that turns each through any, include, exclude."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from matgen_core.viz import ACCENT, BAD
from pages.ui.language import _

_INCLUDE, _EXCLUDE = "include", "exclude"


def pick_elements(elements: Sequence[str]) -> tuple[list[str], list[str]]:
    """(included, excluded) symbols."""
    include = st.multiselect(_("Include"), elements, key=_INCLUDE, bind="query-params", placeholder=_("any element"))
    exclude = st.multiselect(_("Exclude"), elements, key=_EXCLUDE, bind="query-params", placeholder=_("none"))
    with st.expander(_("Periodic table")):
        turn = st.session_state.setdefault("table_turn", 0)
        key = f"table-{turn}"  # a fresh key after each click, so that the same element can be clicked again
        chart = _draw_table(tuple(elements), tuple(include), tuple(exclude))
        st.plotly_chart(
            chart, key=key, on_select=lambda: _turn(key), selection_mode="points", config={"displayModeBar": False}
        )
        st.caption(_("Click: include; again: exclude; again: any"))
    return include, exclude


def _turn(key: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    if not points:
        return
    symbol = points[0]["customdata"]
    symbol = symbol[0] if isinstance(symbol, (list, tuple)) else symbol
    include, exclude = list(st.session_state[_INCLUDE]), list(st.session_state[_EXCLUDE])
    if symbol in include:
        include.remove(symbol)
        exclude.append(symbol)
    elif symbol in exclude:
        exclude.remove(symbol)
    else:
        include.append(symbol)
    st.session_state[_INCLUDE], st.session_state[_EXCLUDE] = include, exclude
    st.session_state["table_turn"] += 1


@st.cache_data(show_spinner=False)
def _places(elements: tuple[str, ...]) -> list[tuple[int, float]]:
    from pymatgen.core import Element

    places = []
    for symbol in elements:
        element = Element(symbol)
        if element.is_lanthanoid or element.is_actinoid:
            offset = element.Z - (57 if element.is_lanthanoid else 89)
            places.append((3 + offset, 8.5 if element.is_lanthanoid else 9.5))
        else:
            places.append((int(element.group), float(element.row)))
    return places


def _draw_table(elements: tuple[str, ...], include: tuple[str, ...], exclude: tuple[str, ...]) -> go.Figure:
    colours = [ACCENT if e in include else BAD if e in exclude else "rgba(128,128,128,0.25)" for e in elements]
    places = _places(elements)
    figure = go.Figure(
        go.Scatter(
            x=[x for x, _y in places], y=[-y for _x, y in places], mode="markers+text", text=elements,
            customdata=elements, textfont={"size": 9}, hovertemplate="%{text}<extra></extra>",
            marker={"symbol": "square", "size": 17, "color": colours}, unselected={"marker": {"opacity": 1}},
        )
    )  # fmt: skip
    figure.update_xaxes(visible=False, range=[0.4, 18.6], fixedrange=True)
    figure.update_yaxes(visible=False, range=[-10.1, -0.4], fixedrange=True)
    return figure.update_layout(
        height=220, margin={"l": 0, "r": 0, "t": 0, "b": 0}, paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)", clickmode="event+select", dragmode=False,
    )  # fmt: skip
