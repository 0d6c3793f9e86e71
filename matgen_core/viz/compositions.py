"""Figures of compositions: readings with their spreads, targets as bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from matgen_core.core.goals import Goal
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Formula
from matgen_core.viz.crystals import ACCENT, BAD, MUTED, Translate, bars_of_picked, frame


def draw_compositions(
    candidates: Sequence[Candidate[Formula]],
    x: str,
    y: str,
    goals: Mapping[str, Goal],
    *,
    picked: str | None = None,
    translate: Translate = str,
    height: int = 330,
) -> go.Figure:
    """Two readings of each composition with the picked one's spread as bars; ``customdata`` of a point is its id.

    Args:
        candidates: that were read.
        x: property across.
        y: property up.
        goals: drawn as bands.
        picked: id of the one that stands out.
        translate: of the labels.
        height: pixels.
    """
    shown = [c for c in candidates if c.value(x) is not None and c.value(y) is not None]
    figure = frame(go.Figure(), height)
    for key, add in ((x, figure.add_vrect), (y, figure.add_hrect)):
        if key in goals:
            low, high = goals[key].interval(PROPERTIES[key].tolerance, PROPERTIES[key].range)
            ends = {"x0": low, "x1": high} if key == x else {"y0": low, "y1": high}
            add(**ends, fillcolor=ACCENT, opacity=0.12, line_width=0)
    known = [c.failed("newness") for c in shown]
    figure.add_scatter(
        x=[c.value(x) for c in shown], y=[c.value(y) for c in shown], mode="markers",
        customdata=[[c.id] for c in shown], text=[c.material.reduced for c in shown],
        hovertemplate="%{text}<br>%{x:.2f}, %{y:.2f}<extra></extra>",
        error_x=bars_of_picked(shown, x, picked), error_y=bars_of_picked(shown, y, picked),
        marker={
            "size": [13 if c.id == picked else 8 for c in shown],
            "color": [BAD if c.id == picked else MUTED if k else ACCENT for c, k in zip(shown, known, strict=True)],
            "symbol": [
                "diamond" if c.id == picked else "circle-open" if k else "circle"
                for c, k in zip(shown, known, strict=True)
            ],
        },
    )  # fmt: skip
    for key, update in ((x, figure.update_xaxes), (y, figure.update_yaxes)):
        record = PROPERTIES[key]
        update(title=f"{translate(record.label)} ({record.unit})", gridcolor="rgba(128,128,128,0.2)", zeroline=False)
    return figure
