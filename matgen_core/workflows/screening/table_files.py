"""A table of the user's own materials: each row a crystal, a composition or a molecule, with the values it brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message, join
from matgen_core.core.records import FILE, Candidate, Formula, Origin
from matgen_core.core.row_ids import row_id
from matgen_core.files.refused import Item, Refused
from matgen_core.files.tables import (
    Row,
    Table,
    find_column,
    find_material,
    open_table,
)
from matgen_core.files.units import MISSING, find_columns
from matgen_core.kinds.compositions.rows import reduce_formula
from matgen_core.kinds.molecules.molecule_files import add_columns, read_molecule

_IDS = ("id", "material_id", "name")


def read_table_rows(
    name: str, handle: Any, read_crystal: Callable[[str, str, str], Item], notes: list[str]
) -> Iterator[Item]:
    """The rows of a table, in their order.

    Args:
        name: of the file.
        handle: the open file, in bytes.
        read_crystal: makes a crystal of id, place and CIF.
        notes: gets what the user must know: separator, encoding, which column was taken for what.
    """
    try:
        with open_table(handle, name) as table:
            yield from _rows(name, table, read_crystal, notes)
    except BadInput as error:
        yield Refused(name, str(error))


def _rows(name: str, table: Table, read_crystal: Callable[[str, str, str], Item], notes: list[str]) -> Iterator[Item]:
    notes += table.notes
    found = find_material(table.columns)
    if found is None:
        have = ", ".join(map(quote, table.columns[:8])) or "none"
        yield Refused(name, Message("no column cif, formula or smiles (it has: {have}); rename one", have=have))
        return
    kind, column = found
    given = [c for c in find_columns(table.columns, kind) if c.name != column]
    notes.append(Message("{name}: the materials are in the column {column}", name=name, column=quote(column)))
    if given:
        notes.append(Message("{name}: values taken from the file: {map}", name=name, map=join(map(str, given), ", ")))
    read = {"cif": read_crystal, "smiles": read_molecule, "formula": _formula}[kind]
    unknown, empty = Counter[str](), True
    for row in table.rows:
        empty = False
        place = f"{name}, row {row.number}"
        if row.problem:
            yield Refused(place, row.problem)
        elif not row.cells[column]:
            yield Refused(place, Message("the {kind} is empty", kind="SMILES" if kind == "smiles" else kind))
        else:
            item = _read_row(row, place, Path(name).stem, column, kind, read, table.decimal_comma)
            if not isinstance(item, Refused):
                unknown.update(c.name for c in given if row.cells[c.name] and row.cells[c.name].lower() in MISSING)
            yield item
    if empty:
        yield Refused(name, Message("the table has no rows below its header; write one for each material"))
    for header, count in unknown.items():
        notes.append(
            Message(
                "{name}: cells of {header} that are marked as unknown, whose values are predicted: {count}",
                name=name,
                count=count,
                header=quote(header),
            )
        )


def _read_row(row: Row, place: str, stem: str, column: str, kind: str, read: Callable[..., Item], comma: bool) -> Item:
    id_column, name_column = find_column(row.cells, *_IDS), find_column(row.cells, "name")
    id_ = row.cells[id_column][:80] if id_column else ""
    item = read(id_ or row_id(stem, row.number), place, row.cells[column])
    if isinstance(item, Refused):
        return item
    own = row.cells[name_column][:80] if name_column else ""
    cells = {header: cell for header, cell in row.cells.items() if header != column}
    added = add_columns(item, place, cells, kind, comma=comma)
    return added if isinstance(added, Refused) else replace(added, name=own or id_ or added.name)


def _formula(id_: str, place: str, text: str) -> Item:
    try:
        return Candidate(id_, Formula(reduce_formula(text)), Origin(FILE))
    except BadInput as error:
        return Refused(place, str(error))
