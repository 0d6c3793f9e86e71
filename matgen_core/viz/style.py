"""The look that all figures share. Backgrounds are clear, so that figures lie on dark and light alike.

Words come from :mod:`matgen_core.core.properties`; a caller who speaks another language passes ``translate``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import plotly.graph_objects as go

ACCENT, MUTED, GOOD, BAD = "#2a9d8f", "#9aa5a4", "#2a9d8f", "#d1793b"
GRID = "rgba(128,128,128,0.2)"
#: A legend above the plot, which makes room for it however many lines it takes.
ABOVE = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
Translate = Callable[[str], str]
#: Values, name, colour, dash and symbol.
Line = tuple[Sequence[float | None], str, str, str, str]


def frame(figure: go.Figure, height: int, legend: bool = False) -> go.Figure:
    """Clear background, small margins; a legend above the plot where it is asked for."""
    return figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        showlegend=legend,
        legend=ABOVE if legend else None,
        font={"size": 12},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": MUTED, "activecolor": ACCENT},
    )


def add_lines(figure: go.Figure, x: Sequence[float], lines: Iterable[Line], translate: Translate) -> None:
    """Lines with markers over one axis, told apart without colours, too."""
    for values, name, colour, dash, symbol in lines:
        figure.add_scatter(
            x=x,
            y=values,
            name=translate(name),
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 3},
            marker={"symbol": symbol, "size": 10},
        )


def note_empty(figure: go.Figure, count: int, translate: Translate) -> go.Figure:
    """Writes into a figure of ``count`` values that there is nothing to draw, where that is so."""
    if count:
        return figure
    return figure.add_annotation(
        text=translate("Nothing to draw yet"),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"size": 14, "color": MUTED},
    )
