"""Figures of crystals: histogram of the known ones, candidates over two predictions, powder diffraction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from matgen_core.chem.structure import to_structure
from matgen_core.core.goals import Goal
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Crystal
from matgen_core.kinds.crystals.files import formula_text
from matgen_core.kinds.crystals.reference import Reference
from matgen_core.kinds.molecules.reference import MoleculeReference
from matgen_core.viz.scatter import Mark, draw_scatter
from matgen_core.viz.style import ACCENT, BAD, GOOD, GRID, MUTED, Translate, frame


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


def draw_predictions(
    candidates: Sequence[Candidate],
    x: str,
    y: str,
    goals: Mapping[str, Goal],
    *,
    picked: str | None = None,
    translate: Translate = str,
    template: str | None = None,
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
        translate=translate,
        template=template,
        height=360,
    )
    return figure.update_layout(clickmode="event+select", dragmode="pan")


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
            mode="lines",
            line={"color": ACCENT, "width": 1.5},
            hoverinfo="skip",
        )
    )
    planes = [", ".join("".join(map(str, plane["hkl"])) for plane in peaks[:3]) for peaks in pattern.hkls]
    spacings = np.asarray(pattern.d_hkls)
    figure.add_scatter(
        x=angles,
        y=heights,
        mode="markers",
        marker={"size": 4, "color": ACCENT},
        text=planes,
        customdata=spacings,
        hovertemplate="2θ %{x:.2f}°, d %{customdata:.3f} Å, (%{text}), %{y:.0f} %<extra></extra>",
    )
    figure.update_xaxes(title=f"2θ (°), {wavelength.replace('Ka', ' Kα')}", gridcolor=GRID)
    figure.update_yaxes(title=f"{translate('Intensity')} (%)", gridcolor=GRID, range=[0, 105])
    return frame(figure, 300, template)
