"""The map of a space of materials, as a plotly figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from matgen_core.viz.style import Translate, frame, note_empty

_GROUPS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f7f7f")
_RING = "#d1495b"
_MISSING = "#8a8a8a"
#: Blue to yellow; both ends are seen on white and on black, and by the colour-blind.
SCALE = [[0.0, "#3f73c4"], [0.5, "#8d9296"], [1.0, "#e3a81c"]]


@dataclass(frozen=True)
class Colours:
    """What colours the points of a map.

    Args:
        values: (N,) of a property, or number of the group of each; what has none is a grey ring and says so.
        label: with the unit; empty for groups.
        groups: whether the values are numbers of groups.
    """

    values: NDArray[np.float32]
    label: str = ""
    groups: bool = False

    def markers(self) -> dict[str, object]:
        """Of the points with a value: by group, or on a scale without the outermost 2 % at either end."""
        known = ~np.isnan(self.values)
        marker: dict[str, object] = {"size": 4, "opacity": 0.6}
        if self.groups:
            return marker | {"color": [_GROUPS[int(g) % len(_GROUPS)] for g in self.values[known]]}
        low, high = np.nanquantile(self.values, (0.02, 0.98)) if known.any() else (0.0, 1.0)
        return marker | {
            "color": np.clip(self.values[known], low, high),
            "colorscale": SCALE,
            "colorbar": {"title": {"text": self.label, "side": "right"}, "thickness": 10, "len": 0.9},
            "cmin": float(low),
            "cmax": float(max(high, low + 1e-6)),
        }


def draw_map(
    places: NDArray[np.float32],
    names: Sequence[str],
    colours: Colours,
    *,
    laid_over: Mapping[str, NDArray[np.float32]] | None = None,
    marked: Sequence[int] = (),
    axes: tuple[str, str] = ("", ""),
    translate: Translate = str,
) -> go.Figure:
    """Known materials as points, in a WebGL trace, with others laid over them.

    Args:
        places: (N, 2).
        names: formula or SMILES of each, for the pointer.
        colours: of the points.
        laid_over: (M, 2) places by name of the trace.
        marked: places in ``names`` to ring.
        axes: what the axes are.
        translate: turns English words into the reader's.
    """
    figure = go.Figure()
    _add_known(figure, places, names, colours, translate)
    for name, points in (laid_over or {}).items():
        figure.add_scattergl(
            x=points[:, 0],
            y=points[:, 1],
            mode="markers",
            name=name,
            hovertemplate=f"{name}<extra></extra>",
            marker={"size": 9, "symbol": "diamond", "color": "#d1495b", "line": {"width": 1, "color": "white"}},
        )
    if marked:
        chosen = list(marked)
        figure.add_scattergl(
            x=places[chosen, 0],
            y=places[chosen, 1],
            mode="markers",
            hoverinfo="skip",
            name=translate("selected"),
            marker={"size": 13, "symbol": "circle-open", "color": _RING, "line": {"width": 2}},
        )
    figure.update_xaxes(title=axes[0], showgrid=False, zeroline=False, showticklabels=False)
    figure.update_yaxes(title=axes[1], showgrid=False, zeroline=False, showticklabels=False)
    figure = note_empty(frame(figure, 460), len(places), translate)
    return figure.update_layout(dragmode="lasso", clickmode="event+select", uirevision="map")


def _add_known(
    figure: go.Figure,
    places: NDArray[np.float32],
    names: Sequence[str],
    colours: Colours,
    translate: Translate,
) -> None:
    """Known materials; the points without a value come first, so that they lie below."""
    known, texts, marker = ~np.isnan(colours.values), np.array(list(names), dtype=object), colours.markers()
    missing = {"size": 4, "opacity": 0.6, "color": _MISSING, "symbol": "circle-open"}  # the middle of the scale is grey
    for which, look, name in ((~known, missing, translate("no value")), (known, marker, translate("known"))):
        if which.any() or look is marker:
            figure.add_scattergl(
                x=places[which, 0],
                y=places[which, 1],
                mode="markers",
                marker=look,
                customdata=np.flatnonzero(which),
                text=texts[which],
                hovertemplate="%{text}<extra></extra>" if look is marker else f"%{{text}} · {name}<extra></extra>",
                name=name,
                selected={"marker": {"opacity": 1.0}},
                unselected={"marker": {"opacity": 0.15}},
            )
