"""A film of points: samplers side by side from one noise, with a play button; a browser moves it without a server."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from matgen_core.lessons.measured import SAMPLER_NAMES
from matgen_core.lessons.motion import Motion
from matgen_core.viz.style import ACCENT, BAD, MUTED, Translate, frame

_TRACED = 12  # points whose path is drawn
_EDGE = 3.2
_MS = 120  # a frame


def draw_motion(data: NDArray[np.float32], motions: Sequence[Motion], *, translate: Translate = str) -> go.Figure:
    """Samples on their way from noise to the data, one panel a sampler.

    Args:
        data: (N, 2) what the network learnt.
        motions: of each sampler, of equally many moments.
        translate: turns English words into the reader's.
    """
    titles = [f"{SAMPLER_NAMES[one.method]} {one.steps}" for one in motions]
    figure = make_subplots(1, len(motions), subplot_titles=titles, horizontal_spacing=0.02)
    known = data[:: max(1, len(data) // 500)]
    for column, one in enumerate(motions, 1):
        figure.add_scatter(
            x=known[:, 0],
            y=known[:, 1],
            mode="markers",
            marker={"color": MUTED, "size": 3, "opacity": 0.5},
            hoverinfo="skip",
            row=1,
            col=column,
        )
        for trace in _moving(one, 0):
            figure.add_trace(trace, row=1, col=column)
        figure.update_xaxes(range=[-_EDGE, _EDGE], visible=False, row=1, col=column)
        figure.update_yaxes(range=[-_EDGE, _EDGE], visible=False, scaleanchor=f"x{column}", row=1, col=column)
    moved = [place for column in range(len(motions)) for place in (3 * column + 1, 3 * column + 2)]
    moments = min(len(one.points) for one in motions)
    figure.frames = [
        go.Frame(name=str(i), data=[trace for one in motions for trace in _moving(one, i)], traces=moved)
        for i in range(moments)
    ]
    figure = frame(figure, 430)
    figure.update_layout(margin={"l": 8, "r": 8, "t": 30, "b": 8}, updatemenus=[_buttons(translate)])
    return figure.update_layout(sliders=[_slider(motions[0], moments)])


def _moving(one: Motion, moment: int) -> list[go.Scatter]:
    """The samples at a moment, and the paths of some of them up to there."""
    now, paths = one.points[moment], one.points[: moment + 1, :_TRACED]
    gap = np.full((1, paths.shape[1], 2), np.nan, dtype=np.float32)
    lines = np.concatenate([paths, gap]).transpose(1, 0, 2).reshape(-1, 2)
    return [
        go.Scatter(
            x=now[:, 0].round(2),
            y=now[:, 1].round(2),
            mode="markers",
            marker={"color": BAD, "size": 5, "symbol": "cross"},
            hoverinfo="skip",
        ),
        go.Scatter(
            x=lines[:, 0].round(2),
            y=lines[:, 1].round(2),
            mode="lines",
            line={"color": ACCENT, "width": 2},
            hoverinfo="skip",
        ),
    ]


def _buttons(translate: Translate) -> dict[str, object]:
    play = {"frame": {"duration": _MS, "redraw": False}, "fromcurrent": True, "transition": {"duration": 0}}
    stop = {"frame": {"duration": 0, "redraw": False}, "mode": "immediate"}
    return {
        "type": "buttons",
        "direction": "left",
        "x": 0.0,
        "y": -0.02,
        "xanchor": "left",
        "yanchor": "top",
        "pad": {"t": 4},
        "showactive": False,
        "buttons": [
            {"label": f"▶ {translate('Play')}", "method": "animate", "args": [None, play]},
            {"label": f"❚❚ {translate('Pause')}", "method": "animate", "args": [[None], stop]},
        ],
    }


def _slider(one: Motion, moments: int) -> dict[str, object]:
    jump = {"frame": {"duration": 0, "redraw": False}, "mode": "immediate", "transition": {"duration": 0}}
    steps = [{"label": f"{one.share[i]:.0%}", "method": "animate", "args": [[str(i)], jump]} for i in range(moments)]
    return {
        "x": 0.0,
        "len": 1.0,
        "y": 0.0,
        "pad": {"t": 48},  # below the buttons: beside them there is no room for it on a phone
        "ticklen": 0,
        "minorticklen": 0,
        "currentvalue": {"visible": False},
        "steps": steps,
        "font": {"color": "rgba(0,0,0,0)"},
    }
