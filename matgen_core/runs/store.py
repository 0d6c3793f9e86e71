"""The store of runs: settings, seed, versions, candidates as they arrive, and how each run ended.

The default is SQLite in WAL mode, so that a page can read while a run writes. ``MATGEN_DATABASE`` names another
database by its SQLAlchemy URL; one PostgreSQL can serve a group. Candidates that were written before a crash survive
it. When the store is opened next, it marks the runs of processes that are gone as interrupted.
One long file: every question to the database stands here.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sqlalchemy import Engine, Text, cast, create_engine, delete, event, func, insert, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from matgen_core.core import messages
from matgen_core.core.environment import data_path, read_environment, variable
from matgen_core.core.errors import MatGenError, quote
from matgen_core.core.messages import Message
from matgen_core.core.records import Candidate, M
from matgen_core.learning.checkpoints import digests
from matgen_core.runs.own_phases import phases_digest
from matgen_core.runs.records import from_record, to_record
from matgen_core.runs.tables import FoundRow, RunRow, migrate
from matgen_core.runs.tables import StoreError as StoreError

log = logging.getLogger("matgen")
#: Environment variable with the database's URL.
VARIABLE = variable("database")
#: Name of the user's phases among the versions.
OWN_PHASES = "your phases"
_PACKAGES = ("torch", "transformers", "rdkit", "pymatgen", "chgnet", "sevenn", "SMACT")
#: Milliseconds that a writer waits for another.
BUSY = 10_000
#: Times that an append is tried where another process appends to the same run.
_ATTEMPTS = 20
#: Characters of a name.
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Run:
    """A stored run, without its candidates.

    Args:
        id: never changes.
        kind: which page or command made it: "crystals", "molecules", "design-crystals", …
        name: for the reader; a message, which can be translated, unless a user wrote it.
        owner: key of the user; empty where one person uses the machine.
        settings: that repeat it, as in the page's address or the command's options.
        versions: of this package, the libraries and the checkpoints.
        seed: of the random numbers.
        state: "running", "finished", "cancelled", "failed" or "interrupted".
        message: the error of a failed run; a message, except in runs of former versions.
        created: when it began, UTC.
        count: candidates stored.
        seconds: of work, without the time in the queue; None where it was not kept.
        asked: the command that asks for the same, and all settings; None where they were not kept.
    """

    id: str
    kind: str
    name: str
    owner: str
    settings: Mapping[str, Any]
    versions: Mapping[str, Any]
    seed: int
    state: str
    message: str
    created: datetime
    count: int
    seconds: float | None = None
    asked: Mapping[str, Any] | None = None


class Store:
    """Runs in one database.

    Args:
        url: of the database, as SQLAlchemy writes it.

    Raises:
        StoreError: where it cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        with _translated_errors(url):
            self._engine = create_engine(url, json_serializer=_dump)
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _set_up_sqlite)
            migrate(self._engine, url)
        self.mark_interrupted()

    # ------------------------------------------------------------------------------------------------------ writing

    def begin(
        self,
        kind: str,
        settings: Mapping[str, Any],
        seed: int,
        *,
        name: str = "",
        owner: str = "",
        asked: Mapping[str, Any] | None = None,
    ) -> str:
        """Stores a new run and returns its id; see :class:`Run` for what is told of it."""
        run, now = uuid.uuid4().hex[:12], datetime.now(UTC)
        with self._write() as session:
            session.add(
                RunRow(
                    id=run,
                    kind=kind,
                    name=_named(name) or f"{kind} {now:%Y-%m-%d %H:%M}",
                    owner=owner,
                    settings=dict(settings),
                    versions=versions(),
                    seed=seed,
                    state="running",
                    created=now,
                    host=platform.node(),
                    process=_process(os.getpid()),
                    messages=_kept(name=name),
                    asked=dict(asked) if asked else None,
                )
            )
        return run

    def add(self, run: str, candidates: Sequence[Candidate[M]]) -> None:
        """Appends candidates; they are on disk when this returns. Many processes may append to one run."""
        records = [to_record(candidate) for candidate in candidates]
        if not records:
            return
        with _translated_errors(self.url):
            for _attempt in range(_ATTEMPTS - 1):
                try:
                    return self._append(run, records)
                except IntegrityError:  # another process has just taken these numbers
                    continue
            self._append(run, records)

    def _append(self, run: str, records: Sequence[dict[str, Any]]) -> None:
        with Session(self._engine) as session, session.begin():
            # Those who append to this run wait for one another here, and for no others; SQLite has no such lock.
            session.execute(select(RunRow.id).where(RunRow.id == run).with_for_update())
            last = session.scalar(select(func.max(FoundRow.number)).where(FoundRow.run == run))
            first = 0 if last is None else last + 1
            rows = [{"run": run, "number": first + i, "record": record} for i, record in enumerate(records)]
            session.execute(insert(FoundRow), rows)

    def update(self, run: str, candidates: Sequence[Candidate[M]]) -> None:
        """Writes candidates anew over those of the same id; one that the run has not is left out."""
        records = {candidate.id: to_record(candidate) for candidate in candidates}
        with self._write() as session:
            for row in session.scalars(select(FoundRow).where(FoundRow.run == run)):
                if (record := records.get(str(row.record.get("id")))) is not None:
                    row.record = record

    def end(self, run: str, state: str, message: str = "", seconds: float | None = None) -> None:
        """Stores how a run ended, "finished", "cancelled" or "failed", and how long it worked."""
        with self._write() as session:
            row = session.get(RunRow, run)
            if row is not None:
                row.state, row.message, row.seconds = state, message, seconds
                row.messages = {**(row.messages or {}), **_kept(message=message)}

    def rename(self, run: str, name: str) -> None:
        """Gives a run another name, at most 80 characters of it.

        Raises:
            StoreError: for an empty name or an unknown run.
        """
        if not _named(name):
            raise StoreError("a run needs a name; write one")
        self.get(run)
        with self._write() as session:
            row = session.get(RunRow, run)
            if row is not None:
                row.name = _named(name)
                row.messages = {key: said for key, said in (row.messages or {}).items() if key != "name"}

    def delete(self, run: str) -> None:
        """Deletes the run and its candidates for good."""
        self.get(run)
        with self._write() as session:
            session.execute(delete(FoundRow).where(FoundRow.run == run))
            session.execute(delete(RunRow).where(RunRow.id == run))

    def mark_interrupted(self) -> None:
        """Marks the runs of this machine whose process is gone."""
        with self._write() as session:
            running = session.scalars(select(RunRow).where(RunRow.state == "running", RunRow.host == platform.node()))
            for row in running:
                if row.process != _process(int(row.process.split("-")[0])):
                    row.state = "interrupted"

    # ------------------------------------------------------------------------------------------------------ reading

    def list(self, owner: str = "") -> list[Run]:
        """The owner's runs, the newest first."""
        counts = select(FoundRow.run, func.count().label("count")).group_by(FoundRow.run).subquery()
        query = (
            select(RunRow, func.coalesce(counts.c.count, 0))
            .outerjoin(counts, counts.c.run == RunRow.id)
            .where(RunRow.owner == owner)
            .order_by(RunRow.created.desc())
        )
        with _translated_errors(self.url), Session(self._engine) as session:
            return [_shown(row, count) for row, count in session.execute(query)]

    def get(self, run: str) -> Run:
        """One run.

        Raises:
            StoreError: where there is none of that id.
        """
        with _translated_errors(self.url), Session(self._engine) as session:
            row = session.get(RunRow, run)
            if row is None:
                raise StoreError("there is no run {run}; matgen runs list shows them all", run=quote(run))
            count = session.scalar(select(func.count()).where(FoundRow.run == run)) or 0
            return _shown(row, count)

    def candidates(
        self, run: str, *, drafts: bool = True, first: int = 0, count: int | None = None, step: int = 1
    ) -> tuple[Candidate[Any], ...]:
        """The candidates of a run in the order of arrival; damaged rows are left out.

        Args:
            run: its id.
            drafts: with those that a cancelled run kept as drafts, whose atoms have no places.
            first: number of the first.
            count: how many at most; None for all.
            step: every so many-th, as for a sample of a long run.

        Raises:
            StoreError: where there is no such run, or none of its rows can be read.
        """
        self.get(run)
        found, damaged = [], 0
        with _translated_errors(self.url), Session(self._engine) as session:
            text = cast(FoundRow.record, Text)  # read row by row, so that a damaged one does not hide the others
            query = select(text).where(FoundRow.run == run, FoundRow.number >= first).order_by(FoundRow.number)
            if step > 1:
                query = query.where((FoundRow.number - first) % step == 0)
            for row in session.scalars(query if count is None else query.limit(count)):
                try:
                    found.append(from_record(json.loads(row)))
                except (KeyError, TypeError, ValueError, AttributeError):
                    damaged += 1
        if damaged and not found:
            raise StoreError("run {run} cannot be read: all its rows are damaged; delete it", run=quote(run))
        if damaged:
            log.warning("%d rows of run %s are damaged and left out", damaged, run)
        return tuple(candidate for candidate in found if drafts or not candidate.is_draft)

    # ------------------------------------------------------------------------------------------------------ sessions

    def _write(self) -> _Writing:
        return _Writing(self._engine, self.url)


class _Writing:
    """A session that writes all its changes at its end, or none of them."""

    def __init__(self, engine: Engine, url: str) -> None:
        self.session, self.errors = Session(engine), _translated_errors(url)

    def __enter__(self) -> Session:
        return self.session

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        with self.errors, self.session:
            if error is None:
                self.session.commit()
            elif _damaged(error):
                raise error


class _translated_errors:
    """Turns errors of the database into a StoreError that names the database and the remedy."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        if _damaged(error):
            cause = getattr(error, "orig", None) or error
            place = quote(self.url.split("@")[-1], 200)  # without the password
            raise StoreError(
                "the store of runs {store} cannot be used ({cause}); free disk space, correct the permissions, "
                "move the file away, or name another with {variable}",
                store=place,
                cause=quote(cause, 80),
                variable=VARIABLE,
            ) from None


def _damaged(error: BaseException | None) -> bool:
    """Whether an error comes from the database: its own errors, or JSON and dates in it that cannot be read."""
    return isinstance(error, SQLAlchemyError | OSError | ValueError) and not isinstance(error, MatGenError)


def _set_up_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a commit survives a power cut
    cursor.execute(f"PRAGMA busy_timeout={BUSY}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _named(name: str) -> str:
    return "".join(c for c in name if c.isprintable()).strip()[:LONGEST_NAME]


def _kept(**texts: str) -> dict[str, Any]:
    """The texts that are messages, with their templates."""
    return {key: messages.to_record(text) for key, text in texts.items() if isinstance(text, Message)}


def _said(record: object, text: str) -> str:
    """The message that was kept; the text where there is none, or one that cannot be read."""
    try:
        return messages.from_record(record) if isinstance(record, dict) and messages.is_record(record) else text
    except ValueError:
        return text


def _process(number: int) -> str:
    """A process by its number and start time, because numbers are used again."""
    import psutil

    try:
        return f"{number}-{psutil.Process(number).create_time():.0f}"
    except psutil.Error:
        return f"{number}-gone"


def _shown(row: RunRow, count: int) -> Run:
    created = row.created if row.created.tzinfo else row.created.replace(tzinfo=UTC)
    said = row.messages or {}
    return Run(
        row.id,
        row.kind,
        _said(said.get("name"), row.name),
        row.owner,
        row.settings,
        row.versions,
        row.seed,
        row.state,
        _said(said.get("message"), row.message),
        created,
        count,
        row.seconds,
        row.asked,
    )


def versions() -> dict[str, str]:
    """What a run's outcome depends on: this package, its libraries, checkpoints and the user's phases by digest."""
    own = phases_digest()
    return {**_installed(), **({OWN_PHASES: own} if own else {})}


@lru_cache(maxsize=1)
def _installed() -> dict[str, str]:
    found = {}
    for package in ("matgen", *_PACKAGES):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found | digests()


def default_url() -> str:
    """``MATGEN_DATABASE``, or a file in the user's data folder."""
    if url := read_environment().database:
        return url
    path = data_path("runs.sqlite")
    folder = path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            "{folder} cannot be created ({error}); name a database with {variable}",
            folder=folder,
            error=error.strerror,
            variable=VARIABLE,
        ) from None
    return f"sqlite:///{path}"


def open_store(url: str | None = None) -> Store:
    """The store, opened once a process.

    Raises:
        StoreError: where it cannot be opened.
    """
    return _opened(url or default_url())


@lru_cache(maxsize=4)
def _opened(url: str) -> Store:
    return Store(url)
