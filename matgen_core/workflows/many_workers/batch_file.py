"""The file of a batch: one row a candidate, written whole or not at all, named by its batch and its content."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from matgen_core.core.errors import BadInput
from matgen_core.kinds.protocol import BatchName

T = TypeVar("T")
#: Number of the first candidate, size of the batch, digest of the rows.
NAME = re.compile(r"(\d{9,})-(\d+)-([0-9a-f]{16})\.parquet")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the file.

    Args:
        id: of a candidate, or place of a row that was refused.
        key: by which repeats are told; empty of a row that was refused.
        record: all that is known of it, as JSON takes it.
    """

    id: str
    key: str
    record: Mapping[str, Any]


def write_rows(folder: Path, name: BatchName, rows: Sequence[Row]) -> Path:
    """Writes the file of a batch, whole or not at all."""
    records = [_dump(row.record) for row in rows]
    file = folder / f"{name.first:09d}-{name.size}-{_digest(records)}.parquet"
    if not file.exists():
        table = pa.table(
            {"id": [row.id for row in rows], "key": [row.key for row in rows], "record": records},
            schema=pa.schema([("id", pa.string()), ("key", pa.string()), ("record", pa.string())]),
        )
        part = file.with_name(f".{file.name}.{os.getpid()}.part")
        pq.write_table(table, part, compression="zstd")
        part.replace(file)
    return file


def read_rows(file: Path, made: Callable[[dict[str, Any]], T]) -> Iterator[T]:
    """What is made of each record of a file.

    Raises:
        BadInput: where it is not what was written under its name.
    """
    match = NAME.fullmatch(file.name)
    try:
        records = pq.read_table(file, columns=["record"]).column("record").to_pylist()
        if match is None or _digest(records) != match[3]:
            raise ValueError("its content does not fit its name")
        yield from (made(json.loads(record)) for record in records)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(
            "{file} is damaged ({error}); delete it and start its run again", file=file, error=str(error)[:100]
        ) from None


def _digest(records: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(records).encode()).hexdigest()[:16]


def _dump(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
