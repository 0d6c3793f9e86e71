"""Molecules drawn flat and in 3D; nothing of a string reaches the page but numbers and element symbols."""

from __future__ import annotations

import base64
import html

import streamlit as st

from matgen_core.chem.molecules.drawing import Conformer, draw, embed
from pages.i18n.language import _
from pages.kinds.structure_view import show_molecule_3d
from pages.widgets.found.structure_viewer import SCRIPT

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
        st.info(_("The 3D viewer is not installed, so this is a flat drawing. Install it with: matgen viewer"))
    else:
        show_molecule_3d(shape)
