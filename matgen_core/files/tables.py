"""The one reader of tables: CSV and its relatives as spreadsheets and instruments of many countries write them.

Encoding and separator are found, and said where they are not the usual ones: UTF-8, UTF-16, Windows-1252 and Shift-JIS;
comma, semicolon, tab and bar; a line ``sep=;`` as Excel writes it; lines of comment before the header. Rows come one by
one, so that memory does not grow with them. A row of more cells than headers is handed over with its problem, since
nobody can say which cell belongs where.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.messages import Message, Text

#: Characters; a CIF is the longest that a cell holds.
LONGEST_CELL = 5_000_000
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SAMPLE = 65_536
_BLOCK = 1 << 20
_KANA = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uff01-\uff5e\u3000-\u303f]")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table.

    Args:
        number: its place; 1 is the first below the header, and empty lines count.
        cells: by column, as they were written, without blanks around them; empty where the row ends before.
        problem: why the row cannot be read; empty where it can.
    """

    number: int
    cells: Mapping[str, str]
    problem: str = ""


@dataclass
class Table:
    """A table that is open.

    Args:
        name: of its file, for messages.
        columns: in their order, each name once.
        rows: to be gone through once.
        encoding: that was found.
        separator: that was found.
        notes: what a user must know of how it was read.
    """

    name: str
    columns: tuple[str, ...]
    rows: Iterator[Row]
    encoding: str
    separator: str
    notes: list[Text] = field(default_factory=list)

    @property
    def decimal_comma(self) -> bool:
        """Whether a comma in a number can only be decimal: where semicolons part the cells."""
        return self.separator == ";"


#: What a column of materials is called, in small letters, and what it holds; the more telling first.
MATERIALS: Mapping[str, str] = {
    "cif": "cif",
    "smiles": "smiles",
    "canonical_smiles": "smiles",
    "canonical smiles": "smiles",
    "formula": "formula",
    "composition": "formula",
    "reduced_formula": "formula",
    "pretty_formula": "formula",
    "formula_pretty": "formula",
    "chemical formula": "formula",
    "chemical_formula": "formula",
}


def find_column(columns: Iterable[str], *names: str) -> str | None:
    """The first column that bears one of the names, whatever its capitals."""
    lower = {column.strip().lower(): column for column in reversed(list(columns))}
    return next((lower[name] for name in names if name in lower), None)


def find_material(columns: Iterable[str]) -> tuple[str, str] | None:
    """Kind ("cif", "smiles" or "formula") and name of the column that holds the materials."""
    column = find_column(columns := list(columns), *MATERIALS)
    return None if column is None else (MATERIALS[column.strip().lower()], column)


@contextmanager
def open_table(source: Path | bytes | IO[bytes], name: str = "", *, separator: str = "") -> Iterator[Table]:
    """The table in a file (also gzipped), in bytes or in an open file.

    Args:
        source: where it is.
        name: of it in messages; the path's where there is one.
        separator: between cells; found where it is empty.

    Raises:
        BadInput: where it is no table, naming why.
    """
    name = name or (str(source) if isinstance(source, Path) else "the file")
    csv.field_size_limit(LONGEST_CELL)  # one setting for the whole process; every reader here sets the same
    try:
        with _opened(source) as raw:
            encoding = find_encoding(raw)
            raw.seek(0)
            text = io.TextIOWrapper(raw, encoding, "replace", newline="")
            try:
                yield _begin(text, name, encoding, separator)
            finally:
                text.detach()
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(
            "{name} cannot be read ({error}); save it as CSV in UTF-8", name=name, error=type(error).__name__
        ) from None


def count_rows(source: Path | bytes, most: int | None = None) -> int | None:
    r"""Rows of a table below its header, counted up to ``most``; None where it is no table.

    >>> count_rows(b'smiles,note\nCCO,"two\nlines"\nCO,')
    2
    """
    try:
        with open_table(source) as table:
            return sum(1 for _row in islice(table.rows, most))
    except BadInput:
        return None


@contextmanager
def _opened(source: Path | bytes | IO[bytes]) -> Iterator[Any]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif not isinstance(source, Path):
        yield source
    elif not source.is_file():
        raise BadInput("{source} is not a file; give a CSV with a column formula, cif or smiles", source=source)
    else:
        with (gzip.open if source.suffix == ".gz" else Path.open)(source, "rb") as raw:
            yield raw


def find_encoding(raw: Any) -> str:
    """UTF-8, UTF-16 by its mark or its zeros, else Shift-JIS where it makes Japanese, else Windows-1252."""
    raw.seek(0)
    head = raw.read(_SAMPLE)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head[1:2] == b"\0" or head[:1] == b"\0":
        return "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    decoder, odd, block = codecs.getincrementaldecoder("utf-8")(), b"", head
    while block:
        try:
            decoder.decode(block)
        except UnicodeDecodeError:
            odd = block
            break
        block = raw.read(_BLOCK)
    if not odd:
        return "utf-8-sig"
    try:
        japanese = odd.decode("cp932")
    except UnicodeDecodeError as error:
        cut = error.start > len(odd) - 3  # a character cut by the end of the block
        japanese = odd[: error.start].decode("cp932") if cut else ""
    strange = [c for c in japanese if not c.isascii()]
    if strange and 2 * sum(bool(_KANA.match(c)) for c in strange) > len(strange):
        return "cp932"
    return "cp1252"


def _begin(text: IO[str], name: str, encoding: str, separator: str) -> Table:
    short = Path(name).name
    head = text.read(_SAMPLE)
    head += text.read(1) if head.endswith("\r") else ""
    whole = len(head) < _SAMPLE
    lines = _lines(head, text)
    notes: list[Text] = (
        [Message("{short} is not in UTF-8; it was read as {encodings}", short=short, encodings=_ENCODINGS[encoding])]
        if encoding in _ENCODINGS
        else []
    )
    comments = 0
    first = ""
    for line in lines:
        bare = line.strip("\ufeff\r\n")
        if told := re.fullmatch(r'"?sep=(.)"?', bare, re.IGNORECASE):
            separator = separator or told[1]
        elif bare.startswith("#"):
            comments += 1
        elif bare.strip():
            first = line.lstrip("\ufeff")
            break
    if "\0" in head or "\ufffd" in first:
        raise BadInput("{name} is not text that can be read; save it as CSV in UTF-8", name=name)
    if not first:
        raise BadInput("{name} has no header line; the first line must name its columns", name=name)
    at = head.find(first)
    separator = separator or _find_separator(head[at:] if at >= 0 else first, whole)
    if separator not in (",", "\t"):
        notes.append(Message("{short} was read with the {named} as separator", short=short, named=_named(separator)))
    if comments:
        notes.append(Message("{short}: lines of comment before the header: {comments}", short=short, comments=comments))
    reader = csv.reader(_join(first, lines), delimiter=separator)
    try:
        header = next(reader)
    except csv.Error as error:
        raise BadInput(
            "{name} is not a CSV ({error}); save it as comma-separated UTF-8", name=name, error=error
        ) from None
    while header and not header[-1].strip():  # a spreadsheet ends its lines with empty cells
        header.pop()
    columns = _unique(header)
    if len(set(columns)) > len(set(map(str.strip, header))):
        notes.append(Message("{short} has two columns with the same name; the first is used", short=short))
    return Table(name, columns, _rows(reader, columns, separator), encoding, separator, notes)


_ENCODINGS = {
    "cp1252": "Windows-1252",
    "cp932": "Shift-JIS",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
}


def _lines(head: str, text: IO[str]) -> Iterator[str]:
    """The lines of what was read already, and of the rest."""
    for line in io.StringIO(head, newline=""):
        yield line if line.endswith(("\n", "\r")) else line + text.readline()
    yield from text


def _join(first: str, lines: Iterator[str]) -> Iterator[str]:
    yield first
    yield from lines


def _find_separator(sample: str, whole: bool) -> str:
    """The one that cuts header and rows into most cells, alike in most rows; a comma where nothing does."""
    best, found = (0.0, 0), ","
    for separator in SEPARATORS:
        try:
            rows = [row for row in islice(csv.reader(io.StringIO(sample, newline=""), delimiter=separator), 100) if row]
        except csv.Error:
            continue
        rows = rows if whole or len(rows) < 2 else rows[:-1]
        width = len(rows[0]) if rows else 0
        alike = sum(len(row) == width for row in rows[1:]) / max(1, len(rows) - 1)
        if width > 1 and (alike, width) > best:
            best, found = (alike, width), separator
    return found


def _unique(header: list[str]) -> tuple[str, ...]:
    names: list[str] = []
    for place, cell in enumerate(header, 1):
        name = bare = cell.strip() or f"column {place}"
        count = 1
        while name in names:
            count += 1
            name = f"{bare} ({count})"
        names.append(name)
    return tuple(names)


def _rows(reader: Iterator[list[str]], columns: tuple[str, ...], separator: str) -> Iterator[Row]:
    number, width = 0, len(columns)
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except (csv.Error, UnicodeError, OSError, EOFError, zlib.error) as error:
            yield Row(number, {}, f"not a CSV from there on ({error})")
            return
        if cells is None:
            return
        cells = [cell.strip() for cell in cells]
        if not any(cells) or (cells[0].startswith("#") and width > 1 and not any(cells[1:])):
            continue
        named = dict.fromkeys(columns, "") | dict(zip(columns, cells, strict=False))
        problem = ""
        if any(cells[width:]):
            problem = Message(
                "{n_cells} cells, but {width} headers; put a cell that holds a {named} in quotes",
                n_cells=len(cells),
                width=width,
                named=_named(separator),
            )
        yield Row(number, named, problem)


def _named(separator: str) -> str:
    return SEPARATORS.get(separator, quote(separator))
