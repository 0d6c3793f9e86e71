"""The map of a series of molecules: similar ones lie together, the colour is the value, a line joins a cliff."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matgen_core.viz.embeddings import SCALE
from matgen_core.viz.style import BAD, Translate, frame

#: Cliffs that are drawn as lines, the steepest.
_DRAWN = 100


def draw_series(
    places: NDArray[np.float32],
    names: Sequence[str],
    values: NDArray[np.float32],
    pairs: Sequence[tuple[int, int]],
    label: str,
    *,
    translate: Translate = str,
) -> go.Figure:
    """The series as a map.

    Args:
        places: (N, 2).
        names: SMILES of each.
        values: (N,).
        pairs: cliffs, steepest first.
        label: name of the values, with their unit.
        translate: turns English words into the reader's.
    """
    figure = go.Figure()
    lines_x: list[float | None] = []
    lines_y: list[float | None] = []
    for one, other in pairs[:_DRAWN]:
        lines_x += [float(places[one, 0]), float(places[other, 0]), None]
        lines_y += [float(places[one, 1]), float(places[other, 1]), None]
    figure.add_scattergl(
        x=lines_x,
        y=lines_y,
        mode="lines",
        name=translate("activity cliff"),
        hoverinfo="skip",
        line={"color": BAD, "width": 1.5},
    )
    figure.add_scattergl(
        x=places[:, 0],
        y=places[:, 1],
        mode="markers",
        name=translate("molecule"),
        text=list(names),
        customdata=values,
        hovertemplate="%{text}<br>%{customdata:.4g}<extra></extra>",
        marker={
            "size": 6,
            "opacity": 0.8,
            "color": values,
            "colorscale": SCALE,
            "colorbar": {"title": {"text": label, "side": "right"}, "thickness": 10, "len": 0.9},
        },
    )
    figure.update_xaxes(showgrid=False, zeroline=False, showticklabels=False)
    figure.update_yaxes(showgrid=False, zeroline=False, showticklabels=False)
    return frame(figure, 420)
