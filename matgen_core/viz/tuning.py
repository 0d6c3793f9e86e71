"""Figures of a property of one's own: how its values are spread, how well they are predicted, and a tuning's curve."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from matgen_core.viz.style import ACCENT, BAD, GRID, MUTED, Translate, frame
from matgen_core.workflows.own_properties.own_targets import OwnTarget
from matgen_core.workflows.tuning.tuner import TuneStep


def draw_own(own: OwnTarget, *, translate: Translate = str) -> go.Figure:
    """The histogram of the values; beside it each withheld row, measured against predicted."""
    figure, check = make_subplots(rows=1, cols=2, horizontal_spacing=0.22), own.validation
    figure.add_histogram(x=check.values.tolist(), marker_color=MUTED, row=1, col=1)
    points = {"size": 4, "color": ACCENT, "opacity": 0.5}
    figure.add_scattergl(
        x=check.values.tolist(), y=check.predicted.tolist(), mode="markers", marker=points, row=1, col=2
    )
    ends = [
        float(min(check.values.min(), check.predicted.min())),
        float(max(check.values.max(), check.predicted.max())),
    ]
    figure.add_scatter(x=ends, y=ends, mode="lines", line={"color": BAD, "dash": "dot"}, row=1, col=2)
    label = f"{own.label} ({own.unit})" if own.unit else own.label
    figure.update_xaxes(title=label, gridcolor=GRID)
    figure.update_yaxes(gridcolor=GRID)
    figure.update_yaxes(title=translate("rows"), row=1, col=1)
    figure.update_yaxes(title=translate("predicted, withheld"), row=1, col=2)
    return frame(figure, 230)


def draw_tuning(curve: Sequence[TuneStep], limit: float, *, translate: Translate = str) -> go.Figure:
    """Score, valid share and diversity of each step; below, the distance from the shipped generator and its limit."""
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.65, 0.35], vertical_spacing=0.08)
    steps = [step.number for step in curve]
    series = (
        ("score", translate("mean score"), ACCENT, "solid"),
        ("valid", translate("valid share"), MUTED, "dash"),
        ("diversity", translate("diversity"), BAD, "dot"),
    )
    for name, label, colour, dash in series:
        values = [getattr(step, name) for step in curve]
        line = {"color": colour, "dash": dash}
        figure.add_scatter(x=steps, y=values, name=label, mode="lines+markers", line=line, row=1, col=1)
    away = [step.distance for step in curve]
    figure.add_scatter(
        x=steps,
        y=away,
        name=translate("distance (nats)"),
        mode="lines+markers",
        line={"color": "#8a5fb0"},
        row=2,
        col=1,
    )
    figure.add_hline(
        y=limit,
        line={"color": BAD, "dash": "dash"},
        annotation_text=translate("limit"),
        annotation_position="top left",
        row=2,
        col=1,
    )
    last = max(1, *steps)
    whole = {"range": [-0.03 * last, 1.03 * last], "tickformat": "d", "dtick": 1 if last < 6 else None}
    figure.update_xaxes(gridcolor=GRID, **whole, row=1, col=1)
    figure.update_xaxes(gridcolor=GRID, title=translate("step"), **whole, row=2, col=1)
    figure.update_yaxes(gridcolor=GRID, range=[0.0, 1.02], row=1, col=1)
    figure.update_yaxes(gridcolor=GRID, title=translate("nats"), row=2, col=1)
    frame(figure, 380)
    # Below the axis: above the curves, its second row on a phone would lie on them.
    return figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": -0.28, "yanchor": "top"}, margin={"b": 120}
    )
