"""How every plot is shown: Plotly's tools, and the picture that its camera saves."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from pages.i18n.language import _

#: Key of the choice between PNG and SVG; it holds for the session.
FORMAT = "plot-format"
#: Pixels of a PNG for each on the screen: 300 dpi where the screen has about 100.
_SCALE = 3


def plot_config(name: str = "matgen", tools: bool = True) -> dict[str, Any]:
    """Plotly's configuration of a plot.

    Args:
        name: of a saved picture, without an ending.
        tools: whether all of Plotly's tools are offered, or its camera alone: they lie over small plots.
    """
    kind = st.session_state.get(FORMAT) or "png"
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", name)
    picture = {"format": kind, "filename": name, "scale": 1 if kind == "svg" else _SCALE}
    config: dict[str, Any] = {"displaylogo": False, "toImageButtonOptions": picture}
    return config if tools else {**config, "modeBarButtons": [["toImage"]]}


def choose_format() -> None:
    """The choice between pixels and lines, for the frame of every page."""
    st.segmented_control(
        _("Plots are saved as"),
        ["png", "svg"],
        default="png",
        key=FORMAT,
        required=True,
        format_func=str.upper,
        help=_("What the camera above a plot saves: PNG with 300 dpi, or SVG, which can be edited"),
        width="content",
    )
