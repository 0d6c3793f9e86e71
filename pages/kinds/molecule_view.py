"""Molecules drawn flat and in 3D; nothing of a string reaches the page but numbers and element symbols."""

from __future__ import annotations

import base64
import html

import numpy as np
import streamlit as st

from matgen_core.chem.drawing import Conformer, draw, embed
from matgen_core.chem.scene import colour
from pages.i18n.language import _
from pages.kinds.structure_view import SCRIPT, open_view

HEIGHT = 300


#: Of carbon and bonds, by theme.
_INKS = {"light": "#2b2f2e", "dark": "#e4e8e7"}


def drawing(smiles: str, width: int = 200, height: int = 140, highlight: str = "") -> str:
    """The molecule as an image for st.html, which lets no SVG through but as data of an image."""
    source = picture(smiles, width, height, highlight)
    return f'<img class="molecule" width="{width}" height="{height}" alt="{html.escape(smiles)}" src="{source}">'


def picture(smiles: str, width: int = 200, height: int = 140, highlight: str = "") -> str:
    """The same as data of an image, for a cell of a table."""
    return _image(smiles, width, height, highlight, _INKS.get(st.context.theme.type or "light", _INKS["light"]))


@st.cache_data(max_entries=5000, show_spinner=False)
def _image(smiles: str, width: int, height: int, highlight: str, ink: str) -> str:
    data = base64.b64encode(draw(smiles, width, height, highlight, ink).encode()).decode()
    return f"data:image/svg+xml;base64,{data}"


@st.cache_data(max_entries=200, show_spinner=False)
def conformer(smiles: str) -> Conformer | None:
    return embed(smiles)


def show_conformer(smiles: str) -> None:
    """The molecule in 3D, or flat with the reason."""
    shape = conformer(smiles)
    if shape is None:
        st.html(drawing(smiles, 360, 260))
        st.info(_("No 3D structure was found for this molecule, so the flat drawing is shown."))
    elif not SCRIPT.is_file():
        st.html(drawing(smiles, 360, 260))
        st.info(_("The 3D viewer is not installed, so this is a flat drawing. Install it with: make viewer"))
    else:
        st.iframe(viewer_html(smiles), height=HEIGHT, alt=_("The molecule in 3D; drag to turn it"))


# Cached by string: the same HTML keeps the camera where the reader put it.
@st.cache_data(max_entries=200, show_spinner=False)
def viewer_html(smiles: str) -> str:
    """A page with one conformer as sticks, coloured by element."""
    shape = conformer(smiles)
    assert shape is not None
    view = open_view(HEIGHT - 16)
    places = shape.positions - shape.positions.mean(axis=0)
    for symbol, place in zip(shape.symbols, places, strict=True):
        radius = 0.18 if symbol == "H" else 0.3
        view.addSphere({"center": _point(place), "radius": radius, "color": colour(symbol)})
    for i, j, order in shape.bonds:
        for shift in _shifts(places[i], places[j], order):
            a, b = places[i] + shift, places[j] + shift
            middle, radius = (a + b) / 2, 0.12 if order == 1 else 0.07
            for start, end, symbol in ((a, middle, shape.symbols[i]), (middle, b, shape.symbols[j])):
                view.addCylinder(
                    {"start": _point(start), "end": _point(end), "radius": radius, "color": colour(symbol)}
                )
    view.zoomTo()
    return f'<body style="margin:0;overflow:hidden">{view.write_html()}</body>'


def _shifts(a: np.ndarray, b: np.ndarray, order: float) -> list[np.ndarray]:
    """Where the rods of a bond lie: one, two or three side by side."""
    rods = 1 if order == 1 else 3 if order == 3 else 2
    side = np.cross(b - a, np.array([0.31, 0.59, 0.74]))
    side = side / (np.linalg.norm(side) or 1.0) * 0.16
    return [side * (k - (rods - 1) / 2) for k in range(rods)]


def _point(place: np.ndarray) -> dict[str, float]:
    return dict(zip("xyz", (round(float(v), 3) for v in place), strict=True))
