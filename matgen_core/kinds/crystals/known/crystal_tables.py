"""A table of CIFs with what is known of each crystal, as ``matgen data build`` takes it.

Headers are matched by name and unit. A number that cannot be read is the row's problem, so that no label of a model
ever takes the place of a value that its owner wrote.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message, join
from matgen_core.files.tables import Row, Table, find_column, open_table
from matgen_core.files.units import (
    MISSING,
    Column,
    find_columns,
    read_given,
    read_number,
)

#: Column that says why a row cannot be used; empty where it can.
PROBLEM = " problem"
_IDS = ("material_id", "id", "name")
_CHGNET = ("chgnet_energy_per_atom", "chgnet_energy")
#: What a split may be called; what is withheld under any name is never trained on.
_SPLITS = {"train": "train", "training": "train", "": "train"} | dict.fromkeys(
    ("val", "valid", "validation", "test", "held", "holdout"), "val"
)


def read_crystal_table(source: Path, keys: Mapping[str, str], notes: list[str]) -> pd.DataFrame:
    """One row a crystal: material_id, cif, split, a number for each property that the table has, and PROBLEM.

    Args:
        source: table with a column ``cif``.
        keys: column of the result for each property.
        notes: gets what the user must know: which column was taken for what, which cells say nothing.

    Raises:
        BadInput: where it is no such table.
    """
    with open_table(source) as table:
        cif = find_column(table.columns, "cif")
        if cif is None:
            have = ", ".join(map(quote, table.columns[:8])) + (", …" if len(table.columns) > 8 else "")
            raise BadInput("{source} has no 'cif' column (it has: {have}); add one", source=source, have=have)
        given = [column for column in find_columns(table.columns, "cif") if column.key in keys]
        notes += table.notes
        if given:
            notes.append(
                Message(
                    "{source}: values taken from the table: {map}", source=source.name, map=join(map(str, given), ", ")
                )
            )
        unknown: Counter[str] = Counter()
        rows = []
        for row in table.rows:
            rows.append(_read_row(row, table, cif, given, keys))
            unknown.update(c.name for c in given if row.cells.get(c.name) and row.cells[c.name].lower() in MISSING)
    notes += [
        f"{source.name}: {count} cells of {quote(name)} say that the value is not known"
        for name, count in unknown.items()
    ]
    found = pd.DataFrame(rows)
    return found if len(found) else pd.DataFrame(columns=["material_id", "cif", "split", PROBLEM])


def _read_row(
    row: Row, table: Table, cif: str, given: Sequence[Column], keys: Mapping[str, str]
) -> dict[str, str | float]:
    cells = row.cells
    ids, splits = find_column(table.columns, *_IDS), find_column(table.columns, "split")
    found: dict[str, str | float] = {
        "material_id": (cells.get(ids, "") if ids else "") or f"row-{row.number}",
        "cif": cells.get(cif, ""),
        "split": "train",
        PROBLEM: row.problem or ("" if cells[cif] else "the cif is empty"),
    }
    if found[PROBLEM]:
        return found
    try:
        found["split"] = _split(cells[splits]) if splits else "train"
        for key, prediction in read_given(given, cells, comma=table.decimal_comma).items():
            found[keys[key]] = float("nan") if prediction.value is None else prediction.value
        energy = find_column(table.columns, *_CHGNET)
        if energy and cells[energy].lower() not in MISSING:
            found[keys["chgnet_energy"]] = read_number(cells[energy], comma=table.decimal_comma)[0]
    except BadInput as error:
        found[PROBLEM] = str(error)
    return found


def _split(text: str) -> str:
    if text.lower() not in _SPLITS:
        raise BadInput("the split {text} is not known; write train or val", text=quote(text))
    return _SPLITS[text.lower()]
