"""Figures of the lessons: schedules, clouds of points, losses. Dark and light lines differ in brightness, too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matgen_core.diffusion.schedules import Schedule
from matgen_core.viz import ACCENT, BAD, MUTED, frame

Translate = Callable[[str], str]
Array = NDArray[np.float32]


def draw_schedules(
    schedules: Mapping[str, Schedule], t: int, *, translate: Translate = str, template: str | None = None
) -> go.Figure:
    """Share of the signal left at every step, with the chosen step marked.

    Args:
        schedules: by name.
        t: the chosen step.
        translate: turns English words into the reader's.
        template: a plotly template.
    """
    figure = go.Figure()
    for (name, schedule), colour, dash in zip(schedules.items(), (ACCENT, BAD), ("solid", "dash"), strict=False):
        values = schedule.alpha_bar.numpy()
        figure.add_scatter(
            x=np.arange(len(values)), y=values, name=translate(name), mode="lines",
            line={"color": colour, "width": 3, "dash": dash},
        )  # fmt: skip
    figure.add_vline(x=t, line_color=MUTED, line_width=2)
    figure.update_xaxes(title="t")
    figure.update_yaxes(title="ᾱ<sub>t</sub>", range=[0, 1.02])
    figure = frame(figure, 260, template)
    return figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.15, "x": 0})


def draw_cloud(
    points: Array, drawn: Array | None = None, *, names: tuple[str, str] = ("", ""), template: str | None = None
) -> go.Figure:
    """Points of a plane, with others over them.

    Args:
        points: (N, 2).
        drawn: (M, 2) laid over.
        names: of the two.
        template: a plotly template.
    """
    figure = go.Figure()
    for cloud, name, colour, size, symbol in (
        (points, names[0], MUTED if drawn is not None else ACCENT, 4, "circle"), (drawn, names[1], BAD, 5, "cross"),
    ):  # fmt: skip
        if cloud is not None:
            figure.add_scattergl(
                x=cloud[:, 0], y=cloud[:, 1], mode="markers", name=name, hoverinfo="skip",
                marker={"color": colour, "size": size, "symbol": symbol, "opacity": 0.7},
            )  # fmt: skip
    figure.update_xaxes(range=[-3.2, 3.2], visible=False)
    figure.update_yaxes(range=[-3.2, 3.2], visible=False, scaleanchor="x")
    figure = frame(figure, 360, template)
    return figure.update_layout(showlegend=bool(names[0]), legend={"orientation": "h", "y": 1.08, "x": 0})


def draw_losses(losses: Sequence[float], *, translate: Translate = str, template: str | None = None) -> go.Figure:
    """The loss of every step, and its running mean.

    Args:
        losses: one a step.
        translate: turns English words into the reader's.
        template: a plotly template.
    """
    figure = go.Figure()
    stride = max(1, len(losses) // 1000)
    figure.add_scatter(
        x=list(range(0, len(losses), stride)), y=list(losses[::stride]), mode="lines",
        line={"color": MUTED, "width": 1}, hoverinfo="skip",
    )  # fmt: skip
    if len(losses) >= 50:
        mean = np.convolve(losses, np.full(50, 0.02), mode="valid")
        figure.add_scatter(
            x=np.arange(49, len(losses))[::stride], y=mean[::stride], mode="lines", line={"color": ACCENT, "width": 3}
        )
    figure.update_xaxes(title=translate("Step"))
    figure.update_yaxes(title=translate("Loss"), type="log")
    return frame(figure, 260, template)
