"""Candidates as points over two predictions, with the targets as bands."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import plotly.graph_objects as go

from matgen_core.core.goals import Goal
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, M
from matgen_core.viz.style import ACCENT, GRID, Translate, frame, note_empty

#: Colour and plotly symbol of a point.
Mark = tuple[str, str]
#: A unit, and how many of it are one of the property's own.
Unit = tuple[str, float]


def draw_scatter(
    candidates: Sequence[Candidate[M]],
    axes: tuple[str, str],
    goals: Mapping[str, Goal],
    name: Callable[[Candidate[M]], str],
    mark: Callable[[Candidate[M]], Mark],
    *,
    picked: str | None = None,
    units: Mapping[str, Unit] | None = None,
    translate: Translate = str,
) -> go.Figure:
    """Two predictions of each candidate; ``customdata`` of a point is its id.

    Args:
        candidates: to draw; one that lacks either prediction is left out.
        axes: properties across and up.
        goals: drawn as bands.
        name: of a candidate, for the pointer.
        mark: colour and symbol of a candidate.
        picked: id of the candidate that is ringed and shows its spreads.
        units: of the axes, by property; their own where nothing is said.
        translate: turns English words into the reader's.
    """
    x, y = axes
    shown = [c for c in candidates if c.value(x) is not None and c.value(y) is not None]
    marks = [mark(c) for c in shown]
    axis_units = {key: (units or {}).get(key, (PROPERTIES[key].unit, 1.0)) for key in axes}

    def values(key: str) -> list[float]:
        return [axis_units[key][1] * value for c in shown if (value := c.value(key)) is not None]

    figure = go.Figure()
    for key, axis, add in ((x, "x", figure.add_vrect), (y, "y", figure.add_hrect)):
        if key in goals:
            low, high = goals[key].interval(PROPERTIES[key].tolerance, PROPERTIES[key].range)
            factor = axis_units[key][1]
            add(**{f"{axis}0": factor * low, f"{axis}1": factor * high}, fillcolor=ACCENT, opacity=0.15, line_width=0)
    figure.add_scatter(
        x=values(x),
        y=values(y),
        mode="markers",
        error_x=bars_of_picked(shown, x, picked, axis_units[x][1]),
        error_y=bars_of_picked(shown, y, picked, axis_units[y][1]),
        customdata=[c.id for c in shown],
        marker={
            "size": [13 if c.id == picked else 9 for c in shown],
            "color": [colour for colour, _symbol in marks],
            "symbol": [symbol for _colour, symbol in marks],
            "line": {"width": [3 if c.id == picked else 0.5 for c in shown], "color": "rgba(128,128,128,0.9)"},
        },
        text=[name(c) for c in shown],
        hovertemplate="%{text}<br>%{x:.3g}, %{y:.3g}<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )
    for update, key in ((figure.update_xaxes, x), (figure.update_yaxes, y)):
        unit = axis_units[key][0]
        title = f"{translate(PROPERTIES[key].label)}{f' ({unit})' if unit else ''}"
        update(title=title, gridcolor=GRID, zeroline=False)
    return note_empty(frame(figure, 330), len(shown), translate)


def bars_of_picked(
    candidates: Sequence[Candidate[M]], key: str, picked: str | Collection[str] | None, factor: float = 1.0
) -> dict[str, object]:
    """Spreads as bars at the picked points only: on every point the bars would cover the plot.

    Their colour has no transparency: plotly's WebGL draws no bars that have some.

    Args:
        candidates: of the points.
        key: of the property on the axis.
        picked: id, or ids.
        factor: how many units of the axis are one of the property's own.
    """
    ids = {picked} if isinstance(picked, str) else set(picked or ())
    spreads = [
        factor * (p.spread or 0.0) if c.id in ids and (p := c.predictions.get(key)) is not None else 0.0
        for c in candidates
    ]
    return {"type": "data", "array": spreads, "color": "rgb(140,140,140)", "thickness": 1.5, "width": 0}
