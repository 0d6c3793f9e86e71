"""A screening in folders: every so many-th batch of the rows in each, which goes on after any interruption.

    FOLDER/run.json                            what is screened, by the digests of its files, and by which rules
    FOLDER/batches/FIRST-SIZE-DIGEST.parquet   the judged candidates and the refused rows of a batch

Each shard reads all rows, since the id of a row depends on those before it, and predicts its own alone.
:func:`merge_screening` writes what :func:`matgen_core.workflows.screening.folder.screen_to_folder` writes of one run.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from matgen_core.core import messages
from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.core.messages import Message, Text
from matgen_core.core.records import Candidate
from matgen_core.core.settings import Rules
from matgen_core.core.spreading import SetAside, spread
from matgen_core.files.refused import Item, Refused
from matgen_core.kinds.protocol import BatchName
from matgen_core.runs.records import from_record
from matgen_core.workflows.many_workers.batch_file import Row, read_rows, write_rows
from matgen_core.workflows.many_workers.merge import check_shards, find_batches, find_missing, read_state
from matgen_core.workflows.many_workers.run_folder import (
    SCREENING,
    Shard,
    batch_files,
    begin_folder,
    row_of,
    write_json,
)
from matgen_core.workflows.screening.folder import write_screening
from matgen_core.workflows.screening.outcome import Outcome
from matgen_core.workflows.screening.pareto import Objective, parse_objective
from matgen_core.workflows.screening.screen import ANY, BatchScreener, Further, Screener, batches

#: What a batch came to: its candidates and the rows that were refused.
Screened = tuple[tuple[Candidate[Any], ...], tuple[Refused, ...]]


@dataclass(frozen=True)
class ScreeningAsked:
    """What a screening in folders is of.

    Args:
        source: files by name and digest, or a stored run, so that shards of other rows are refused.
        objectives: as texts, for the fronts of the merged result.
        rules: what a candidate must pass.
        using: predictors of the user's own, by name.
        admet: whether ADMET is predicted of molecules, too.
    """

    source: tuple[str, ...]
    objectives: tuple[str, ...]
    rules: Rules
    using: tuple[str, ...] = ()
    admet: bool = False

    def to_record(self) -> dict[str, Any]:
        """As JSON takes it; the seed is there because batches are named by one."""
        return {**TypeAdapter(ScreeningAsked).dump_python(self, mode="json"), "seed": 0}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> ScreeningAsked:
        """What :meth:`to_record` wrote."""
        return TypeAdapter(cls).validate_python(record)


def describe_files(paths: Sequence[Path]) -> tuple[str, ...]:
    """Files and folders by name and by the digest of what is in them, wherever a machine has them.

    Raises:
        BadInput: for a path that is not there.
    """
    found = []
    for path in paths:
        if not path.exists():
            raise BadInput("{path} does not exist; give files, or a folder of CIFs", path=path)
        digest = hashlib.sha256()
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(file.relative_to(path).as_posix().encode() if path.is_dir() else b"")
                with file.open("rb") as handle:
                    digest.update(hashlib.file_digest(handle, "sha256").digest())
        found.append(f"{path.name} {digest.hexdigest()[:16]}")
    return tuple(found)


@dataclass(frozen=True, slots=True)
class FilledScreening:
    """What a folder came to.

    Args:
        screened: candidates and refused rows of its share that are done.
        ended: "all" or "cancelled".
        seconds: of this part of the run.
        aside: batches that no worker could finish.
    """

    screened: int
    ended: str
    seconds: float
    aside: tuple[tuple[BatchName, Text], ...] = ()


class _Judged:
    """A batch with its name, judged here or in a worker."""

    def __init__(self, screener: BatchScreener) -> None:
        self.screener = screener

    def __call__(self, task: tuple[BatchName, list[Item]]) -> tuple[Candidate[Any], ...]:
        return self.screener.in_worker(task[1])


class _Folder:
    """The batches of a folder: which are there, and how one is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = dict(batch_files(path))

    def ready(self, task: tuple[BatchName, list[Item]]) -> tuple[Candidate[Any], ...] | None:
        """Nothing, where the batch is there and whole; None where it must be screened."""
        file = self.files.get(task[0])
        try:
            return None if file is None or not list(read_rows(file, bool)) else ()
        except BadInput:
            return None

    def save(self, task: tuple[BatchName, list[Item]], judged: tuple[Candidate[Any], ...]) -> None:
        """Writes the candidates of a batch, and of its refused rows place and reason."""
        candidates = iter(judged)
        rows = [_refused_row(item) if isinstance(item, Refused) else row_of(next(candidates)) for item in task[1]]
        self.files[task[0]] = write_rows(self.path / "batches", task[0], rows)


def fill_screening(
    items: Iterable[Item],
    asked: ScreeningAsked,
    path: Path,
    *,
    further: Further | None = None,
    shard: Shard | None = None,
    executor: Executor | None = None,
    on_progress: Callable[[int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> FilledScreening:
    """Screens the batches of a shard that its folder lacks.

    Args:
        items: all rows of the source.
        asked: what is screened, and how.
        path: of the folder; one that was begun before is gone on with, and no finished batch is screened again.
        further: as of :class:`BatchScreener`.
        shard: every so many-th batch alone.
        executor: does the batches; None: this process does.
        on_progress: called with the rows that are done.
        cancelled: asked often; what is finished stays.

    Raises:
        BadInput: where the folder is of another run, or cannot be written.
    """
    begun, shard = time.monotonic(), shard or Shard()
    begin_folder(path, asked.to_record(), shard, SCREENING)
    folder, work = _Folder(path), _Judged(BatchScreener(ANY, asked.rules, further))
    done, ended, aside = 0, "all", list[tuple[BatchName, Text]]()
    tasks = shard.of(_named(items))
    try:
        if executor is not None:
            found = spread(work, tasks, executor, cancelled=cancelled, ready=folder.ready, on_result=folder.save)
        else:
            found = _alone(work.screener, tasks, folder, cancelled)
        for (name, batch), judged in found:
            if isinstance(judged, SetAside):
                aside.append((name, judged.reason))
                continue
            done += len(batch)
            if on_progress:
                on_progress(done)
    except Cancelled:
        ended = "cancelled"
    except OSError as error:
        raise BadInput(
            "{path} cannot be written ({error}); choose another folder", path=path, error=error.strerror
        ) from None
    result = FilledScreening(done, ended, time.monotonic() - begun, tuple(aside))
    left = [{"first": n.first, "size": n.size, "seed": n.seed, "reason": str(r)} for n, r in aside]
    state = {"ended": ended, "screened": done, "seconds": round(result.seconds, 1), "aside": left}
    write_json(path / "state.json", state)
    return result


def _named(items: Iterable[Item]) -> Iterator[tuple[BatchName, list[Item]]]:
    first = 0
    for batch in batches(items):
        yield BatchName(0, first, len(batch)), batch
        first += len(batch)


def _alone(
    screener: BatchScreener,
    tasks: Iterable[tuple[BatchName, list[Item]]],
    folder: _Folder,
    cancelled: Callable[[], bool] | None,
) -> Iterator[tuple[tuple[BatchName, list[Item]], tuple[Candidate[Any], ...]]]:
    """The batches by this process."""
    for task in tasks:
        if cancelled and cancelled():
            raise Cancelled
        if folder.ready(task) is None:
            folder.save(task, screener([item for item in task[1] if not isinstance(item, Refused)]))
        yield task, ()


def merge_screening(
    folders: Sequence[Path], out: Path, on_progress: Callable[[int, int], None] | None = None
) -> tuple[Outcome, list[Text]]:
    """What the shards found as the files of one screening, and notes on what is missing.

    Args:
        folders: of the shards of one screening.
        out: folder, made where it is not there.
        on_progress: called with candidates and refused rows read.

    Raises:
        BadInput: where the folders are not of one screening, or a file is damaged.
    """
    records = check_shards(folders, out)
    asked = ScreeningAsked.from_record(records[0]["asked"])
    objectives = asked_objectives(asked)
    files = find_batches(folders)
    notes = [*find_missing(records), *_aside(folders)]
    shards = ["/".join(map(str, record["shard"])) for record in records]
    outcome = write_screening(
        (_read(file) for file in files.values()),
        Screener(ANY, asked.rules),
        objectives,
        out,
        source=asked.source,
        more={"shards": shards, "batches": len(files), "notes": list(map(str, notes))},
        on_progress=on_progress,
    )
    return outcome, notes


def asked_objectives(asked: ScreeningAsked) -> list[Objective]:
    """The objectives, with those that the user's own predictors predict."""
    from matgen_core.workflows.own_properties.own_predictors import own_property

    own = {record.key: record for record in map(own_property, asked.using)}
    return [parse_objective(text, own) for text in asked.objectives]


def _read(file: Path) -> tuple[list[Refused], list[Candidate[Any]]]:
    items = list(read_rows(file, _item))
    refused = [item for item in items if isinstance(item, Refused)]
    return refused, [item for item in items if not isinstance(item, Refused)]


def _item(record: dict[str, Any]) -> Item:
    if "refused" not in record:
        return from_record(record)
    reason = record["reason"]
    return Refused(record["refused"], messages.from_record(reason) if messages.is_record(reason) else str(reason))


def _refused_row(item: Refused) -> Row:
    reason = messages.to_record(item.reason) if isinstance(item.reason, Message) else item.reason
    return Row(item.place, "", {"refused": item.place, "reason": reason})


def _aside(folders: Sequence[Path]) -> list[Text]:
    """Notes on batches that no worker could finish, and on shards that have not ended."""
    notes: list[Text] = []
    for folder in folders:
        state = read_state(folder)
        if state["ended"] != "all":
            notes.append(Message("the run of {folder} has not ended; start it again to go on", folder=folder))
        for one in state["aside"]:
            notes.append(
                Message(
                    "rows {first} to {last} are missing: {reason}",
                    first=one["first"] + 1,
                    last=one["first"] + one["size"],
                    reason=one["reason"],
                )
            )
    return notes
