"""A run in a folder: its batches as files, so that it goes on after any interruption and memory does not grow.

    FOLDER/run.json                      what is asked for, the versions, which share of the batches
    FOLDER/batches/FIRST-SIZE-DIGEST.parquet   the judged candidates of a batch, one a row

A file is named by its batch and by the digest of its content, so that the same batch is recognised wherever it was
computed. It is written whole or not at all.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate
from matgen_core.core.settings import Rules
from matgen_core.kinds.protocol import BatchName, Brief
from matgen_core.kinds.registry import KINDS, kind_of, load_kind
from matgen_core.runs.records import from_record, to_record
from matgen_core.runs.store import versions
from matgen_core.workflows.many_workers.batch_file import NAME, Row, read_rows, write_rows

#: Version of the files.
SCHEMA = 1
#: What a folder is of.
GENERATION, SCREENING = "generation", "screening"


@dataclass(frozen=True, slots=True)
class Shard:
    """A share of the batches of a run, as one job of an array takes it.

    >>> Shard.read("2/3"), list(Shard(2, 3).of(range(7)))
    (Shard(number=2, count=3), [1, 4])

    Args:
        number: from 1 to ``count``.
        count: of shares.
    """

    number: int = 1
    count: int = 1

    @classmethod
    def read(cls, text: str) -> Shard:
        """Of a text such as 3/64.

        Raises:
            BadInput: for what is no share.
        """
        match = re.fullmatch(r"\s*(\d{1,6})\s*/\s*(\d{1,6})\s*", text)
        if not match or not 1 <= int(match[1]) <= int(match[2]):
            raise BadInput("the shard {text} is none; write for example 3/64, the third of 64", text=quote(text))
        return cls(int(match[1]), int(match[2]))

    def of(self, names: Iterable[Any]) -> Iterator[Any]:
        """Every ``count``-th of the batches."""
        return islice(iter(names), self.number - 1, None, self.count)

    def share(self, wanted: int) -> int:
        """How many of so many candidates it has to find."""
        return -(-wanted // self.count)


@dataclass(frozen=True)
class Wanted:
    """What a run in a folder asks for.

    Args:
        kind: name of the kind.
        target: by which candidates are checked.
        aim: for which they are generated.
        seed: of the run.
        count: candidates wanted in all.
        most: candidates generated at most in all.
        settings: of the generator.
        rules: what a candidate must pass beyond its goals; None where only the settings say so.
    """

    kind: str
    target: Target
    aim: Target
    seed: int
    count: int
    most: int
    settings: Any
    rules: Rules | None = None

    @property
    def brief(self) -> Brief[Any]:
        """For the stages of the kind."""
        return Brief(self.target, self.aim, self.seed, self.settings, self.rules)

    @property
    def exact(self) -> bool:
        """Whether no more than ``count`` are kept."""
        return self.rules is None

    def names(self) -> Iterator[BatchName]:
        """Its batches, in their order."""
        kind = load_kind(self.kind)
        if self.rules is None:
            return kind.for_count.names(self.count, self.most, self.seed)
        return kind.batches.names(self.seed, 0, self.most)

    def to_record(self) -> dict[str, Any]:
        """As JSON takes it."""
        record: dict[str, Any] = _adapter(Wanted).dump_python(self, mode="json", warnings=False)
        for target in (record["target"], record["aim"]):  # sets have no order of their own
            named = target["constraints"]
            target["constraints"] = {k: sorted(v) if isinstance(v, list) else v for k, v in named.items()}
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Wanted:
        """What :meth:`to_record` wrote."""
        settings = _adapter(KINDS[record["kind"]].settings).validate_python(record["settings"])
        made: Wanted = _adapter(cls).validate_python({**record, "settings": settings})
        return made


def _adapter(of: type) -> TypeAdapter[Any]:
    return TypeAdapter(of)


class RunFolder:
    """The folder of a run; see :class:`matgen_core.workflows.loop.KeptBatches`.

    Args:
        path: of the folder, made where it is not there.
        wanted: what is asked for; a folder of another run is refused.
        shard: the share of the batches that is computed here.

    Raises:
        BadInput: where it belongs to another run, or cannot be written.
    """

    def __init__(self, path: Path, wanted: Wanted, shard: Shard) -> None:
        self.path, self.wanted, self.shard = path, wanted, shard
        begin_folder(path, wanted.to_record(), shard)
        self._files = dict(batch_files(path))

    def load(self, name: BatchName) -> list[Candidate[Any]] | None:
        """The judged candidates of a batch that was finished before; None of one that was not, or is damaged."""
        file = self._files.get(name)
        if file is None:
            return None
        try:
            return list(read_batch(file))
        except BadInput:
            return None  # it is computed anew

    def save(self, name: BatchName, judged: Sequence[Candidate[Any]]) -> None:
        """Writes a batch as a file of its own."""
        self._files[name] = write_batch(self.path / "batches", name, judged)


def begin_folder(path: Path, asked: Mapping[str, Any], shard: Shard, work: str = GENERATION) -> None:
    """Makes the folder of a run and writes what it is of; of one that is there, compares it.

    Raises:
        BadInput: where it belongs to another run, or cannot be written.
    """
    record = {"schema": SCHEMA, "work": work, "asked": dict(asked), "shard": [shard.number, shard.count]}
    record["versions"] = versions()
    try:
        (path / "batches").mkdir(parents=True, exist_ok=True)
        if (path / "run.json").exists():
            check_same(read_run(path), record, path, path)
        else:
            write_json(path / "run.json", record)
    except OSError as error:
        raise BadInput(
            "{path} cannot be written ({error}); choose another folder", path=path, error=error.strerror
        ) from None


def batch_files(path: Path) -> Iterator[tuple[BatchName, Path]]:
    """The batches that a folder has, in their order, each with its file."""
    seed = int(read_run(path)["asked"]["seed"])
    for file in sorted((path / "batches").glob("*.parquet")):
        if match := NAME.fullmatch(file.name):
            yield BatchName(seed, int(match[1]), int(match[2])), file


def write_batch(folder: Path, name: BatchName, judged: Sequence[Candidate[Any]]) -> Path:
    """Writes the file of a batch, whole or not at all."""
    return write_rows(folder, name, [row_of(candidate) for candidate in judged])


def row_of(candidate: Candidate[Any]) -> Row:
    """A candidate as a row of the file of its batch."""
    return Row(candidate.id, kind_of(candidate.material).key(candidate.material), to_record(candidate))


def read_batch(file: Path) -> Iterator[Candidate[Any]]:
    """The candidates of a file.

    Raises:
        BadInput: where it is not what was written under its name.
    """
    yield from read_rows(file, from_record)


def read_run(path: Path) -> dict[str, Any]:
    """What the folder of a run says of it.

    Raises:
        BadInput: where it is no such folder.
    """
    try:
        record: dict[str, Any] = json.loads((path / "run.json").read_text(encoding="utf-8"))
        if record["schema"] != SCHEMA:
            raise ValueError("written by another version")
        if record.setdefault("work", GENERATION) == GENERATION:
            Wanted.from_record(record["asked"])
        Shard(*record["shard"])
    except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
        said = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise BadInput(
            "{path} is no folder of a run ({error}); give one that --into wrote", path=path, error=said[:100]
        ) from None
    return record


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    """Writes a file of JSON, whole or not at all."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def check_same(one: Mapping[str, Any], other: Mapping[str, Any], here: Path, there: Path) -> None:
    """Raises BadInput, naming the difference, for records of two different runs."""
    if one["work"] != other["work"]:
        raise BadInput(
            "{here} holds a run of another command than {there}; use a folder for each run",
            here=here,
            there=there if there != here else "the run that is asked for",
        )
    different = [key for key, value in one["asked"].items() if other["asked"].get(key) != value]
    if different:
        raise BadInput(
            "{here} and {there} are of different runs ({what} differs); use a folder for each run",
            here=here,
            there=there if there != here else "the run that is asked for",
            what=", ".join(different),
        )
    names = dict.fromkeys([*one["versions"], *other["versions"]])
    changed = [name for name in names if one["versions"].get(name) != other["versions"].get(name)]
    if changed:
        raise BadInput(
            "{here} and {there} were written by different versions (of {what}); compute one of them again with the "
            "version of the other",
            here=here,
            there=there if there != here else "this installation",
            what=", ".join(changed),
        )
    if here == there and one["shard"] != other["shard"]:
        raise BadInput(
            "{here} holds shard {one}, not {other}; use a folder for each shard",
            here=here,
            one="/".join(map(str, one["shard"])),
            other="/".join(map(str, other["shard"])),
        )


def kept(wanted: Wanted, candidate: Candidate[Any]) -> str | None:
    """The rule for which a run does not count an admitted candidate; None where it counts."""
    from matgen_core.kinds.rules import UNFINISHED, objections

    if wanted.rules is None:
        return load_kind(wanted.kind).rejection(candidate, wanted.settings)
    if candidate.stage:
        return UNFINISHED
    problems = objections(candidate, wanted.rules)
    return problems[0].rule if problems else None
