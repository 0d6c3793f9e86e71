"""Atoms in 3D with their controls: a page for an iframe, whose script by 3Dmol.js asks this server alone.

Styles, supercells and views change within the page, so that none of them loses the turn. Nothing of a file reaches it:
it holds numbers, element symbols and the translated words of its controls.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import py3Dmol
import streamlit as st

from matgen_core.chem.crystals.scene import colour, covalent_radius, space_radius
from matgen_core.core.installation import HOME
from pages.i18n.language import N_, _, language

SCRIPT = HOME / "static" / "3Dmol-min.js"
HEIGHT = 460
_HERE = Path(__file__).parent
#: Words of the controls.
_WORDS = (
    ("style", N_("Style")),
    ("ball", N_("Ball and stick")),
    ("space", N_("Space-filling")),
    ("stick", N_("Sticks")),
    ("wire", N_("Wireframe")),
    ("cell", N_("Cell")),
    ("conventional", N_("conventional")),
    ("primitive", N_("primitive")),
    ("molecule", N_("Molecule")),
    ("supercell", N_("Supercell")),
    ("polyhedra", N_("Polyhedra")),
    ("complete", N_("Complete")),
    ("complete_help", N_("Draw all neighbours of each cation, those beyond the edge of the cell, too")),
    ("labels", N_("Labels")),
    ("along", N_("View along {axis}")),
    ("reset", N_("Reset the view")),
    ("touch", N_("Turn with one finger; otherwise one finger scrolls the page and two fingers turn")),
    ("png", N_("Save a picture in print quality (PNG, 2400 pixels wide)")),
    ("full", N_("Full screen")),
    ("hide", N_("Show or hide {element}")),
    ("hint", N_("Click atoms: two give a distance, three an angle.")),
)
#: 3Dmol draws anew at each label, each turn and each event of the mouse, and builds its programs anew, twice, each time
#: its frame is measured; without a graphics card every one of these keeps the page from answering. Here it draws once a
#: frame, after the frame has been measured (the first one is seen a frame later), and builds when the size is another.
_ONCE_A_FRAME = """(viewer => {
    const draw = viewer.showNow = viewer.show.bind(viewer), frame = requestAnimationFrame;
    let due = false, drawn = false, last;
    const drawSoon = () => setTimeout(() => { due = false; drawn = true; draw(); });
    viewer.show = () => {
        if (!due) frame(() => drawn ? drawSoon() : frame(drawSoon));
        due = true;
    };
    const renderer = viewer.getRenderer(), build = renderer.setSize.bind(renderer);
    renderer.setSize = (...size) => {
        const now = [...size, devicePixelRatio].join();
        if (now !== last) build(...size);
        last = now;
    };
})(viewer_UNIQUEID);
"""
#: Where the screen has few pixels 3Dmol draws four for each, which is smooth enough; its filter takes twice as long as
#: the whole picture without a graphics card.
_MADE_FROM = '{backgroundColor:"white",backgroundAlpha:0,upscale:true,antialias:devicePixelRatio>1}'


def script_address() -> str:
    """Where the browser finds the script, also where the app is served below a path (``--server.baseUrlPath``)."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/app/static/3Dmol-min.js" if base else "/app/static/3Dmol-min.js"


def show_viewer(cells: Mapping[str, Mapping[str, Any]], name: str, alt: str, height: int = HEIGHT) -> None:
    """Atoms in 3D with controls.

    Args:
        cells: what can be shown, by name: "conventional", "primitive" or "molecule"; see ``structure_viewer.js``.
        name: of a saved picture, without an ending.
        alt: what it shows, for who does not see it.
        height: pixels, with the controls.
    """
    theme = st.context.theme.type or "light"
    st.iframe(viewer_page(json.dumps(cells), name, theme, language()), height=height, alt=alt)


# Cached by content: the same HTML keeps the camera where the reader put it.
@st.cache_data(max_entries=200, show_spinner=False)
def viewer_page(cells: str, name: str, theme: str, code: str) -> str:
    """The page; ``cells`` is their JSON, ``code`` the language, which is part of what is cached."""
    data: dict[str, Any] = {"name": name, "cells": json.loads(cells), "dark": theme == "dark"}
    symbols = {atom["symbol"] for cell in data["cells"].values() for atom in cell["atoms"]}
    data["looks"] = looks(symbols, periodic=any(cell["matrix"] for cell in data["cells"].values()))
    view = py3Dmol.view(width="100%", height="100%", js=script_address())
    # Where a frame gets its size late, as in a tab, 3Dmol begins again from what it was made with: that is clear, too.
    view.startjs = view.startjs.replace('{backgroundColor:"white"}', _MADE_FROM)
    view.startjs = view.startjs.replace("viewer_UNIQUEID.zoomTo();\n", _ONCE_A_FRAME)  # nothing is there to be seen yet
    words = {name: _(word) for name, word in _WORDS}
    # A script that the browser kept is there before the rest of the page is read.
    view.startjs += (
        f"const begin = () => matgenStructure(viewer_UNIQUEID, {in_script(data)}, {in_script(words)});\n"
        'if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);\nelse begin();\n'
    )
    css, script = ((_HERE / f"structure_viewer.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return (
        f'<!doctype html><html lang="{html.escape(code)}" class="{html.escape(theme)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{css}</style></head><body>"
        '<div id="bar" role="toolbar"></div>'
        f'<div id="picture">{view.write_html().replace("<script>", f"<script>{script}", 1)}</div>'
        '<div id="foot"><div id="legend"></div><output id="measure"></output>'
        f'<button type="button" id="clear" hidden>{html.escape(_("Clear"))}</button></div></body></html>'
    )


def looks(symbols: Iterable[str], periodic: bool) -> dict[str, dict[str, object]]:
    """Colour and radii (Å) of each element.

    A ball is smaller than the atom. Space-filling balls touch where atoms are bonded in a crystal (covalent radii), and
    have van der Waals radii in a molecule.
    """
    return {
        symbol: {
            "colour": colour(symbol),
            "ball": ball_radius(symbol),
            "space": round(covalent_radius(symbol) if periodic else space_radius(symbol), 3),
        }
        for symbol in sorted(symbols)
    }


def ball_radius(symbol: str) -> float:
    """Of a ball on a stick, Å."""
    return round(0.28 + 0.22 * covalent_radius(symbol), 3)


def in_script(value: object) -> str:
    """JSON that can stand in a script: no text of it can end the script."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c").replace("\u2028", "\\u2028")
