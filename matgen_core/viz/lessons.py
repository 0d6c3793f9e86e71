"""Figures of the lessons: schedules, clouds of points, losses. Dark and light lines differ in brightness, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matgen_core.diffusion.schedules import Schedule
from matgen_core.lessons.measured import SAMPLER_NAMES, Guided, Way, share_of
from matgen_core.viz.style import ACCENT, BAD, MUTED, Translate, add_lines, frame, note_empty

Array = NDArray[np.float32]


def draw_schedules(schedules: Mapping[str, Schedule], t: int, *, translate: Translate = str) -> go.Figure:
    """Share of the signal left at every step, with the chosen step marked.

    Args:
        schedules: by name.
        t: the chosen step.
        translate: turns English words into the reader's.
    """
    figure = _over_steps({name: one.alpha_bar.numpy() for name, one in schedules.items()}, t, translate)
    figure.update_yaxes(title="ᾱₜ", range=[0, 1.02])
    return frame(figure, 260, legend=True)


def _over_steps(curves: Mapping[str, NDArray[Any]], t: int, translate: Translate) -> go.Figure:
    """A line of each schedule over its steps, the chosen step marked."""
    figure = go.Figure()
    for (name, values), colour, dash in zip(curves.items(), (ACCENT, BAD), ("solid", "dash"), strict=False):
        figure.add_scatter(
            x=np.arange(len(values)),
            y=values,
            name=translate(name),
            mode="lines",
            line={"color": colour, "width": 3, "dash": dash},
        )
    figure.add_vline(x=t, line_color=MUTED, line_width=2)
    return figure.update_xaxes(title="t")


def draw_cloud(
    points: Array,
    drawn: Array | None = None,
    *,
    names: tuple[str, str] = ("", ""),
    height: int = 360,
) -> go.Figure:
    """Points of a plane, with others over them.

    Args:
        points: (N, 2).
        drawn: (M, 2) laid over.
        names: of the two.
        height: pixels.
    """
    figure = go.Figure()
    alone = drawn is None
    for cloud, name, colour, size, symbol, opacity in (
        (points, names[0], ACCENT if alone else MUTED, 4 if alone else 3, "circle", 0.7 if alone else 0.4),
        (drawn, names[1], BAD, 7, "cross", 0.9),  # without colours they differ by shape, size and depth
    ):
        if cloud is not None:
            figure.add_scattergl(
                x=cloud[:, 0],
                y=cloud[:, 1],
                mode="markers",
                name=name,
                hoverinfo="skip",
                marker={"color": colour, "size": size, "symbol": symbol, "opacity": opacity},
            )
    figure.update_xaxes(range=[-3.2, 3.2], visible=False)
    figure.update_yaxes(range=[-3.2, 3.2], visible=False, scaleanchor="x")
    return frame(figure, height, legend=bool(names[0]))


def draw_losses(losses: Sequence[float], *, translate: Translate = str) -> go.Figure:
    """The loss of every step, and its running mean.

    Args:
        losses: one a step.
        translate: turns English words into the reader's.
    """
    figure = go.Figure()
    stride = max(1, len(losses) // 1000)
    figure.add_scatter(
        x=list(range(0, len(losses), stride)),
        y=list(losses[::stride]),
        mode="lines",
        line={"color": MUTED, "width": 1},
        opacity=0.5,  # the mean over it is told from it without colours, too
        hoverinfo="skip",
    )
    if len(losses) >= 50:
        mean = np.convolve(losses, np.full(50, 0.02), mode="valid")
        figure.add_scatter(
            x=np.arange(49, len(losses))[::stride], y=mean[::stride], mode="lines", line={"color": ACCENT, "width": 4}
        )
    figure.update_xaxes(title=translate("Step"))
    figure.update_yaxes(title=translate("Loss"), type="log")
    return note_empty(frame(figure, 260), len(losses), translate)


def draw_ratio(schedules: Mapping[str, Schedule], t: int, *, translate: Translate = str) -> go.Figure:
    """Signal to noise, ab / (1 - ab), of every step on a logarithmic axis, with the chosen step marked."""
    left = {name: one.alpha_bar.numpy().astype(float) for name, one in schedules.items()}
    figure = _over_steps({name: share / np.maximum(1 - share, 1e-9) for name, share in left.items()}, t, translate)
    figure.add_hline(y=1.0, line_color=MUTED, line_width=1, line_dash="dot")
    figure.update_yaxes(title=translate("signal / noise"), type="log", exponentformat="none", dtick=2)
    return frame(figure, 260)


def draw_path(known: Array, noisy: Array, clean: Array, step: int, *, translate: Translate = str) -> go.Figure:
    """The way of a latent out of noise, on the two main axes of the known crystals.

    Args:
        known: (N, 2) latents of known crystals.
        noisy: (S, 2) the latent after each step.
        clean: (S, 2) the clean latent predicted at each step.
        step: the one that is shown, ringed.
        translate: turns English words into the reader's.
    """
    figure = go.Figure()
    figure.add_scattergl(
        x=known[:, 0],
        y=known[:, 1],
        mode="markers",
        name=translate("known"),
        hoverinfo="skip",
        marker={"color": MUTED, "size": 3, "opacity": 0.35},
    )
    for path, name, colour, dash, symbol in (
        (noisy, "the latent", BAD, "dot", "diamond"),
        (clean, "predicted clean", ACCENT, "solid", "circle"),
    ):
        figure.add_scatter(
            x=path[:, 0],
            y=path[:, 1],
            mode="lines+markers",
            name=translate(name),
            line={"color": colour, "width": 2, "dash": dash},
            marker={"color": colour, "size": 6, "symbol": symbol},
            hovertemplate="%{pointNumber}<extra></extra>",
        )
    figure.add_scatter(
        x=[noisy[step, 0], clean[step, 0]],
        y=[noisy[step, 1], clean[step, 1]],
        mode="markers",
        hoverinfo="skip",
        marker={"size": 16, "symbol": "circle-open", "color": [BAD, ACCENT], "line": {"width": 3}},
        showlegend=False,
    )
    figure.update_xaxes(title="PC 1", zeroline=False).update_yaxes(title="PC 2", zeroline=False)
    return frame(figure, 330, legend=True)


def draw_ways(ways: Sequence[Way], *, translate: Translate = str) -> go.Figure:
    """Quality against time: how far each sampler's latents are from the known ones, by seconds for a hundred."""
    figure = go.Figure()
    symbols = {"ddpm": "circle", "ddim": "diamond", "dpm-solver": "square"}
    colours = {"ddpm": BAD, "ddim": MUTED, "dpm-solver": ACCENT}
    seconds = [w.seconds for w in ways]
    for method in symbols:
        mine = [way for way in ways if way.method == method]
        figure.add_scatter(
            x=[w.seconds for w in mine],
            y=[w.distance for w in mine],
            mode="markers+text",
            name=SAMPLER_NAMES[method],
            text=[str(w.steps) for w in mine],  # whole names are cut or cover one another in a lecture's large type
            textposition=["top left" if w.seconds == max(seconds) else "top right" for w in mine],
            marker={"size": 14, "symbol": symbols[method], "color": colours[method]},
            error_y={"array": [w.error if np.isfinite(w.error) else 0.0 for w in mine], "thickness": 2},
            hovertemplate=f"{SAMPLER_NAMES[method]} %{{text}}: %{{x:.2f}} s, %{{y:.3f}}<extra></extra>",
        )
    highest = max((w.distance + (w.error if np.isfinite(w.error) else 0.0) for w in ways), default=1.0)
    ends = [float(np.log10(min(seconds) / 4)), float(np.log10(max(seconds) * 4))] if seconds else [0.0, 1.0]
    figure.update_xaxes(title=translate("seconds for 100 latents"), type="log", range=ends, dtick=1)
    figure.update_yaxes(title=translate("Distance"), range=[0.0, 1.7 * highest])
    legend = {"orientation": "h", "y": 1.05, "yanchor": "top", "x": 0}  # two lines of it fit above the points
    figure = frame(figure, 320).update_layout(showlegend=True, legend=legend)
    return note_empty(figure, len(ways), translate)


def draw_predictions(
    asked: Guided, unconditional: Guided, unit: str, ends: tuple[float, float], *, translate: Translate = str
) -> go.Figure:
    """How the predictions are spread with the condition and without it; the value of the condition as a line.

    Args:
        asked: with the condition.
        unconditional: without guidance and condition.
        unit: of the property.
        ends: of the axis.
        translate: turns English words into the reader's.
    """
    figure = go.Figure()
    both = ((unconditional, "unconditional", MUTED, "/"), (asked, "conditional", ACCENT, ""))
    for sample, name, colour, pattern in both:
        counts, edges = np.histogram(np.clip(sample.predictions, *ends), bins=24, range=ends)
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts / max(1, len(sample.predictions)),
            name=translate(name),
            opacity=0.75,
            marker={"color": colour, "pattern": {"shape": pattern}},
            hovertemplate="%{x:.2f}: %{y:.0%}<extra></extra>",
        )
    figure.add_vline(x=asked.value, line_color=BAD, line_width=3)
    figure.update_layout(barmode="overlay", bargap=0.05)
    figure.update_xaxes(title=unit, range=ends).update_yaxes(tickformat=".0%")
    return note_empty(
        frame(figure, 280, legend=True), len(asked.predictions) + len(unconditional.predictions), translate
    )


def draw_guidance(cells: Sequence[Guided], tolerance: float, chosen: float, *, translate: Translate = str) -> go.Figure:
    """What guidance buys and costs: the share on target and the diversity, by its weight."""
    figure = go.Figure()
    met = [share_of(c.on_target(tolerance), len(c.predictions))[0] for c in cells]
    lines = (
        (met, "on target", ACCENT, "solid", "circle"),
        ([c.diversity for c in cells], "diversity", BAD, "dash", "diamond"),
        ([c.different for c in cells], "different formulas", MUTED, "dot", "square"),
    )
    add_lines(figure, [cell.guidance for cell in cells], lines, translate)
    ends = [share_of(c.on_target(tolerance), len(c.predictions)) for c in cells]
    figure.data[0].error_y = {
        "array": [high - share for share, _low, high in ends],
        "arrayminus": [share - low for share, low, _high in ends],
    }
    figure.add_vline(x=chosen, line_color=MUTED, line_width=2)
    figure.update_xaxes(title=translate("guidance")).update_yaxes(range=[0, 1.03], tickformat=".0%")
    return note_empty(frame(figure, 300, legend=True), len(cells), translate)


def draw_gaps(
    gaps: Array, asked: float, tolerance: float, read: float | None, *, translate: Translate = str
) -> go.Figure:
    """How often each band gap (eV) occurs, with the inverse question as a band and the forward answer as a line.

    Args:
        gaps: (N,) of known crystals.
        asked: middle of the band.
        tolerance: half its width.
        read: value of one material; None for no line.
        translate: turns English words into the reader's.
    """
    counts, edges = np.histogram(np.clip(gaps, 0, 10), bins=50, range=(0, 10))
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            marker_color=MUTED,
            hovertemplate="%{x:.1f} eV: %{y}<extra></extra>",
        )
    )
    figure.add_vrect(x0=asked - tolerance, x1=asked + tolerance, fillcolor=ACCENT, opacity=0.35, line_width=0)
    if read is not None:
        figure.add_vline(x=read, line_color=BAD, line_width=3, line_dash="dash")
    figure.update_xaxes(title=translate("Band gap (eV)"), range=[0, 10])
    figure.update_yaxes(title=translate("known crystals"), type="log", dtick=1)
    figure.update_layout(bargap=0.05)
    return note_empty(frame(figure, 320), len(gaps), translate)
