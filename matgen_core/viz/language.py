"""Figures of the language lesson: attention, temperature, and what a condition does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from matgen_core.lessons.language import Attention, Sampled
from matgen_core.viz.style import ACCENT, BAD, MUTED, Translate, add_lines, frame, note_empty


def draw_attention(attention: Attention, token: int) -> go.Figure:
    """The whole attention of a head, the chosen token's row framed."""
    names = [f"{i} {t}" for i, t in enumerate(attention.tokens)]
    figure = go.Figure(
        go.Heatmap(
            z=attention.weights,
            x=names,
            y=names,
            colorscale=[[0, "rgba(42,157,143,0)"], [1, ACCENT]],
            zmin=0,
            zmax=1,
            showscale=False,
            hovertemplate="%{y} → %{x}: %{z:.2f}<extra></extra>",
        )
    )
    figure.add_hrect(y0=token - 0.5, y1=token + 0.5, line_color=BAD, line_width=2)
    figure.update_yaxes(autorange="reversed", tickfont={"size": 12}).update_xaxes(tickfont={"size": 12}, side="top")
    return frame(figure, 430)


def draw_temperatures(found: Sequence[tuple[float, Sampled]], *, translate: Translate = str) -> go.Figure:
    """Validity and diversity against temperature."""
    figure = go.Figure()
    lines = (
        ([s.valid for _, s in found], "valid", ACCENT, "solid", "circle"),
        ([s.diversity for _, s in found], "internal diversity", BAD, "dash", "diamond"),
    )
    add_lines(figure, [t for t, _ in found], lines, translate)
    figure.update_xaxes(title=translate("temperature")).update_yaxes(range=[0, 1.03])
    return note_empty(frame(figure, 300, legend=True), len(found), translate)


def draw_conditions(found: Mapping[str, Sampled], title: str, *, translate: Translate = str) -> go.Figure:
    """The property of what was generated, one box a condition."""
    figure = go.Figure()
    for (name, sampled), colour in zip(found.items(), (MUTED, ACCENT, BAD), strict=False):
        figure.add_box(x=list(sampled.values), name=name, marker_color=colour, boxpoints="all", jitter=0.4, pointpos=0)
    figure.update_xaxes(title=title)
    figure.update_yaxes(type="category", autorange="reversed")  # "1" is the name of a box, not a place on an axis
    return note_empty(frame(figure, 300), sum(len(s.values) for s in found.values()), translate)


def draw_chances(options: Sequence[tuple[str, float]], *, translate: Translate = str) -> go.Figure:
    """Probabilities of the next token, likeliest first."""
    names = [translate(name) if name == "end" else name for name, _chance in options]
    figure = go.Figure(
        go.Bar(
            x=[chance for _name, chance in options],
            y=names,
            orientation="h",
            marker_color=ACCENT,
            text=[f"{chance:.0%}" for _name, chance in options],
            textposition="outside",
            constraintext="none",
            cliponaxis=False,
        )
    )
    figure.update_yaxes(autorange="reversed", type="category", dtick=1)
    figure.update_xaxes(range=[0, max((chance for _name, chance in options), default=1.0) * 1.2], tickformat=".0%")
    return note_empty(frame(figure, 300), len(options), translate)
