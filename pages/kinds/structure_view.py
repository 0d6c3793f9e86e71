"""Crystals and molecules in 3D by 3Dmol.js, served from here; without the script, a flat drawing and how to get it."""

from __future__ import annotations

import html
from dataclasses import asdict
from typing import Any

import streamlit as st

from matgen_core.chem.crystals.bonded_cell import build_bonded_cell
from matgen_core.chem.crystals.flat_drawing import draw_flat
from matgen_core.chem.crystals.scene import Scene, build_scene, colour
from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.molecules.drawing import Conformer
from matgen_core.core.records import Crystal
from pages.i18n.language import _
from pages.widgets.found.structure_viewer import SCRIPT, show_viewer

#: Of a flat drawing, pixels.
_FLAT = 360
#: Atoms beyond which a picture is slow to turn on a laptop without a graphics card.
_MOST_DRAWN = 1500


def show_structure(crystal: Crystal) -> None:
    """The crystal in 3D with its controls, or flat with the reason."""
    if SCRIPT.is_file():
        show_viewer(cells_of(crystal), reduced_formula(crystal), _("The structure in 3D; drag to turn it"))
        return
    scene = _flat_scene(crystal)
    # st.html lets no SVG through
    st.image(draw_flat(scene, _FLAT), width="stretch", alt=_("The structure, seen from one side"))
    st.info(_("The 3D viewer is not installed, so this is a flat drawing. Install it with: matgen viewer"))
    st.html(legend(scene))


def show_molecule_3d(shape: Conformer) -> None:
    """One shape of a molecule in 3D with its controls; the script must be there (``SCRIPT.is_file()``)."""
    show_viewer({"molecule": molecule_cell(shape)}, "molecule", _("The molecule in 3D; drag to turn it"), 380)


@st.cache_data(max_entries=200, show_spinner=False, hash_funcs={Crystal: repr})
def cells_of(crystal: Crystal) -> dict[str, dict[str, Any]]:
    """The conventional cell, and the primitive one where that is another, as the viewer takes them."""
    cells = {"conventional": _cell(crystal, primitive=False), "primitive": _cell(crystal, primitive=True)}
    if len(cells["primitive"]["atoms"]) == len(cells["conventional"]["atoms"]):
        del cells["primitive"]
    return cells


def _cell(crystal: Crystal, primitive: bool) -> dict[str, Any]:
    cell = build_bonded_cell(crystal, primitive)
    return {**asdict(cell), "sizes": supercells(len(cell.atoms))}


def molecule_cell(shape: Conformer) -> dict[str, Any]:
    """A conformer as the viewer takes it; atoms are numbered as in its mol block."""
    atoms = [
        {"symbol": symbol, "label": f"{symbol}{number}", "place": [round(float(v), 4) for v in place]}
        for number, (symbol, place) in enumerate(zip(shape.symbols, shape.positions, strict=True), start=1)
    ]
    return {"matrix": None, "atoms": atoms, "bonds": [list(bond) for bond in shape.bonds]}


def supercells(atoms: int) -> list[int]:
    """Repeats along each axis of a cell of so many atoms that can be drawn smoothly."""
    return [n for n in (1, 2, 3) if n == 1 or atoms * (n + 0.5) ** 3 <= _MOST_DRAWN]


def legend(scene: Scene) -> str:
    """A dot and a symbol for each element."""
    dots = "".join(
        f'<span style="white-space:nowrap"><span style="display:inline-block;width:0.8em;height:0.8em;'
        f"border-radius:50%;background:{colour(s)};border:1px solid gray;margin-right:0.35em;vertical-align:-0.05em"
        f'"></span>{html.escape(s)}</span>'
        for s in dict.fromkeys(scene.symbols)
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:0.9rem;font-size:0.9rem">{dots}</div>'


@st.cache_data(max_entries=200, show_spinner=False, hash_funcs={Crystal: repr})
def _flat_scene(crystal: Crystal) -> Scene:
    return build_scene(crystal)
