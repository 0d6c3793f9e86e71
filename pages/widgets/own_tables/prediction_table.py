"""Tables of predictions: of what was typed, and of a table that was read."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from matgen_core.core.properties import PROPERTIES
from matgen_core.workflows.predict_table import MIXTURE, RowPredictions
from pages.i18n.formatting import is_open, label_text, open_text
from pages.i18n.language import _
from pages.widgets.found.number_table import Columns, write_numbers

#: Rows of a table that are shown; the file has them all.
MOST_SHOWN = 1000


def table_of_typed(lines: Sequence[str], predictions: Sequence[RowPredictions]) -> pd.DataFrame:
    """One row a line: its predictions with their spreads, or its problem."""
    rows: list[dict[str, object]] = []
    in_words = set[str]()  # heads of columns
    for line, read in zip(lines, predictions, strict=True):
        row: dict[str, object] = {_("Material"): line}
        rows.append(row)
        if isinstance(read, str):
            row[_("Problem")] = _(read)
            continue
        for p in read:
            label = _(PROPERTIES[p.property].label) if p.property in PROPERTIES else p.property
            unclear = is_open(p.zero_chance) and p.otherwise is not None
            row[f"{label} {p.unit}".strip()] = None if unclear or p.value is None else round(p.value, 3)
            if p.spread is not None:
                row[f"± {label}"] = None if unclear else round(p.spread, 3)
            if p.zero_chance is not None:
                head = _undecided(label)
                in_words.add(head)
                row[head] = open_text(p.otherwise, p.unit) if unclear and p.otherwise is not None else None
            if p.judged is not None and p.judged.value is not None:
                row[_("{label} by {model}").format(label=label, model=_(p.judged.method))] = round(p.judged.value, 3)
            if p.known is not None:
                row[_("{label}, table of known phases").format(label=label)] = round(p.known, 3)
        unlike = [PROPERTIES[p.property].label for p in read if p.in_domain is False and p.property in PROPERTIES]
        if empty := [p for p in read if p.value is None]:
            reasons = [f"{label_text(p.property)}: {_(p.note) or _('not predicted')}" for p in empty]
            row[_("Why empty")] = "; ".join(reasons)
        row[_("Out of domain")] = ", ".join(map(_, unlike))
    table = pd.DataFrame(rows)
    return table.drop(columns=[head for head in in_words if table[head].isna().all()])


def methods_text(predictions: Sequence[RowPredictions]) -> str:
    """By what was predicted: first what steers, then what judges."""
    found = [p for one in predictions if not isinstance(one, str) for p in one]
    methods = sorted({p.method for p in found if p.method != "none"})
    return " · ".join(map(_, methods + sorted({p.judged.method for p in found if p.judged})))


def _undecided(label: str) -> str:
    """Head of the column of words beside that of the numbers, which are sorted as numbers."""
    return _("{property}, undecided").format(property=label)


def show_rows(rows: pd.DataFrame, key: str) -> None:
    """A table whose first column is as wide as its longest entry, with a dash where there is nothing."""
    first = str(rows.columns[0])
    longest = int(rows[first].astype(str).str.len().max()) if len(rows) else 0
    column = st.column_config.Column(pinned=longest < 40, width=min(700, 30 + 9 * max(longest, 8)))
    columns: Columns = {first: column, **same_places(rows)}
    written, config = write_numbers(rows, columns)
    st.dataframe(
        written,
        hide_index=True,
        key=key,
        placeholder="–",
        alt=_("Predictions, one material per row"),
        column_config=config,
    )


def same_places(rows: pd.DataFrame) -> Columns:
    """Every column of fractions with as many decimal places as its longest number has, five at most."""
    found: Columns = {}
    for name in rows.select_dtypes("float"):
        places = rows[name].dropna().map(lambda value: len(f"{value:.5f}".rstrip("0").partition(".")[2]))
        if len(places) and places.max():
            found[str(name)] = st.column_config.NumberColumn(format=f"%.{places.max()}f")
    return found


def read_back(text: str) -> pd.DataFrame:
    """The table as it is in the file, without structures; a column of numbers as numbers, all else as written."""
    rows = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, nrows=MOST_SHOWN)
    rows = rows[[column for column in rows if str(column).strip().lower() != "cif"]]
    for column in rows:
        filled = rows[column] != ""
        numbers = pd.to_numeric(rows[column].where(filled), errors="coerce")
        if filled.any() and numbers[filled].notna().all():
            rows[column] = numbers
    return _say_open(rows)


def _say_open(table: pd.DataFrame) -> pd.DataFrame:
    """Words beside an empty value and spread where the model cannot tell a metal or a non-magnet."""
    for key, (chance, other) in MIXTURE.items():
        for name in (key, f"read_{key}"):
            if not {f"{name}_{chance}", f"{name}_{other}"} <= set(table):
                continue
            cells = zip(table[f"{name}_{chance}"], table[f"{name}_{other}"], strict=True)
            words = [
                open_text(float(away), PROPERTIES[key].unit) if is_open(_number(zero)) and away != "" else None
                for zero, away in cells
            ]
            if any(words):
                unclear = [word is not None for word in words]
                table.loc[unclear, [name]] = None
                table.insert(list(table.columns).index(name) + 1, _undecided(name), words)
    return table


def _number(cell: object) -> float | None:
    return None if str(cell) in ("", "nan") else float(str(cell))
