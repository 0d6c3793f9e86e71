"""Names of candidates that bring none: of file and row, such that no spreadsheet takes them for a date or number."""

from __future__ import annotations

import re
from pathlib import PurePath

#: Beginnings of the months in English, German and French.
_MONTH = "jan|feb|f[eé]v|m[aä]r|apr|avr|ma[iy]|ju[nil]|aug|ao[uû]|sep|o[ck]t|nov|d[eé][cz]"
#: One month, the e of a number such as 1e-3, or neither, and otherwise only digits and what parts them.
_DATE = re.compile(rf"[\W\d_]*(?:(?:{_MONTH})[^\W\d_]*|e)?[\W\d_]*", re.IGNORECASE)


def row_id(stem: str, row: int) -> str:
    """Name of a row's candidate: the file's name without its ending, and the row.

    The letter keeps spreadsheets from taking the rows of a table ``may`` or ``3`` for dates.

    >>> row_id("may", 3)
    'may-r3'
    """
    return f"{stem}-r{row}"


def is_date_like(name: str) -> bool:
    """Whether a spreadsheet may take it for a date or for 1e-3: digits in two parts, or a month and digits.

    >>> [is_date_like(name) for name in ("10/3", "may-3", "2024-05", "NaCl-3", "mp-149", "3")]
    [True, True, True, False, False, False]
    """
    parts = re.findall(r"\d+|[^\W\d_]+", name)
    return len(parts) > 1 and any(part.isdigit() for part in parts) and _DATE.fullmatch(name) is not None


def file_id(path: PurePath, stem: str, part: str = "") -> str:
    """Name of a structure's candidate: of the file without its ending, and of the part in it.

    The ending stays where the rest may be taken for a date.

    Args:
        path: of the file.
        stem: the path without its ending.
        part: which structure of the file; "" where it holds one.

    >>> file_id(PurePath("NaCl.cif"), "NaCl"), file_id(PurePath("3.cif"), "3", "4")
    ('NaCl', '3.cif-4')
    """
    end = f"-{part}" if part else ""
    return f"{path}{end}" if is_date_like(f"{stem}{end}") else f"{stem}{end}"


def name_of_column(column: str) -> str:
    """A name for what is learnt from a column, safe as the name of a folder.

    >>> name_of_column("Eg (eV)"), name_of_column("融点")
    ('Eg--eV', 'mine')
    """
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in column).strip("-") or "mine"


def label_of(name: str, column: str) -> str:
    """What a property is called for a reader: the user's name for it, or the column's where they chose none.

    >>> label_of("melting-point", "y"), label_of("Eg--eV", "Eg (eV)")
    ('melting-point', 'Eg (eV)')
    """
    return column if name == name_of_column(column) else name
