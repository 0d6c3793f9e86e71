"""Columns of the reader's choice, for every table of candidates; kept for each table for the session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.i18n.language import _
from pages.widgets.found.number_table import Columns
from pages.widgets.found.prediction_columns import JUDGE, SPREAD
from pages.widgets.found.shown_units import ask_units

#: Columns that the reader took out, by table.
_HIDDEN = "hidden-columns"


def choose_columns(name: str, table: pd.DataFrame, columns: Columns) -> list[Any]:
    """The columns that are shown, in their order, with the choice of columns and units above the table.

    Args:
        name: of the table.
        table: to be shown.
        columns: how its columns are shown; those that are None are hidden whatever the reader chooses.
    """
    offered = [column for column in table if columns.get(column, "") is not None]
    labels = _labels(offered, columns)
    hidden = set(st.session_state.get(_HIDDEN, {}).get(name, ()))
    key = f"columns-{name}-{len(offered)}"
    with st.popover(_("Columns and units"), type="tertiary"):
        st.multiselect(
            _("Columns"),
            offered,
            [column for column in offered if column not in hidden],
            format_func=lambda column: labels[column],
            key=key,
            on_change=_keep,
            args=(name, key, offered),
            placeholder=_("all columns"),
        )
        ask_units(map(str, offered))
    return [column for column in offered if column not in hidden] or offered


def _labels(offered: Sequence[Any], columns: Columns) -> dict[Any, str]:
    """Heads of the columns; those of a spread and of the second model bear the name of its property."""
    labels: dict[Any, str] = {}
    for column in offered:
        config = columns.get(column)
        label = config.get("label") if isinstance(config, dict) else config
        labels[column] = str(label or column)
        for part, sign in ((SPREAD, "±"), (JUDGE, "SevenNet")):
            of = str(column).removesuffix(part)
            if of != column and of in labels:
                labels[column] = f"{labels[of]} {sign}"
    return labels


def _keep(name: str, key: str, offered: Sequence[Any]) -> None:
    chosen = set(st.session_state[key])
    hidden = [column for column in offered if column not in chosen]
    st.session_state[_HIDDEN] = {**st.session_state.get(_HIDDEN, {}), name: hidden}
