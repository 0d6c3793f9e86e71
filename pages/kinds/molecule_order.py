"""The order of the drawings: by score, or by any property that they show."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Molecule
from pages.i18n.language import _

#: The order of the run, best first; keys of the controls, and of the page of drawings.
RANK = "rank"
BY, DOWN, GRID_PAGE = "grid-by", "grid-down", "grid-page"


def ask_order(columns: Sequence[str]) -> tuple[str, bool]:
    """By what the drawings are sorted, and whether the largest comes first.

    Args:
        columns: properties that the drawings show.
    """
    names = {RANK: _("Score, best first"), **{key: _(PROPERTIES[key].label) for key in columns}}
    by = str(
        st.selectbox(
            _("Sort by"), list(names), format_func=names.__getitem__, key=BY, on_change=_to_first_page, width=230
        )
    )
    down = by != RANK and st.toggle(_("Largest first"), key=DOWN, on_change=_to_first_page)
    return by, down


def sort_molecules(candidates: Sequence[Candidate[Molecule]], by: str, down: bool) -> list[Candidate[Molecule]]:
    """The same molecules; equal ones keep their order, and those without a value come last.

    Args:
        candidates: as the run ranks them.
        by: a property, or RANK.
        down: whether the largest comes first.
    """
    values = {c.id: None if by == RANK else c.value(by) for c in candidates}
    known = [c for c in candidates if values[c.id] is not None]
    known.sort(key=lambda c: values[c.id] or 0.0, reverse=down)
    return [*known, *(c for c in candidates if values[c.id] is None)]


def _to_first_page() -> None:
    if GRID_PAGE in st.session_state:
        st.session_state[GRID_PAGE] = 1
