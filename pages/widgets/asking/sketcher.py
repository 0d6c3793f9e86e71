"""A drawing board for molecules, in the page itself: what is drawn there fills a field with its SMILES."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st
from rdkit import Chem, rdBase

from matgen_core.core.sketcher import is_there
from pages.i18n.language import _
from pages.widgets.asking.setting_controls import LONGEST

_SCRIPT = Path(__file__).parent / "sketcher.js"
#: The sketcher's names of an open place.
_OPEN = re.compile(r"\[R#?\d*\]|\[A\]|\[X\]|\[\*:?\d*\]")


def draw_into(fields: Mapping[str, str]) -> None:
    """Offers to draw the text of a field, where the sketcher is installed.

    Args:
        fields: keys of the fields and what each is called.
    """
    if not is_there():
        return
    if not st.toggle(_("Draw"), key="sketch", help=_("Draw a molecule instead of writing its SMILES")):
        return
    keys = list(fields)
    key = st.segmented_control(
        _("The drawing goes to"), keys, default=keys[0], key="sketch-to", required=True, format_func=fields.__getitem__
    )
    start = _begun_with(str(key))
    drawn = _board()(
        key="sketcher",
        data={"version": f"{key} {start}", "block": block_of(start), "label": _("Drawing board for a molecule")},
        on_drawn_change=lambda: _take(str(key)),
    )
    del drawn
    st.caption(_("R marks an open place; in SMILES it is a *. What you draw is written into the field below."))


def _begun_with(key: str) -> str:
    """The text that the board shows: what stood in the field when the board was opened for it, not what it drew."""
    text = str(st.session_state.get(key) or "")
    kept: tuple[str, str, str] = st.session_state.get("sketch-begun", ("", "", ""))
    field, begun, drawn = kept
    if field != key or text not in (begun, drawn):
        st.session_state["sketch-begun"] = (key, text, text)
        return text
    return begun


def _take(key: str) -> None:
    """Writes a drawing into its field."""
    drawn = (st.session_state["sketcher"] or {}).get("drawn") or {}
    begun: tuple[str, str, str] = st.session_state.get("sketch-begun", ("", "", ""))
    if drawn.get("version") != f"{key} {begun[1]}":
        return  # of a board that is gone
    text = smiles_of(str(drawn.get("smiles") or ""))[:LONGEST]
    st.session_state["sketch-begun"] = (key, begun[1], text)
    st.session_state[key] = text


def smiles_of(drawn: str) -> str:
    """SMILES of a drawing, its open places written as *.

    >>> smiles_of("[R1]Cc1ccc(C[R2])cc1")
    '*Cc1ccc(C*)cc1'
    """
    return _OPEN.sub("*", drawn.strip())


def block_of(text: str) -> str:
    """A mol block to begin a drawing with; empty where the text is no molecule."""
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(text) if text else None
    if molecule is None:
        return ""
    for atom in molecule.GetAtoms():
        if atom.GetAtomicNum() == 0:
            atom.SetIsotope(0)
            atom.SetAtomMapNum(0)
    block = str(Chem.MolToMolBlock(molecule))
    return _with_open_places(block.split("\n"))


def _with_open_places(lines: Sequence[str]) -> str:
    """The block with each open place as the sketcher's R."""
    count = int(lines[3][:3]) if len(lines) > 3 and lines[3][:3].strip().isdigit() else 0
    written = [
        f"{line[:31]}R  {line[34:]}" if 4 <= place < 4 + count and line[31:34].strip() in {"*", "R", "R#"} else line
        for place, line in enumerate(lines)
        if not line.startswith("M  RGP")
    ]
    return "\n".join(written)


@st.cache_resource
def _board() -> st.components.v2.types.ComponentRenderer:
    js = _SCRIPT.read_text(encoding="utf-8")
    return st.components.v2.component("matgen_sketcher", js=js, isolate_styles=False)
