"""Boxes above a list of candidates: how many passed what, and the share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True)
class Box:
    """One of them.

    Args:
        label: what was passed.
        hits: how many passed it.
        total: of how many.
        note: said behind the share.
        instead: said instead of the share.
    """

    label: str
    hits: int
    total: int
    note: str = ""
    instead: str = ""


def show_boxes(boxes: Sequence[Box], width: int) -> None:
    """The boxes side by side, each so many pixels wide."""
    for box in boxes:
        share = f"{box.hits / box.total:.0%}" if box.total else "–"
        share = box.instead or (f"{share} · {box.note}" if box.note else share)
        st.metric(box.label, f"{box.hits} / {box.total}", share, delta_color="off", delta_arrow="off", width=width)
