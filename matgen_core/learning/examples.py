"""Two columns of the user's table: what is read, and the number to learn."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from matgen_core.core.errors import BadInput, quote
from matgen_core.files.tables import MATERIALS, Table, find_material, open_table
from matgen_core.files.units import read_number

MOST = 1_000_000
#: Rows by which a column of numbers is told.
_LOOKED_AT = 200


def read_columns(
    source: Path | bytes, column: str, text: str = "", kind: str = ""
) -> tuple[list[str], list[str | BadInput], str]:
    """Texts, values as they were written, and what the texts are ("formula", "smiles" or "cif").

    A row that is out of shape, or is empty, keeps its place; its value is the error that says what is wrong with it.

    Args:
        source: table, or its bytes.
        column: of the numbers.
        text: column of the texts; found by its name if empty.
        kind: what they are; found by the column's name if empty.

    Raises:
        BadInput: naming the missing column, or a file that is no table.
    """
    with open_table(source) as table:
        text, kind = _find_texts(table, column, text, kind)
        texts: list[str] = []
        values: list[str | BadInput] = []
        for row in islice(table.rows, MOST):
            while len(texts) < row.number - 1:
                texts.append("")
                values.append(BadInput("the row is empty"))
            texts.append(row.cells.get(text, ""))
            value = row.cells.get(column, "")
            value = value.replace(",", ".") if table.decimal_comma else value
            values.append(BadInput(row.problem) if row.problem else value)
        name = table.name
    if not texts:
        raise BadInput("{name} has no rows; it needs a header line and one row per material", name=name)
    return texts, values, kind


def _find_texts(table: Table, column: str, text: str, kind: str) -> tuple[str, str]:
    have = ", ".join(map(quote, table.columns[:8]))
    if not text:
        # What is learnt from is a formula or a SMILES; a CIF, which takes longer to read, where there is neither.
        plain = (name for name in table.columns if MATERIALS.get(name.lower()) != "cif")
        found = find_material(plain) or find_material(table.columns)
        kind, text = (kind or found[0], found[1]) if found else (kind, text)
    if not text:
        raise BadInput(
            "no column formula, smiles or cif (there are: {have}); rename the column that holds the materials, or name "
            "it with --text in a command",
            have=have,
        )
    if text not in table.columns:
        raise BadInput(
            "no column {text} (there are: {have}); name the column of the materials", text=quote(text), have=have
        )
    if column not in table.columns:
        raise BadInput(
            "no column {column} (there are: {have}); name the column of the numbers", column=quote(column), have=have
        )
    kind = kind or MATERIALS.get(text.lower(), "")
    if kind not in MATERIALS.values():
        raise BadInput("say what the column {text} contains: formula, smiles or cif", text=quote(text))
    return text, kind


def read_header(source: Path | bytes) -> tuple[str, ...]:
    """The columns of a table.

    Raises:
        BadInput: where it is none.
    """
    with open_table(source) as table:
        return table.columns


def find_numbers(source: Path | bytes) -> str:
    """The last column that holds numbers in most of the cells of its first rows; the last column where none does.

    Raises:
        BadInput: where it is no table.
    """
    with open_table(source) as table:
        rows = [row.cells for row in islice(table.rows, _LOOKED_AT) if not row.problem]
        for column in reversed(table.columns):
            cells = [cell for row in rows if (cell := row.get(column, ""))]
            if 2 * sum(_is_number(cell, table.decimal_comma) for cell in cells) > len(cells):
                return column
        return table.columns[-1]


def _is_number(cell: str, comma: bool) -> bool:
    try:
        read_number(cell, comma=comma)
    except BadInput:
        return False
    return True
