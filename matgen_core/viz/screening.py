"""Figures of screening: the front in two or three dimensions, and all objectives side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matgen_core.core.properties import Property
from matgen_core.core.records import Candidate, M
from matgen_core.viz.scatter import Unit, bars_of_picked
from matgen_core.viz.style import ACCENT, BAD, MUTED, Translate, frame
from matgen_core.workflows.screening.pareto import Objective, find_fronts, losses
from matgen_core.workflows.screening.screen import written_name

#: Pixels that a letter of 12 px takes along each axis of a label that is turned by 45 degrees.
_LETTER = 5.0
_GRID = "rgba(128,128,128,0.2)"


def _titled(record: Property, translate: Translate, short: bool = False, unit: str | None = None) -> str:
    """Name of a property, with its unit, or the one that is shown in its place, in brackets."""
    name, unit = translate(record.short if short else record.label), record.unit if unit is None else unit
    return f"{name} ({unit})" if unit else name


def _letters(text: str) -> int:
    """Length of a text in Latin letters; a Japanese one is as wide as two."""
    return sum(1 if letter < "\u2e80" else 2 for letter in text)


def draw_front(
    candidates: Sequence[Candidate[M]],
    fronts: Sequence[int],
    objectives: Sequence[Objective],
    *,
    picked: Sequence[str] = (),
    units: Mapping[str, Unit] | None = None,
    translate: Translate = str,
) -> go.Figure:
    """Candidates over two or three objectives; the first front of all objectives is filled.

    With two, steps join those that no other beats in these two.

    Args:
        candidates: with predictions of all objectives.
        fronts: number of each one's front.
        objectives: two or three.
        picked: ids that stand out and show their spreads.
        units: of the axes, by property; their own where nothing is said.
        translate: turns English words into the reader's.
    """
    axes = [(units or {}).get(o.key, (o.property.unit, 1.0)) for o in objectives[:3]]
    values = np.array([[c.best(o.key) for o in objectives[:3]] for c in candidates], dtype=float)
    values = values.reshape(-1, len(axes)) * [factor for _unit, factor in axes]
    traces = _front_traces(candidates, values, np.array(fronts), picked, translate)
    titles = [
        _titled(o.property, translate, short=len(axes) == 3, unit=unit)
        for o, (unit, _factor) in zip(objectives, axes, strict=False)
    ]
    chosen = [c for c in candidates if c.id in set(picked)]
    bars = _bars_of(chosen, [o.key for o in objectives[:3]], [factor for _unit, factor in axes])
    if len(axes) == 3:
        space = _draw_space(traces, titles)
        if chosen:
            space.add_scatter3d(**bars)
        return frame(space, 420)
    # Of more objectives the first front, seen along two of them, is a cloud; the steps are those of the two shown.
    edge = find_fronts(losses(candidates, objectives)) == 1
    figure = go.Figure()
    if objectives[0].goal is None and objectives[1].goal is None and edge.sum() > 1:
        order = np.flatnonzero(edge)[np.lexsort((values[edge, 1], values[edge, 0]))]
        shape = "hv" if objectives[0].direction == "min" else "vh"
        line = {"color": ACCENT, "width": 1.5, "shape": shape, "dash": "dot"}
        figure.add_scatter(x=values[order, 0], y=values[order, 1], mode="lines", hoverinfo="skip", line=line)
    for trace in traces:
        figure.add_scattergl(
            **trace,
            hovertemplate="%{text}<br>%{x:.3g}, %{y:.3g}<extra></extra>",
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 0.5}},
        )
    if chosen:
        figure.add_scatter(**bars)
    figure.update_xaxes(title=titles[0], gridcolor=_GRID, zeroline=False)
    figure.update_yaxes(title=titles[1], gridcolor=_GRID, zeroline=False)
    return frame(figure, 420).update_layout(dragmode="select")


def _bars_of(chosen: Sequence[Candidate[M]], keys: Sequence[str], factors: Sequence[float]) -> dict[str, Any]:
    """A trace of picked points that shows their spreads along each axis and nothing else.

    Args:
        chosen: picked, with predictions of all keys.
        keys: of the properties on the axes.
        factors: how many units of each axis are one of the property's own.
    """
    ids = [c.id for c in chosen]
    trace: dict[str, Any] = {"mode": "markers", "marker": {"size": 1, "opacity": 0}, "hoverinfo": "skip"}
    for axis, key, factor in zip("xyz", keys, factors, strict=False):
        trace[axis] = [factor * float(c.best(key) or 0.0) for c in chosen]
        # As the points that they belong to: in space a grey line is taken for one of the grid.
        trace[f"error_{axis}"] = bars_of_picked(chosen, key, ids, factor) | {"color": BAD, "thickness": 3}
    return trace


def _front_traces(
    candidates: Sequence[Candidate[M]],
    values: NDArray[np.float64],
    fronts: NDArray[np.int64],
    picked: Sequence[str],
    translate: Translate,
) -> list[dict[str, Any]]:
    """One trace a kind of point: a marker set point by point takes a second for some thousand points.

    Args:
        candidates: N.
        values: (N, 2) or (N, 3) on the axes.
        fronts: (N,) numbers from 1.
        picked: ids that stand out.
        translate: turns English words into the reader's.
    """
    first, chosen = fronts == 1, np.isin([c.id for c in candidates], list(picked))
    names = [f"{c.name} · {written_name(c)}" if c.name else written_name(c) for c in candidates]
    texts = np.array([f"{n} · {translate('front')} {f}" for n, f in zip(names, fronts, strict=True)], dtype=object)
    ids = np.array([c.id for c in candidates], dtype=object)
    scale = 0.5 if values.shape[1] == 3 else 1.0  # in space a point of one size looks twice as large
    kinds = (
        (~first & ~chosen, MUTED, 6 * scale, "circle-open"),
        (first & ~chosen, ACCENT, 10 * scale, "circle"),
        (chosen, BAD, 15 * scale, "diamond"),
    )
    return [
        {
            **dict(zip("xyz", values[which].T, strict=False)),
            "mode": "markers",
            "customdata": ids[which, None],
            "text": texts[which],
            "marker": {"size": size, "color": color, "symbol": symbol},
        }
        for which, color, size, symbol in kinds
        if which.any()
    ]


def _draw_space(traces: list[dict[str, Any]], titles: Sequence[str]) -> go.Figure:
    """Three objectives in a box. Short names and a step back: on a phone the titles stand whole beside the box."""
    figure = go.Figure()
    for trace in traces:
        figure.add_scatter3d(**trace, hovertemplate="%{text}<br>%{x:.3g}, %{y:.3g}, %{z:.3g}<extra></extra>")
    look = {"tickfont": {"size": 10}, "nticks": 5}
    axes = {
        f"{axis}axis": {"title": {"text": title, "font": {"size": 12}}, **look}
        for axis, title in zip("xyz", titles, strict=True)
    }
    camera = {"eye": {"x": 2.05, "y": 2.05, "z": 1.1}, "center": {"x": 0.08, "y": -0.08, "z": -0.12}}
    return figure.update_layout(scene={**axes, "camera": camera})


def draw_parallel(
    candidates: Sequence[Candidate[M]],
    fronts: Sequence[int],
    objectives: Sequence[Objective],
    *,
    translate: Translate = str,
) -> go.Figure:
    """One line a candidate over all objectives, turned so that up is better; the first front is dark."""
    dimensions = []
    for objective in objectives:
        record = objective.property
        values = np.array([c.best(objective.key) for c in candidates], dtype=float)
        label = _titled(record, translate)
        dimension = {"label": label, "values": values}
        if objective.direction == "min" and len(values):
            dimension["range"] = [float(values.max()), float(values.min())]
        dimensions.append(dimension)
    labels = [str(dimension["label"]) for dimension in dimensions]
    first = (np.array(fronts) == 1).astype(float)
    line = {"color": first, "colorscale": [[0, "rgba(154,165,164,0.35)"], [1, ACCENT]], "cmin": 0, "cmax": 1}
    figure = go.Figure(go.Parcoords(dimensions=dimensions, line=line, labelfont={"size": 12}, labelangle=-45))
    # A label begins at its axis and rises to the right: the margins hold the longest, and that of the last axis.
    above, right = int(_LETTER * max(map(_letters, labels))) + 45, int(_LETTER * _letters(labels[-1])) + 15
    return frame(figure, 310 + above).update_layout(margin={"l": 50, "r": right, "t": above, "b": 20})


def draw_trade_off(
    points: Sequence[tuple[float, float, float]], now: float, *, translate: Translate = str
) -> go.Figure:
    """Mean desirability against mean distance of a picked few, from desirability to distance.

    Args:
        points: of :func:`matgen_core.workflows.screening.pareto.trade_off`.
        now: the spread that is chosen, which stands out.
        translate: turns English words into the reader's.
    """
    spreads = np.array([point[0] for point in points])
    chosen = np.abs(spreads - now) == np.abs(spreads - now).min()
    figure = go.Figure(
        go.Scatter(
            x=[point[2] for point in points],
            y=[point[1] for point in points],
            mode="lines+markers",
            line={"color": ACCENT, "width": 1.5},
            marker={"size": np.where(chosen, 14, 7).tolist(), "color": np.where(chosen, BAD, ACCENT).tolist()},
            hovertemplate="%{y:.2f}, %{x:.2f}<extra></extra>",
        )
    )
    figure.update_xaxes(title=translate("mean distance"), gridcolor=_GRID, zeroline=False)
    figure.update_yaxes(title=translate("mean desirability"), gridcolor=_GRID, zeroline=False)
    return frame(figure, 230)
