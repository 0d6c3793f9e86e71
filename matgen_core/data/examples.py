"""Two columns of the user's table: what is read, and the number to learn."""

from __future__ import annotations

import csv
import gzip
import io
from itertools import islice
from pathlib import Path
from typing import IO

import pandas as pd

from matgen_core.messages import quote
from matgen_core.types import BadInput

_NAMES = {"formula": "formula", "composition": "formula", "smiles": "smiles"}
MOST = 1_000_000
#: Characters; a formula, a SMILES or a number is far shorter.
_LONGEST_CELL = 100_000


def read_columns(source: Path | bytes, column: str, text: str = "", kind: str = "") -> tuple[list[str], list[str], str]:
    """Texts, values as they were written, and what the texts are ("formula" or "smiles").

    Args:
        source: CSV file, or its bytes.
        column: of the numbers.
        text: column of the texts; found by its name if empty.
        kind: what they are; found by the column's name if empty.

    Raises:
        BadInput: naming the missing column, the encoding, or a file that is no table.
    """
    table = read_csv(source)
    table = table.loc[:, ~table.columns.duplicated()]  # the first of two columns of one name
    have = ", ".join(map(quote, table.columns[:8]))
    text = text or next((name for name in table.columns if str(name).strip().lower() in _NAMES), "")
    if text not in table.columns:
        raise BadInput(f"no column {quote(text or 'formula or smiles')} (there are: {have}); name it with --text")
    if column not in table.columns:
        raise BadInput(f"no column {quote(column)} (there are: {have}); name the column of the numbers")
    kind = kind or _NAMES.get(text.strip().lower(), "")
    if kind not in ("formula", "smiles"):
        raise BadInput(f"say what the column {quote(text)} holds: formula or smiles")
    return table[text].tolist(), table[column].tolist(), kind


def read_csv(source: Path | bytes, most: int = MOST) -> pd.DataFrame:
    """A table of texts, at most so many rows; empty where a cell is missing.

    A line with more cells than the header keeps its number and is emptied, so that no number is read out of its column.

    Raises:
        BadInput: where it is none.
    """
    name = source if isinstance(source, Path) else "the file"
    try:
        with _opened(source) as file:
            csv.field_size_limit(_LONGEST_CELL)  # one setting for the whole process, which other readers change
            reader = csv.reader(file)
            header = next(reader, [])
            width = len(header)
            rows = [
                cells + [""] * (width - len(cells)) if len(cells) <= width else [""] * width
                for cells in islice(reader, most)
            ]
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} is not UTF-8 text (byte {error.start}); save it as CSV in UTF-8") from None
    except (OSError, ValueError, EOFError, csv.Error) as error:
        raise BadInput(
            f"{name} cannot be read as CSV ({quote(error, 100)}); save it as comma-separated UTF-8"
        ) from None
    if not header or not rows:
        raise BadInput(f"{name} has no rows; it needs a header line and one row a material")
    return pd.DataFrame(rows, columns=header, dtype=str)


def _opened(source: Path | bytes) -> IO[str]:
    if isinstance(source, bytes):
        return io.StringIO(source.decode("utf-8-sig"), newline="")
    if source.suffix == ".gz":
        return gzip.open(source, "rt", encoding="utf-8-sig", newline="")
    return source.open(encoding="utf-8-sig", newline="")
