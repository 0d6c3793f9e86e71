"""Figures. Plotly in, nothing of the page: backgrounds are clear, so that they lie on dark and light alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from matgen_core.chem.structure import reduced_formula, to_structure
from matgen_core.data.reference import Reference
from matgen_core.properties import PROPERTIES
from matgen_core.types import Candidate, Crystal, Goal

ACCENT, MUTED, GOOD, BAD = "#2a9d8f", "#9aa5a4", "#2a9d8f", "#d1793b"


def _frame(figure: go.Figure, height: int) -> go.Figure:
    return figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 24, "b": 8}, paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)", showlegend=False, font={"size": 12},
    )  # fmt: skip


def draw_histogram(reference: Reference, key: str, goal: Goal | None, height: int = 90) -> go.Figure:
    """How the known crystals are spread over a property, with what is asked for marked."""
    record = PROPERTIES[key]
    values = np.clip(reference.column(key), record.low, record.high)
    counts, edges = np.histogram(values, bins=60, range=(record.low, record.high))
    middles = (edges[:-1] + edges[1:]) / 2
    # A square root shows the thin tail beside the bar of metals, which would dwarf everything.
    figure = go.Figure(go.Bar(x=middles, y=np.sqrt(counts), marker_color=MUTED, hoverinfo="skip"))
    if goal is not None:
        slack = record.tolerance if goal.is_value else 0.0
        low = (record.low if goal.low is None else goal.low) - slack
        high = (record.high if goal.high is None else goal.high) + slack
        figure.add_vrect(x0=low, x1=high, fillcolor=ACCENT, opacity=0.3, line_width=0)
    figure.update_layout(bargap=0.05).update_yaxes(visible=False).update_xaxes(range=[record.low, record.high])
    figure = _frame(figure, height)
    return figure.update_layout(margin={"l": 8, "r": 8, "t": 2, "b": 2})


def draw_readings(candidates: Sequence[Candidate], x: str, y: str, goals: dict[str, Goal]) -> go.Figure:
    """Candidates over two readings, what was asked for as a band; points carry the candidate's id."""
    shown = [c for c in candidates if c.value(x) is not None and c.value(y) is not None]
    met = [all(v.passed for v in c.verdicts if v.rule.startswith("target:")) for c in shown]
    figure = go.Figure()
    for key, add in ((x, figure.add_vrect), (y, figure.add_hrect)):
        goal, axis = goals.get(key), "x" if key == x else "y"
        if goal is not None:
            slack = PROPERTIES[key].tolerance if goal.is_value else 0.0
            low = (PROPERTIES[key].low if goal.low is None else goal.low) - slack
            high = (PROPERTIES[key].high if goal.high is None else goal.high) + slack
            add(**{f"{axis}0": low, f"{axis}1": high}, fillcolor=ACCENT, opacity=0.15, line_width=0)
    figure.add_scatter(
        x=[c.value(x) for c in shown], y=[c.value(y) for c in shown], mode="markers",
        error_x=_bars(shown, x), error_y=_bars(shown, y),
        marker={"size": 9, "color": [GOOD if m else BAD for m in met], "symbol": ["circle" if m else "x" for m in met]},
        customdata=[c.id for c in shown], text=[reduced_formula(c.material) for c in shown],
        hovertemplate="%{text}<br>%{x:.3g}, %{y:.3g}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title=f"{PROPERTIES[x].label} ({PROPERTIES[x].unit})", gridcolor="rgba(128,128,128,0.2)")
    figure.update_yaxes(title=f"{PROPERTIES[y].label} ({PROPERTIES[y].unit})", gridcolor="rgba(128,128,128,0.2)")
    return _frame(figure, 320)


def _bars(candidates: Sequence[Candidate], key: str) -> dict[str, object]:
    spreads = [c.predictions[key].spread or 0.0 for c in candidates]
    return {"type": "data", "array": spreads, "color": "rgba(128,128,128,0.45)", "thickness": 1, "width": 0}


def draw_diffraction(crystal: Crystal, wavelength: str = "CuKa") -> go.Figure:
    """Simulated powder diffraction (pymatgen), intensity against 2θ."""
    from pymatgen.analysis.diffraction.xrd import XRDCalculator

    pattern = XRDCalculator(wavelength=wavelength).get_pattern(to_structure(crystal, primitive=False))
    figure = go.Figure()
    for angle, height in zip(pattern.x, pattern.y, strict=True):
        figure.add_scatter(x=[angle, angle], y=[0, height], mode="lines", line={"color": ACCENT, "width": 1.5})
    planes = ["".join(map(str, peaks[0]["hkl"])) for peaks in pattern.hkls]
    figure.add_scatter(
        x=pattern.x, y=pattern.y, mode="markers", marker={"size": 4, "color": ACCENT}, text=planes,
        hovertemplate="2θ %{x:.2f}°, (%{text}), %{y:.0f} %<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title="2θ (°), Cu Kα", gridcolor="rgba(128,128,128,0.2)")
    figure.update_yaxes(title="Intensity (%)", gridcolor="rgba(128,128,128,0.2)", range=[0, 105])
    return _frame(figure, 300)
