"""Figures. Plotly in, nothing of the page: backgrounds are clear, so that they lie on dark and light alike.

Words come from :mod:`matgen_core.core.properties`; a caller who speaks another language passes ``translate``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from matgen_core.chem.formula_writing import write_formula
from matgen_core.chem.structure import reduced_formula, to_structure
from matgen_core.core.goals import Goal
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Crystal, M
from matgen_core.kinds.crystals.reference import Reference
from matgen_core.kinds.molecules.reference import MoleculeReference

ACCENT, MUTED, GOOD, BAD = "#2a9d8f", "#9aa5a4", "#2a9d8f", "#d1793b"
_GRID = "rgba(128,128,128,0.2)"
Translate = Callable[[str], str]


def frame(figure: go.Figure, height: int, template: str | None = None) -> go.Figure:
    """The look all figures share: clear background, small margins, no legend."""
    figure.update_layout(
        height=height, margin={"l": 8, "r": 8, "t": 8, "b": 8}, paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)", showlegend=False, font={"size": 12},
    )  # fmt: skip
    return figure.update_layout(template=template) if template else figure


def draw_histogram(
    reference: Reference | MoleculeReference, key: str, goal: Goal | None, height: int = 90, template: str | None = None
) -> go.Figure:
    """How the known materials are spread over a property, with what is asked for marked.

    Args:
        reference: the known crystals, or the sampled known molecules.
        key: the property.
        goal: marked as a band, where there is one.
        height: pixels.
        template: a plotly template, for example "plotly_dark".
    """
    record = PROPERTIES[key]
    values = np.clip(reference.column(key), record.low, record.high)
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
    figure = frame(figure, height, template)
    return figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0})


def draw_readings(
    candidates: Sequence[Candidate],
    x: str,
    y: str,
    goals: Mapping[str, Goal],
    *,
    picked: str | None = None,
    translate: Translate = str,
    template: str | None = None,
) -> go.Figure:
    """Candidates over two readings, what was asked for as a band; points carry the candidate's id.

    Args:
        candidates: what to draw; those without both readings are left out.
        x: property across.
        y: property up.
        goals: what was asked for.
        picked: id of the candidate to ring.
        translate: turns English words into the reader's.
        template: a plotly template.
    """
    shown = [c for c in candidates if c.value(x) is not None and c.value(y) is not None]
    met = [all(v.passed for v in c.verdicts if v.rule.startswith("target:")) for c in shown]
    figure = go.Figure()
    for key, axis, add in ((x, "x", figure.add_vrect), (y, "y", figure.add_hrect)):
        if key in goals:
            low, high = goals[key].interval(PROPERTIES[key].tolerance, PROPERTIES[key].range)
            add(**{f"{axis}0": low, f"{axis}1": high}, fillcolor=ACCENT, opacity=0.15, line_width=0)
    ring = [3 if c.id == picked else 0.5 for c in shown]
    figure.add_scatter(
        x=[c.value(x) for c in shown], y=[c.value(y) for c in shown], mode="markers",
        error_x=bars_of_picked(shown, x, picked), error_y=bars_of_picked(shown, y, picked),
        customdata=[c.id for c in shown],
        marker={
            "size": [13 if c.id == picked else 9 for c in shown], "color": [GOOD if m else BAD for m in met],
            "symbol": ["circle" if m else "diamond" for m in met],
            "line": {"width": ring, "color": "rgba(128,128,128,0.9)"},
        },
        text=[write_formula(reduced_formula(c.material)) for c in shown],
        hovertemplate="%{text}<br>%{x:.3g}, %{y:.3g}<extra></extra>",
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 1}},
    )  # fmt: skip
    for update, key in ((figure.update_xaxes, x), (figure.update_yaxes, y)):
        update(title=f"{translate(PROPERTIES[key].label)} ({PROPERTIES[key].unit})", gridcolor=_GRID, zeroline=False)
    return frame(figure, 360, template).update_layout(clickmode="event+select", dragmode="pan")


def bars_of_picked(candidates: Sequence[Candidate[M]], key: str, picked: str | None) -> dict[str, object]:
    """One spread as a bar at the picked point only: on every point the bars would cover the plot."""
    spreads = [c.predictions[key].spread or 0.0 if c.id == picked else 0.0 for c in candidates]
    return {"type": "data", "array": spreads, "color": "rgba(128,128,128,0.6)", "thickness": 1.5, "width": 0}


def draw_diffraction(
    crystal: Crystal, wavelength: str = "CuKa", *, translate: Translate = str, template: str | None = None
) -> go.Figure:
    """Simulated powder diffraction (pymatgen's XRDCalculator), intensity against 2θ.

    Args:
        crystal: the crystal.
        wavelength: a name that pymatgen knows: "CuKa", "MoKa", …
        translate: turns English words into the reader's.
        template: a plotly template.
    """
    from pymatgen.analysis.diffraction.xrd import XRDCalculator

    pattern = XRDCalculator(wavelength=wavelength).get_pattern(to_structure(crystal, primitive=False))
    angles, heights = np.asarray(pattern.x), np.asarray(pattern.y)
    # One trace for all sticks, lifted between them: a trace each would be hundreds.
    gaps = np.full(len(angles), np.nan)
    figure = go.Figure(
        go.Scatter(
            x=np.column_stack([angles, angles, gaps]).ravel(),
            y=np.column_stack([np.zeros_like(heights), heights, gaps]).ravel(),
            mode="lines", line={"color": ACCENT, "width": 1.5}, hoverinfo="skip",
        )
    )  # fmt: skip
    planes = [", ".join("".join(map(str, plane["hkl"])) for plane in peaks[:3]) for peaks in pattern.hkls]
    spacings = np.asarray(pattern.d_hkls)
    figure.add_scatter(
        x=angles, y=heights, mode="markers", marker={"size": 4, "color": ACCENT}, text=planes, customdata=spacings,
        hovertemplate="2θ %{x:.2f}°, d %{customdata:.3f} Å, (%{text}), %{y:.0f} %<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title=f"2θ (°), {wavelength.replace('Ka', ' Kα')}", gridcolor=_GRID)
    figure.update_yaxes(title=f"{translate('Intensity')} (%)", gridcolor=_GRID, range=[0, 105])
    return frame(figure, 300, template)
