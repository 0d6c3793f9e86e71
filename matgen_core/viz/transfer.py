"""Figures of the transfer lesson: guesses, views in the embedding, weights trained, curves. Told apart in grey, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from matgen_core.lessons.transfer import Guess
from matgen_core.lessons.views import ViewMap
from matgen_core.viz.style import ACCENT, BAD, MUTED, Translate, frame, note_empty

_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "star")
_COLOURS = (ACCENT, BAD, "#264653", "#8a5fb0", "#b8860b")


def draw_guess(guess: Guess) -> go.Figure:
    """Probabilities of the likeliest elements at one hidden place; the true one bears ✓, beside its colour."""
    names, chances = zip(*guess.options, strict=True)
    figure = go.Figure()
    figure.add_bar(
        x=[f"{n} ✓" if n == guess.truth else n for n in names],
        y=list(chances),
        marker_color=[ACCENT if n == guess.truth else MUTED for n in names],
        text=[f"{p:.0%}" for p in chances],
        textposition="outside",
        constraintext="none",
        cliponaxis=False,
    )
    figure.update_yaxes(range=[0, max(chances) * 1.25], visible=False)
    return frame(figure, 200)


def draw_views(views: ViewMap, *, translate: Translate = str) -> go.Figure:
    """Views of each formula among known ones; the formula itself is large."""
    figure = go.Figure()
    figure.add_scattergl(
        x=views.others[:, 0],
        y=views.others[:, 1],
        mode="markers",
        marker={"size": 4, "color": MUTED, "opacity": 0.5},
        text=list(views.names),
        hovertemplate="%{text}<extra></extra>",
        name=translate("known formulas"),
    )
    for number, owner in enumerate(dict.fromkeys(views.owners)):
        mine = [i for i, name in enumerate(views.owners) if name == owner]
        figure.add_scatter(
            x=views.points[mine, 0],
            y=views.points[mine, 1],
            mode="markers",
            name=owner,
            text=[views.labels[i] for i in mine],
            hovertemplate="%{text}<extra></extra>",
            marker={
                "size": [16, *[9] * (len(mine) - 1)],
                "symbol": _SYMBOLS[number % len(_SYMBOLS)],
                "color": _COLOURS[number % len(_COLOURS)],
                "line": {"width": 1, "color": "white"},
            },
        )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return frame(figure, 360, legend=True)


def draw_parameters(counts: Mapping[str, tuple[int, int]], *, translate: Translate = str) -> go.Figure:
    """Trained beside frozen weights of each strategy, as bars."""
    names = [translate(name) for name in counts]
    figure = go.Figure()
    figure.add_bar(
        y=names,
        x=[trained for trained, _ in counts.values()],
        orientation="h",
        name=translate("trained"),
        marker_color=ACCENT,
    )
    figure.add_bar(
        y=names,
        x=[a - t for t, a in counts.values()],
        orientation="h",
        name=translate("frozen"),
        marker_color=MUTED,
        marker_pattern_shape="/",
    )
    figure.add_scatter(  # right of the bars: within a thin one it would stand on end, or on the hatched one
        x=[a for _, a in counts.values()],
        y=names,
        mode="text",
        text=[f"{t:,} ({t / a:.1%})" for t, a in counts.values()],
        textposition="middle right",
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_yaxes(autorange="reversed", dtick=1)
    figure.update_xaxes(range=[0, 1.5 * max((a for _, a in counts.values()), default=1)])
    return frame(figure, 190, legend=True).update_layout(barmode="stack")


def draw_teaching(curve: Sequence[tuple[int, float, float]], *, label: str, translate: Translate = str) -> go.Figure:
    """Error on the withheld rows after each epoch."""
    figure = go.Figure()
    figure.add_scatter(
        x=[e for e, _, _ in curve],
        y=[error for _, _, error in curve],
        mode="lines+markers",
        line={"color": ACCENT, "width": 3},
    )
    figure.update_yaxes(title=label, rangemode="tozero")
    figure.update_xaxes(title=translate("epoch"))
    return note_empty(frame(figure, 260), len(curve), translate)
