"""Figures of molecules: the run beside the known molecules, and the probabilities of a token."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matgen_core.core.goals import Goal
from matgen_core.core.properties import PROPERTIES, WHOLE
from matgen_core.kinds.molecules.generate import WritingStep
from matgen_core.viz.style import ACCENT, MUTED, Translate, frame, note_empty


def draw_comparison(
    values: Sequence[float],
    known: NDArray[np.float32],
    key: str,
    goal: Goal | None,
    *,
    translate: Translate = str,
) -> go.Figure:
    """How a run is spread over a property beside the known molecules, as shares, with what was asked for marked.

    Args:
        values: predictions of the run.
        known: the property of the sampled known molecules.
        key: the property.
        goal: marked as a band, where there is one.
        translate: turns English words into the reader's.
    """
    record = PROPERTIES[key]
    low, high = float(min([*values, known.min()])), float(max([*values, known.max()]))
    edges = np.arange(np.floor(low), high + 2) - 0.5 if key in WHOLE else np.linspace(low, high, 41)
    middles = (edges[:-1] + edges[1:]) / 2
    figure = go.Figure()
    if goal is not None:
        first, last = goal.interval(record.tolerance, record.range)
        slack = 0.5 if key in WHOLE else 0.0
        figure.add_vrect(x0=first - slack, x1=last + slack, fillcolor=ACCENT, opacity=0.15, line_width=0)
    for name, data, colour in ((translate("known"), known, MUTED), (translate("this run"), values, ACCENT)):
        share = np.histogram(data, bins=edges)[0] / max(1, len(data))
        figure.add_scatter(
            x=middles,
            y=share,
            name=name,
            mode="lines",
            line={"color": colour, "width": 2, "shape": "hvh"},
            fill="tozeroy" if colour == MUTED else None,
            hovertemplate=f"{name}: %{{x:.2f}}, %{{y:.1%}}<extra></extra>",
        )
    unit = f" ({record.unit})" if record.unit else ""
    figure.update_xaxes(title=f"{translate(record.label)}{unit}", showgrid=False, zeroline=False)
    figure.update_yaxes(visible=False)
    figure = note_empty(frame(figure, 190), len(values), translate)
    return figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.15, "x": 0, "font": {"size": 11}})


def draw_options(step: WritingStep, *, most: int = 10, translate: Translate = str) -> go.Figure:
    """What could have come next: probabilities before and after temperature, top-k and top-p.

    Args:
        step: one token of a string.
        most: tokens shown, likeliest first; the one that came is shown in any case.
        translate: turns English words into the reader's.
    """
    shown = list(step.options[:most])
    if all(name != step.drawn for name, _, _ in shown):
        shown += [option for option in step.options if option[0] == step.drawn]
    names = [f"<b>{_plain(n)}</b> ◂" if n == step.drawn else _plain(n) for n, _, _ in shown]
    figure = go.Figure()
    for place, name, colour, hatch in ((1, translate("before"), MUTED, "/"), (2, translate("after"), ACCENT, "")):
        share = [option[place] for option in shown]
        figure.add_bar(
            x=share,
            y=names,
            name=name,
            orientation="h",
            marker={"color": colour, "pattern": {"shape": hatch}},
            hovertemplate=f"{name}: %{{x:.1%}}<extra></extra>",
        )
    figure.update_yaxes(autorange="reversed", type="category", dtick=1).update_xaxes(range=[0, 1], tickformat=".0%")
    return frame(figure, 60 + 30 * len(shown), legend=True).update_layout(bargap=0.25)


def _plain(token: str) -> str:
    """A token that plotly does not take for markup."""
    return {"<eos>": "(end)"}.get(token, token)
