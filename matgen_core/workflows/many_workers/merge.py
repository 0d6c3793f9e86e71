"""Merging of a run's shards into one result: repeats removed, ranked, with one manifest.

Batches are read in the order of their candidates, one at a time; in memory stay a score and an id of each candidate,
and what tells repeats.
"""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message, Text
from matgen_core.core.records import Candidate
from matgen_core.kinds.protocol import BatchName, Kind
from matgen_core.kinds.registry import load_kind, write
from matgen_core.kinds.surplus import mark_surplus
from matgen_core.runs.records import from_record, to_record
from matgen_core.workflows.many_workers.run_folder import (
    Wanted,
    batch_files,
    check_same,
    kept,
    read_batch,
    read_run,
    write_json,
)

#: Candidates in the table of the best, and those that are read and stored at one time.
BEST, TOGETHER = 1000, 2000


@dataclass
class Merged:
    """What came together.

    Args:
        wanted: what the shards asked for.
        generated: candidates in all.
        scores: score and id of each that counts, in the order of generation.
        rejected: rule and how many do not count for it.
        notes: what is missing or was passed over.
    """

    wanted: Wanted
    generated: int = 0
    scores: list[tuple[float, str]] = field(default_factory=list)
    rejected: Counter[str] = field(default_factory=Counter)
    notes: list[Text] = field(default_factory=list)


def merge(
    folders: Sequence[Path],
    out: Path,
    *,
    best: int = BEST,
    on_progress: Callable[[int], None] | None = None,
) -> Merged:
    """Writes ``candidates.parquet`` (those that count, with their rank), ``best.csv`` and ``manifest.json``.

    Args:
        folders: of the shards of one run.
        out: folder, made where it is not there.
        best: candidates in ``best.csv``.
        on_progress: called with the number of candidates read.

    Raises:
        BadInput: for folders of different runs or versions, damaged files, and where ``out`` cannot be written.
    """
    records = check_shards(folders, out)
    merged = Merged(Wanted.from_record(records[0]["asked"]))
    merged.notes += find_missing(records)
    files, top = find_batches(folders), list[_Entry]()
    merged.notes += _aside(folders)
    try:
        out.mkdir(parents=True, exist_ok=True)
        rows = out / ".candidates.parquet.part"
        with pq.ParquetWriter(rows, _schema(), compression="zstd") as sink:
            for batch in _admitted(merged, files, on_progress):
                sink.write_table(_table(load_kind(merged.wanted.kind), batch))
                for candidate in batch:
                    _keep(top, candidate, best)
        _rank(merged, rows, out / "candidates.parquet")
        ranked = [entry.candidate for entry in sorted(top, reverse=True)]
        (out / "best.csv").write_text(str(write(merged.wanted.kind, ranked)), encoding="utf-8")
        write_json(out / "manifest.json", _manifest(merged, records, folders, files))
    except OSError as error:
        raise BadInput(
            "{path} cannot be written ({error}); choose another folder", path=out, error=error.strerror
        ) from None
    return merged


def ranked(out: Path) -> Iterator[list[Candidate[Any]]]:
    """The candidates of a merged run, best first, some at a time; all their records are in memory meanwhile."""
    table = pq.read_table(out / "candidates.parquet", columns=["record", "rank"])
    order = np.argsort(table.column("rank").to_numpy())
    for first in range(0, len(order), TOGETHER):
        records = table.column("record").take(order[first : first + TOGETHER]).to_pylist()
        yield [from_record(json.loads(record)) for record in records]


def check_shards(folders: Sequence[Path], out: Path) -> list[dict[str, Any]]:
    """What the folders say of their run.

    Raises:
        BadInput: where they are of different runs or versions, or the result would go into one of them.
    """
    records = [read_run(folder) for folder in folders]
    for folder, record in zip(folders[1:], records[1:], strict=True):
        check_same(records[0], record, folders[0], folder)
    if any(out.resolve() == folder.resolve() for folder in folders):
        raise BadInput("{out} is the folder of a shard; give another folder for the result", out=out)
    return records


def find_batches(folders: Sequence[Path]) -> dict[BatchName, Path]:
    """The batches of several folders in their order; one that several have is taken once.

    Raises:
        BadInput: where two folders have different candidates of one batch.
    """
    found: dict[BatchName, Path] = {}
    for folder in folders:
        for name, file in batch_files(folder):
            other = found.setdefault(name, file)
            if other.name != file.name:
                raise BadInput(
                    "candidates {first} to {last} differ in {here} and {there}; delete one of the two files and "
                    "start its run again",
                    first=name.first,
                    last=name.end - 1,
                    here=other,
                    there=file,
                )
    return dict(sorted(found.items(), key=lambda item: item[0].first))


def _admitted(
    merged: Merged, files: dict[BatchName, Path], on_progress: Callable[[int], None] | None
) -> Iterator[tuple[Candidate[Any], ...]]:
    """Those of each batch that count, each with its score, repeats told over all shards."""
    kind, wanted = load_kind(merged.wanted.kind), merged.wanted
    stages = kind.begin(wanted.brief)
    for file in files.values():
        batch = stages.admit(list(read_batch(file)))
        if wanted.exact:  # as a run in memory
            batch = mark_surplus(batch, lambda c: kept(wanted, c) is None, wanted.count - len(merged.scores))
        rules = [kept(wanted, candidate) for candidate in batch]
        merged.generated += len(batch)
        merged.rejected.update(rule for rule in rules if rule is not None)
        good = [candidate for candidate, rule in zip(batch, rules, strict=True) if rule is None]
        ranked = kind.rank(good, wanted.target)
        merged.scores += [(candidate.score or 0.0, candidate.id) for candidate in ranked]
        if on_progress:
            on_progress(merged.generated)
        yield ranked


def _schema() -> pa.Schema:
    texts = [(name, pa.string()) for name in ("id", "key")]
    return pa.schema([*texts, ("score", pa.float64()), ("record", pa.string())])


def _table(kind: Kind[Any, Any], batch: Sequence[Candidate[Any]]) -> pa.Table:
    return pa.table(
        {
            "id": [candidate.id for candidate in batch],
            "key": [kind.key(candidate.material) for candidate in batch],
            "score": [candidate.score for candidate in batch],
            "record": [json.dumps(to_record(candidate), ensure_ascii=False) for candidate in batch],
        },
        schema=_schema(),
    )


@dataclass(frozen=True)
class _Entry:
    """A candidate in a heap whose first is the worst."""

    candidate: Candidate[Any]

    def __lt__(self, other: _Entry) -> bool:
        mine, others = self.candidate, other.candidate
        return (mine.score or 0.0, mine.id) > (others.score or 0.0, others.id)


def _keep(top: list[_Entry], candidate: Candidate[Any], most: int) -> None:
    if len(top) < most:
        heapq.heappush(top, _Entry(candidate))
    elif top:
        heapq.heappushpop(top, _Entry(candidate))


def _rank(merged: Merged, rows: Path, out: Path) -> None:
    """The same rows with a column for their rank, 1 for the best."""
    order = sorted(range(len(merged.scores)), key=merged.scores.__getitem__)
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(1, len(order) + 1)
    source, first = pq.ParquetFile(rows), 0
    part = out.with_name(f".{out.name}.ranked")
    with pq.ParquetWriter(part, _schema().append(pa.field("rank", pa.int64())), compression="zstd") as sink:
        for batch in source.iter_batches(4096):
            table = pa.Table.from_batches([batch])
            sink.write_table(table.append_column("rank", pa.array(ranks[first : first + len(table)])))
            first += len(table)
    rows.unlink()
    part.replace(out)


def find_missing(records: Sequence[dict[str, Any]]) -> list[Text]:
    """A note where shards of the run are not among the folders."""
    counts = {record["shard"][1] for record in records}
    if len(counts) > 1:
        raise BadInput(
            "the shards are of different divisions ({counts}); give those of one", counts=", ".join(map(str, counts))
        )
    count = counts.pop()
    there = {record["shard"][0] for record in records}
    lacking = [str(number) for number in range(1, count + 1) if number not in there]
    if not lacking:
        return []
    return [Message("shards {numbers} of {count} are not there", numbers=", ".join(lacking[:20]), count=count)]


def read_state(folder: Path) -> dict[str, Any]:
    """How the run of a folder ended, and which batches no worker could finish."""
    file = folder / "state.json"
    state: dict[str, Any] = {"ended": "", "aside": []}
    return {**state, **json.loads(file.read_text(encoding="utf-8"))} if file.is_file() else state


def _aside(folders: Sequence[Path]) -> list[Text]:
    """Notes on batches that no worker could finish, and on runs that have not ended."""
    notes: list[Text] = []
    for folder in folders:
        state = read_state(folder)
        if state["ended"] not in ("found", "draws"):
            notes.append(Message("the run of {folder} has not ended; start it again to go on", folder=folder))
        for one in state["aside"]:
            notes.append(
                Message(
                    "candidates {first} to {last} of seed {seed} are missing: {reason}",
                    first=one["first"],
                    last=one["first"] + one["size"] - 1,
                    seed=one["seed"],
                    reason=one["reason"],
                )
            )
    return notes


def _manifest(
    merged: Merged, records: Sequence[dict[str, Any]], folders: Sequence[Path], files: dict[BatchName, Path]
) -> dict[str, Any]:
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "asked": records[0]["asked"],
        "versions": records[0]["versions"],
        "shards": [
            {"folder": str(folder), "shard": "/".join(map(str, record["shard"]))}
            for folder, record in zip(folders, records, strict=True)
        ],
        "batches": len(files),
        "generated": merged.generated,
        "kept": len(merged.scores),
        "rejected": dict(merged.rejected.most_common()),
        "notes": list(map(str, merged.notes)),
        "files": sorted(file.name for file in files.values()),
    }
