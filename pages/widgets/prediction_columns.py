"""Columns that the tables of every kind share: score, predictions with their spreads in the words of the card."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import streamlit as st

from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate
from pages.i18n.formatting import is_open, number, reading_text
from pages.i18n.language import _

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig


def score_column(made_of: str) -> ColumnConfig:
    """The column of scores, with what they are made of as its help, in English."""
    return st.column_config.NumberColumn(_("Score"), format="%.2f", width=65, help=_(made_of))


def prediction_cells(candidate: Candidate[Any], keys: Iterable[str]) -> dict[str, object]:
    """Value and spread of each property; where a model cannot tell zero from another value, the words of the card.

    A number of which the model is not sure would be sorted and compared as if it were one, so there is none.
    """
    cells: dict[str, object] = {}
    for key in keys:
        prediction = candidate.predictions.get(key)
        unsure = prediction is not None and is_open(prediction.zero_chance) and prediction.otherwise is not None
        cells[key] = None if prediction is None or unsure else prediction.value
        spread = None if prediction is None or prediction.value is None else prediction.spread
        cells[f"{key}_spread"] = (
            reading_text(prediction) if unsure else None if spread is None else f"± {number(spread)}"
        )
    return cells


def spread_column(cells: Iterable[object]) -> ColumnConfig | None:
    """The column of the spreads, as wide as its words; None, which hides it, where there is none."""
    longest = max((len(str(cell)) for cell in cells if cell is not None), default=0)
    if not longest:
        return None
    return st.column_config.TextColumn(
        "±",
        width=62 if longest <= 8 else 175,
        help=_("One standard deviation; in words where the model cannot tell zero from another value"),
    )


def heading(key: str, short: str, asked: bool) -> str:
    """Head of a property's column: name, unit in brackets, a mark where it is a target."""
    unit = PROPERTIES[key].unit
    return f"{short}{f' ({unit})' if unit else ''}{' ◎' if asked else ''}"
