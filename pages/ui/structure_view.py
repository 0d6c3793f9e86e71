"""A crystal in 3D by 3Dmol.js, served from here; without the script, a flat drawing and how to get it."""

from __future__ import annotations

import html
from pathlib import Path

import numpy as np
import py3Dmol
import streamlit as st

from matgen_core.chem.scene import Scene, build_scene, colour
from matgen_core.types import Crystal
from pages.ui.language import _

SCRIPT = Path(__file__).parents[2] / "static" / "3Dmol-min.js"
HEIGHT = 420


def show_structure(crystal: Crystal, key: str) -> None:
    """The crystal with its controls and legend."""
    left, right = st.columns([3, 2])
    cell = left.segmented_control(
        _("Cell"), [_("conventional"), _("primitive")], default=_("conventional"), key=f"{key}-cell", required=True
    )
    repeats = right.segmented_control(_("Supercell"), [1, 2, 3], default=1, key=f"{key}-repeats", required=True)
    scene = scene_of(crystal, cell == _("primitive"), int(repeats))
    if SCRIPT.is_file():
        st.iframe(viewer_html(scene), height=HEIGHT)
    else:
        st.markdown(flat_svg(scene), unsafe_allow_html=True)
        st.info(_("The 3D viewer is not installed, so this is a flat drawing. Install it with: make viewer"))
    dots = "&ensp;".join(
        f'<span style="color:{colour(s)};-webkit-text-stroke:0.5px gray">●</span>&nbsp;{s}'
        for s in dict.fromkeys(scene.symbols)
    )
    st.markdown(dots, unsafe_allow_html=True)


@st.cache_data(max_entries=200, show_spinner=False)
def scene_of(crystal: Crystal, primitive: bool, repeats: int) -> Scene:
    return build_scene(crystal, primitive, (repeats, repeats, repeats))


# Cached by content: the same HTML keeps the camera where the reader put it.
@st.cache_data(max_entries=200, show_spinner=False, hash_funcs={Scene: lambda s: (s.symbols, s.positions.tobytes())})
def viewer_html(scene: Scene) -> str:
    """A page with the scene in it; everything in it is numbers and element symbols."""
    view = py3Dmol.view(width="100%", height=HEIGHT - 16, js="/app/static/3Dmol-min.js")
    view.setBackgroundColor("white", 0)
    middle = scene.edges.reshape(-1, 3).mean(axis=0)
    for symbol, place in zip(scene.symbols, scene.positions - middle, strict=True):
        view.addSphere({"center": _point(place), "radius": _radius(symbol), "color": colour(symbol)})
    for i, j in scene.bonds.tolist():
        a, b = scene.positions[i] - middle, scene.positions[j] - middle
        for start, end, symbol in ((a, (a + b) / 2, scene.symbols[i]), ((a + b) / 2, b, scene.symbols[j])):
            view.addCylinder({"start": _point(start), "end": _point(end), "radius": 0.11, "color": colour(symbol)})
    for a, b in scene.edges - middle:
        view.addLine({"start": _point(a), "end": _point(b), "color": "gray"})
    view.zoomTo()
    view.rotate(-70, "x")
    view.rotate(-12, "y")
    view.zoom(0.95)
    return f'<body style="margin:0">{view.write_html()}</body>'


def _point(place: np.ndarray) -> dict[str, float]:
    return dict(zip("xyz", (round(float(v), 4) for v in place), strict=True))


def _radius(symbol: str) -> float:
    from ase.data import atomic_numbers, covalent_radii

    return round(0.28 + 0.22 * float(covalent_radii[atomic_numbers[symbol]]), 3)


def flat_svg(scene: Scene) -> str:
    """The scene from one side, far atoms first, without WebGL."""
    turn = np.array([[0.94, 0.0, 0.34], [-0.17, 0.87, 0.47], [-0.30, -0.50, 0.82]])
    places = scene.positions @ turn.T
    edges = scene.edges @ turn.T
    flat = np.concatenate([places[:, :2], edges.reshape(-1, 3)[:, :2]])
    low, high = flat.min(axis=0) - 1.2, flat.max(axis=0) + 1.2
    width, height = high - low
    parts = [_line(a, b, "gray", 0.04) for a, b in edges]
    parts += [_line(places[i], places[j], "#999", 0.14) for i, j in scene.bonds.tolist()]
    for i in np.argsort(places[:, 2]):
        x, y = places[i, :2]
        title = html.escape(scene.symbols[i])
        parts.append(
            f'<circle cx="{x:.2f}" cy="{-y:.2f}" r="{1.3 * _radius(scene.symbols[i]):.2f}" stroke="#555" '
            f'stroke-width="0.04" fill="{colour(scene.symbols[i])}"><title>{title}</title></circle>'
        )
    box = f"{low[0]:.2f} {-high[1]:.2f} {width:.2f} {height:.2f}"
    return f'<svg role="img" viewBox="{box}" width="100%" height="{HEIGHT}">{"".join(parts)}</svg>'


def _line(a: np.ndarray, b: np.ndarray, stroke: str, width: float) -> str:
    ends = f'x1="{a[0]:.2f}" y1="{-a[1]:.2f}" x2="{b[0]:.2f}" y2="{-b[1]:.2f}"'
    return f'<line {ends} stroke="{stroke}" stroke-width="{width}"/>'
