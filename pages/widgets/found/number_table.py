"""Tables whose numbers have real minus signs: the browser's own formats write a hyphen."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from pages.i18n.formatting import number, plain

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler
    from streamlit.elements.lib.column_types import ColumnConfig

#: How the columns of a table are shown, by their keys; None hides one.
Columns: TypeAlias = "dict[Any, ColumnConfig | str | None]"
#: Rows beyond which a table keeps the browser's hyphens: to write each cell here takes too long.
_MOST_ROWS = 1000
_PLACES = re.compile(r"%\.(\d)f")


def write_numbers(table: pd.DataFrame, columns: Columns) -> tuple[pd.DataFrame | Styler, Columns]:
    """The table, its negative numbers written with a minus sign, and its columns; they are still sorted by value.

    Hidden columns are left out: the browser's own menu of columns would offer them by their keys.

    Args:
        table: to be shown.
        columns: how its columns are shown, as ``st.dataframe`` takes them; a format of theirs is applied here, because
            the browser would take it instead of what is written.
    """
    if hidden := [name for name in table if columns.get(name, "") is None]:
        table, columns = table.drop(columns=hidden), {name: columns[name] for name in columns if name not in hidden}
    places: dict[Any, int | None] = {}
    plain_ones: dict[Any, int | None] = {}
    for name in table.columns:
        shown = table[name]
        if not pd.api.types.is_numeric_dtype(shown):
            continue
        found = _PLACES.fullmatch(str(_format(columns.get(name))))
        if bool((shown < 0).any()):
            places[name] = int(found[1]) if found else None
        elif _format(columns.get(name)) is None:  # a styled table has six places for what nobody formats
            plain_ones[name] = None
    if not places or len(table) > _MOST_ROWS:
        return table, columns
    places |= plain_ones
    written: Any = {name: partial(_write, places=digits) for name, digits in places.items()}
    return table.style.format(written), {
        name: _without_format(column) if name in written else column for name, column in columns.items()
    }


def _format(column: Any) -> object:
    return (column.get("type_config") or {}).get("format") if isinstance(column, dict) else None


def _without_format(column: Any) -> Any:
    return {**column, "type_config": {**column["type_config"], "format": None}} if _format(column) else column


def _write(value: float, places: int | None) -> str:
    if pd.isna(value):
        return ""
    return plain(value) if places is None else number(value, places)
