"""The tables of the store go from version to version by steps, each taken once, in order, whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

from matgen_core.runs import tables
from matgen_core.runs.store import Store, StoreError

WRITTEN = Path(__file__).parents[2] / "cases" / "runs-47c020d.sqlite"


def numbers(store: Store) -> list[int]:
    with create_engine(store.url).connect() as connection:
        return list(connection.scalars(text("select number from schema order by number")))


@pytest.fixture(params=["new", "written before the steps were counted"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    path = tmp_path / "runs.sqlite"
    if request.param != "new":
        shutil.copy(WRITTEN, path)
    return f"sqlite:///{path}"


def test_a_store_counts_its_steps_and_keeps_its_runs(url: str) -> None:
    first = Store(url)
    runs = [(run.id, run.count) for run in first.list()]
    assert numbers(first) == list(range(1, len(tables.STEPS) + 1))
    again = Store(url)
    assert numbers(again) == numbers(first), "no step is taken twice"
    assert [(run.id, run.count) for run in again.list()] == runs


def test_the_steps_of_a_later_version_are_taken_once_and_in_order(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = len(Store(url).list())
    taken: list[str] = []

    def add_column(connection: Connection) -> None:
        taken.append("column")
        connection.execute(text("alter table runs add column remark text default 'none'"))

    def fill_column(connection: Connection) -> None:
        taken.append("filled")
        connection.execute(text("update runs set remark = 'old'"))

    monkeypatch.setattr(tables, "STEPS", (*tables.STEPS, add_column, fill_column))
    for _ in range(2):
        store = Store(url)
        assert taken == ["column", "filled"]
        assert len(store.list()) == before
    with create_engine(url).connect() as connection:
        assert {column["name"] for column in inspect(connection).get_columns("runs")} >= {"remark"}
        assert set(connection.scalars(text("select remark from runs"))) <= {"old"}


def test_a_step_that_fails_is_taken_again(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = numbers(Store(url))
    broken = [True]

    def step(connection: Connection) -> None:
        connection.execute(text("update runs set name = 'x'"))
        if broken:
            raise OSError("the disk is full")

    monkeypatch.setattr(tables, "STEPS", (*tables.STEPS, step))
    with pytest.raises(StoreError, match="the disk is full"):
        Store(url)
    broken.clear()
    assert numbers(Store(url)) == [*first, len(first) + 1]


def test_a_store_of_a_newer_version_is_left_alone_and_says_what_to_do(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as later:
        later.setattr(tables, "STEPS", (*tables.STEPS, lambda connection: None))
        Store(url)
    with pytest.raises(StoreError, match="newer version of MatGen; install that version"):
        Store(url)
