"""Figures of crystals: histogram of the known ones, candidates over two predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matgen_core.core.goals import Goal
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate
from matgen_core.kinds.crystals.files.candidate_files import formula_text
from matgen_core.viz.scatter import Mark, Unit, draw_scatter
from matgen_core.viz.style import ACCENT, BAD, GOOD, MUTED, Translate, frame


def draw_histogram(known: NDArray[np.float32], key: str, goal: Goal | None, height: int = 90) -> go.Figure:
    """How the known materials are spread over a property, with what is asked for marked.

    Args:
        known: (N,) values of the known materials.
        key: the property.
        goal: marked as a band, where there is one.
        height: pixels.
    """
    record = PROPERTIES[key]
    values = np.clip(known, record.low, record.high)
    counts, edges = np.histogram(values, bins=60, range=(record.low, record.high))
    middles = (edges[:-1] + edges[1:]) / 2
    inside = np.zeros(len(middles), dtype=bool)
    figure = go.Figure()
    if goal is not None:
        low, high = goal.interval(record.tolerance, record.range)
        inside = (edges[1:] > low) & (edges[:-1] < high)
        figure.add_vrect(
            x0=max(low, record.low), x1=min(high, record.high), fillcolor=ACCENT, opacity=0.18, line_width=0
        )
    # A square root shows the thin tail beside the bar of metals, which would dwarf everything.
    figure.add_bar(x=middles, y=np.sqrt(counts), marker_color=np.where(inside, ACCENT, MUTED), hoverinfo="skip")
    figure.update_layout(bargap=0.05).update_yaxes(visible=False, fixedrange=True)
    figure.update_xaxes(range=[record.low, record.high], visible=False, fixedrange=True)
    figure = frame(figure, height)
    return figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})


def draw_predictions(
    candidates: Sequence[Candidate],
    x: str,
    y: str,
    goals: Mapping[str, Goal],
    *,
    picked: str | None = None,
    units: Mapping[str, Unit] | None = None,
    translate: Translate = str,
) -> go.Figure:
    """Crystals over two predictions: a circle where every target is met, else a diamond; see :func:`draw_scatter`."""

    def mark(candidate: Candidate) -> Mark:
        met = all(v.passed for v in candidate.verdicts if v.rule.startswith("target:"))
        return (GOOD, "circle") if met else (BAD, "diamond")

    figure = draw_scatter(
        candidates,
        (x, y),
        goals,
        lambda c: formula_text(c.material),
        mark,
        picked=picked,
        units=units,
        translate=translate,
    )
    return figure.update_layout(height=360, clickmode="event+select", dragmode="pan")
