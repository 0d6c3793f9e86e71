"""Tables of the lessons: numbers are numbers, each uncertainty in a column of its own; a click sorts by value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd
import streamlit as st

from pages.lessons.path import LECTURE
from pages.widgets.found.number_table import Columns, write_numbers

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig


#: Beyond so many rows a table is scrolled in the lecture mode, in so many pixels: it stands beside its control.
_LECTURE_ROWS, _LECTURE_HEIGHT = 6, 245


def show_table(cells: Mapping[str, Sequence[object]], columns: Columns, key: str, alt: str) -> None:
    """A table with a minus sign before negative numbers and a dash where there is nothing.

    Args:
        cells: of each column, by its key.
        columns: how they are shown, by key; the key itself is the head where there is none.
        key: of the element.
        alt: what it shows, for who does not see it.
    """
    frame = pd.DataFrame(dict(cells))
    table, config = write_numbers(frame, columns)
    tall = st.session_state.get(LECTURE) and len(frame) > _LECTURE_ROWS
    height: int | Literal["auto"] = _LECTURE_HEIGHT if tall else "auto"
    st.dataframe(table, height=height, hide_index=True, key=key, alt=alt, column_config=config, placeholder="–")


def numbers(label: str, places: int, width: int | None = None) -> ColumnConfig:
    """A column of numbers with so many decimal places, as wide as its head or so many pixels."""
    return st.column_config.NumberColumn(label, format=f"%.{places}f", width=width)


def spreads(places: int, text: str) -> ColumnConfig:
    """The column of uncertainties, right of that of the values; ``text`` says which uncertainty it is."""
    return st.column_config.NumberColumn("±", format=f"± %.{places}f", width=75, help=text)


def shares(label: str) -> ColumnConfig:
    """A column of shares, 0 to 1, shown in percent."""
    return st.column_config.NumberColumn(label, format="percent")
