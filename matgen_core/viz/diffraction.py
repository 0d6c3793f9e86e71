"""A figure of a powder pattern: lines with Miller indices, their profile, and a measured pattern behind them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go

from matgen_core.chem.crystals.diffraction import HIGHEST, WIDTH, Lines, Measured, draw_profile
from matgen_core.viz.style import ACCENT, BAD, GRID, MUTED, Translate, frame

#: Lines that bear their indices, and how near (share of the axis) two of these may stand.
_LABELLED, _APART = 14, 0.03
#: Degrees between points of a profile.
_STEP = 0.02


@dataclass(frozen=True)
class Profile:
    """How a pattern is drawn.

    Args:
        width: full width at half maximum, degrees; 0 draws lines alone.
        mixing: share of the Lorentzian; 0 is a Gaussian.
    """

    width: float = WIDTH
    mixing: float = 0.0


def scale_cell(lines: Lines, scale: float) -> Lines:
    """The lines of the same crystal with its lengths times ``scale``."""
    sines = lines.wavelength / (2 * lines.spacings * scale)
    seen = sines < 1
    return replace(
        lines,
        angles=np.degrees(2 * np.arcsin(sines[seen])),
        intensities=lines.intensities[seen],
        spacings=lines.spacings[seen] * scale,
        planes=tuple(plane for plane, kept in zip(lines.planes, seen, strict=True) if kept),
    )


def profile_points(lines: Lines, profile: Profile) -> tuple[np.ndarray, np.ndarray]:
    """2θ and intensity of the drawn profile; its highest point is 100."""
    first = max(0.0, (lines.angles[0] if len(lines.angles) else 10.0) - 5)
    angles = np.arange(np.floor(first), max(HIGHEST, lines.angles[-1] if len(lines.angles) else 0.0), _STEP)
    heights = draw_profile(lines, angles, profile.width, profile.mixing)
    return angles, heights * (100 / heights.max() if heights.any() else 1.0)


def draw_pattern(
    lines: Lines,
    profile: Profile | None = None,
    measured: Measured | None = None,
    *,
    translate: Translate = str,
    height: int = 330,
) -> go.Figure:
    """Intensity against 2θ.

    Args:
        lines: of a crystal.
        profile: how it is drawn; lines alone if None.
        measured: drawn behind, its highest point as 100.
        translate: turns English words into the reader's.
        height: pixels.
    """
    figure = go.Figure()
    if measured is not None:
        low, high = float(measured.counts.min()), float(measured.counts.max())
        figure.add_scatter(
            x=measured.angles,
            y=(measured.counts - low) / (high - low) * 100,
            mode="lines",
            name=translate("measured"),
            line={"color": BAD, "width": 1.2},
            hoverinfo="skip",
        )
    if profile is not None and profile.width > 0 and len(lines.angles):
        angles, heights = profile_points(lines, profile)
        figure.add_scatter(
            x=angles,
            y=heights,
            mode="lines",
            name=translate("simulated"),
            line={"color": ACCENT, "width": 1.5},
            hoverinfo="skip",
        )
    _add_lines(figure, lines, faint=profile is not None)
    _add_indices(figure, lines)
    figure.update_xaxes(title=f"2θ (°), λ = {lines.wavelength:g} Å", gridcolor=GRID)
    figure.update_yaxes(title=f"{translate('Intensity')} (%)", gridcolor=GRID, range=[0, 115])
    figure = frame(figure, height)
    if measured is not None:
        figure.update_xaxes(range=[float(measured.angles[0]), float(measured.angles[-1])])
        figure.update_layout(showlegend=True, legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1.08})
    return figure


def _add_lines(figure: go.Figure, lines: Lines, faint: bool) -> None:
    gaps = np.full(len(lines.angles), np.nan)
    # One trace for all sticks, lifted between them: a trace each would be hundreds.
    figure.add_scatter(
        x=np.column_stack([lines.angles, lines.angles, gaps]).ravel(),
        y=np.column_stack([np.zeros_like(lines.intensities), lines.intensities, gaps]).ravel(),
        mode="lines",
        line={"color": MUTED if faint else ACCENT, "width": 1 if faint else 1.5},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=lines.angles,
        y=lines.intensities,
        mode="markers",
        marker={"size": 4, "color": ACCENT},
        text=lines.planes,
        customdata=lines.spacings,
        hovertemplate="2θ %{x:.2f}°, d %{customdata:.3f} Å, (%{text}), %{y:.0f} %<extra></extra>",
        showlegend=False,
    )


def _add_indices(figure: go.Figure, lines: Lines) -> None:
    """Miller indices above the strongest lines that stand apart."""
    if not len(lines.angles):
        return
    span = max(float(np.ptp(lines.angles)), 1.0)
    kept: list[int] = []
    for place in np.argsort(-lines.intensities, kind="stable").tolist():
        if len(kept) == _LABELLED:
            break
        if all(abs(lines.angles[place] - lines.angles[other]) > _APART * span for other in kept):
            kept.append(place)
    for place in sorted(kept):
        figure.add_annotation(
            x=float(lines.angles[place]),
            y=float(lines.intensities[place]),
            text=lines.planes[place].split(",")[0],
            showarrow=False,
            yshift=9,
            font={"size": 10},
        )
