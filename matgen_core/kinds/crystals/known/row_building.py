"""From a table of CIFs, or a folder of them, to training rows.

A build works in chunks of rows, each written as it is finished, so that an interrupted build goes on where it stopped.
Rows that cannot be used are listed with the reason and never stop the others.
"""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from matgen_core.core.errors import BadInput
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.known.crystal_tables import PROBLEM, read_crystal_table
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows, concatenate, load_rows, save_rows

_CHUNK = 250
#: Columns of the table of a folder: the file, and the place of the structure in it.
_FILE, _NUMBER = " file", " number"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that could not be used, and why."""

    id: str
    reason: str


def read_table(source: Path, notes: list[str] | None = None) -> pd.DataFrame:
    """A table with a ``cif`` column from a CSV (also gzipped) or from a folder of CIF files.

    Raises:
        BadInput: naming the missing file or column.
    """
    if source.is_dir():
        return _read_folder(source)
    if not source.is_file():
        raise BadInput(f"{source} does not exist; give a CSV with a 'cif' column or a folder of CIFs")
    return read_crystal_table(source, COLUMNS, [] if notes is None else notes)


def _read_folder(folder: Path) -> pd.DataFrame:
    """One row a structure: its name, the text of its file, the name of that file and its number in there."""
    from matgen_core.kinds.crystals.files.structure_files import decode, name_structures, walk_structures

    rows = []
    for file in walk_structures(folder):
        text, name = decode(file.read_bytes()), file.relative_to(folder).as_posix()
        rows += [(label, text, name, i) for i, label in enumerate(name_structures(name, text))]
    if not rows:
        raise BadInput(f"no file of structures in {folder}; give a folder of CIFs or a CSV with a 'cif' column")
    return pd.DataFrame(rows, columns=["material_id", "cif", _FILE, _NUMBER])


def parse_row(
    id_: str, text: str, file_name: str = "row.cif", number: int | None = None, notes: list[str] | None = None
) -> Crystal | Rejected:
    """The crystal in one cell or file, or why it cannot be used.

    Args:
        id_: name of the row.
        text: a CIF, or what a file of ``file_name`` holds.
        file_name: its ending tells the format (:mod:`matgen_core.kinds.crystals.files.structure_files`).
        number: which structure of the file, from 0; None where there may be only one.
        notes: gets what was decided that the text leaves open, and what the reader's library warned of.
    """
    from matgen_core.kinds.crystals.files.structure_files import read_one_structure

    found = read_one_structure(file_name, text if isinstance(text, str) else "", number)
    if found.note and notes is not None:
        notes.append(found.note)
    return found.crystal or Rejected(id_, found.reason)


def _parse_chunk(
    rows: Sequence[tuple[str, str, str, int | None]],
) -> tuple[list[Crystal | Rejected], list[Rejected]]:
    """The rows, and the notes on some of them by the rows' names."""
    parsed, noted = list[Crystal | Rejected](), list[Rejected]()
    for row in rows:
        notes: list[str] = []
        parsed.append(parse_row(*row, notes=notes))
        noted += [Rejected(row[0], note) for note in notes]
    return parsed, noted


def build_rows(
    source: Path,
    out: Path,
    *,
    workers: int | None = None,
    label: Callable[[CrystalRows], CrystalRows] | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    notes: list[str] | None = None,
) -> tuple[CrystalRows, list[Rejected]]:
    """Reads every row of ``source`` and writes ``crystals.npz``, ``rejected.csv`` and ``notes.csv`` into ``out``.

    Args:
        source: CSV with a ``cif`` column, or a folder of CIFs.
        out: folder for the arrays; chunks of an earlier, interrupted build of the same source in it are used again.
        workers: processes; None for one a core.
        label: fills in properties that the table does not have
            (:func:`matgen_core.kinds.crystals.known.labels.label_rows`).
        on_progress: called with rows done and rows in all.
        notes: gets what the user must know of how the table was read.
    """
    table = read_table(source, notes)
    ids = _ids(table)
    chunks = out / "chunks" / _fingerprint(table, label is not None)
    chunks.mkdir(parents=True, exist_ok=True)
    starts = list(range(0, len(table), _CHUNK))
    missing = [s for s in starts if not (chunks / f"{s:07d}.npz").is_file()]
    done = len(table) - sum(min(_CHUNK, len(table) - s) for s in missing)
    jobs = [[_row(table, ids, i) for i in range(s, min(s + _CHUNK, len(table)))] for s in missing]
    with _executor(workers or os.cpu_count() or 1) as executor:
        for start, (parsed, noted) in zip(missing, executor.map(_parse_chunk, jobs), strict=True):
            rows, rejected = _collect(table, start, parsed)
            _write_rejected(chunks / f"{start:07d}.csv", rejected)
            _write_rejected(chunks / f"{start:07d}-notes.csv", noted)
            save_rows(chunks / f"{start:07d}.npz", label(rows) if label else rows)
            done += len(parsed)
            if on_progress:
                on_progress(done, len(table))
    rows = concatenate(load_rows(chunks / f"{start:07d}.npz") for start in starts)
    rejected = [r for start in starts for r in _read_rejected(chunks / f"{start:07d}.csv")]
    save_rows(out / "crystals.npz", rows)
    _write_rejected(out / "rejected.csv", rejected, for_reader=True)
    kept = [chunks / f"{start:07d}-notes.csv" for start in starts]
    noted = [note for path in kept if path.is_file() for note in _read_rejected(path)]
    _write_rejected(out / "notes.csv", noted, for_reader=True)
    if noted and notes is not None:
        notes.append(f"rows with a note on how they were read: {len(noted)} (see {out / 'notes.csv'})")
    return rows, rejected


def _row(table: pd.DataFrame, ids: Sequence[str], i: int) -> tuple[str, str, str, int | None]:
    """Arguments of :func:`parse_row` for one row of the table."""
    if _FILE not in table.columns:
        return ids[i], table["cif"][i], "row.cif", None
    return ids[i], table["cif"][i], str(table[_FILE][i]), int(table[_NUMBER][i])


def _fingerprint(table: pd.DataFrame, labelled: bool) -> str:
    """Tells one source from another, so that chunks of another table are never taken for this one's."""
    digest = hashlib.sha256(str((list(table.columns), len(table), labelled)).encode())
    digest.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return digest.hexdigest()[:12]


def _executor(workers: int) -> Executor:
    import multiprocessing

    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))


def _ids(table: pd.DataFrame) -> list[str]:
    return [str(value) for value in table["material_id"]]


def _collect(
    table: pd.DataFrame, start: int, parsed: Sequence[Crystal | Rejected]
) -> tuple[CrystalRows, list[Rejected]]:
    ids = _ids(table)
    if PROBLEM in table.columns:
        problems = table[PROBLEM].iloc[start : start + len(parsed)].tolist()
        parsed = [
            Rejected(ids[start + i], problem) if problem else item
            for i, (item, problem) in enumerate(zip(parsed, problems, strict=True))
        ]
    kept = [start + i for i, item in enumerate(parsed) if isinstance(item, Crystal)]
    values = np.full((len(kept), len(COLUMNS)), np.nan, dtype=np.float32)
    for j, column in enumerate(COLUMNS.values()):
        if column in table.columns:
            values[:, j] = table[column].iloc[kept].to_numpy(dtype=np.float32)
    splits = table["split"].iloc[kept].astype(str).to_numpy() if "split" in table.columns else ["train"] * len(kept)
    crystals = tuple(item for item in parsed if isinstance(item, Crystal))
    rows = CrystalRows(np.array([ids[k] for k in kept], dtype=str), crystals, values, np.array(splits, dtype=str))
    return rows, [item for item in parsed if isinstance(item, Rejected)]


def _write_rejected(path: Path, rejected: Sequence[Rejected], for_reader: bool = False) -> None:
    from defusedcsv import csv as defused

    with path.open("w", newline="", encoding="utf-8") as file:
        # What a person opens in a spreadsheet: a row's hostile name must not become a formula there.
        writer = defused.writer(file) if for_reader else csv.writer(file)
        writer.writerow(("id", "reason"))
        writer.writerows((r.id, r.reason) for r in rejected)


def _read_rejected(path: Path) -> list[Rejected]:
    with path.open(newline="", encoding="utf-8") as file:
        return [Rejected(row["id"], row["reason"]) for row in csv.DictReader(file)]
