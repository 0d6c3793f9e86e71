"""The tables of the store of runs, and the steps that bring those of an older version to it.

The database holds the numbers of the steps that were taken. A new column or table is one more function at the end of
``STEPS``; a step that was published is never changed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import JSON, Connection, Engine, ForeignKey, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from matgen_core.core.environment import variable
from matgen_core.core.errors import MatGenError, quote


class StoreError(MatGenError):
    """The store cannot be read or written."""


class Base(DeclarativeBase):
    """The tables of the store."""


class RunRow(Base):
    """A run; see :class:`matgen_core.runs.store.Run`."""

    __tablename__ = "runs"
    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    owner: Mapped[str] = mapped_column(index=True)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    versions: Mapped[dict[str, Any]] = mapped_column(JSON)
    seed: Mapped[int]
    state: Mapped[str]
    message: Mapped[str] = mapped_column(default="")
    created: Mapped[datetime]
    host: Mapped[str]
    process: Mapped[str]
    #: Of work, without the time in the queue; None where it was not kept.
    seconds: Mapped[float | None] = mapped_column(default=None)
    #: Template and values of ``name`` and ``message``, where the app wrote them.
    messages: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    #: Command that asks for the same, and all settings; None where they were not kept.
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class FoundRow(Base):
    """A candidate of a run, by its place in the order of arrival."""

    __tablename__ = "candidates"
    run: Mapped[str] = mapped_column(ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    record: Mapped[dict[str, Any]] = mapped_column(JSON)


class SchemaRow(Base):
    """A step of ``STEPS`` that was taken; the first has number 1."""

    __tablename__ = "schema"
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


def _make_tables(connection: Connection) -> None:
    """Tables of runs and candidates; a store from before the steps were counted has them already."""
    tables: Any = [RunRow.__table__, FoundRow.__table__]
    Base.metadata.create_all(connection, tables=tables)


def _add_column(connection: Connection, *, name: str, type_: str) -> None:
    """A column of the table of runs; a new store has it."""
    if name not in {column["name"] for column in inspect(connection).get_columns("runs")}:
        connection.execute(text(f"alter table runs add column {name} {type_}"))


#: What brings the tables of each version to those of the next, in order.
STEPS: tuple[Callable[[Connection], None], ...] = (
    _make_tables,
    partial(_add_column, name="messages", type_="JSON"),  # templates of names and errors, for every language
    partial(_add_column, name="seconds", type_="FLOAT"),  # how long it worked, from which the next one's time is told
    partial(_add_column, name="asked", type_="JSON"),  # the command that asks for the same, for the evidence
)


def migrate(engine: Engine, url: str) -> None:
    """Takes the steps that the database lacks, each with its number or not at all.

    Args:
        engine: of the database.
        url: its address, for the message.

    Raises:
        StoreError: where a newer version has written it.
    """
    schema: Any = [SchemaRow.__table__]
    Base.metadata.create_all(engine, tables=schema)
    with engine.connect() as connection:
        taken = connection.scalar(select(func.max(SchemaRow.number))) or 0
    if taken > len(STEPS):
        raise StoreError(
            "the store of runs {store} was written by a newer version of MatGen; install that version, or name another "
            "store with {variable}",
            store=quote(url.split("@")[-1], 200),
            variable=variable("database"),
        )
    for number in range(taken + 1, len(STEPS) + 1):
        try:
            with engine.begin() as connection:
                connection.execute(insert(SchemaRow).values(number=number))
                STEPS[number - 1](connection)
        except IntegrityError:
            continue  # another process has just taken it
