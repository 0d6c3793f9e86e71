"""A run that an older version has kept opens: runs of every kind, written by the code of commit 47c020d."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from matgen_core.runs.records import to_record
from matgen_core.runs.store import Store

WRITTEN = Path(__file__).parents[1] / "cases" / "runs-47c020d.sqlite"
KINDS = set(("crystals molecules compositions screening design-crystals design-molecules design-compositions").split())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{shutil.copy(WRITTEN, tmp_path / 'runs.sqlite')}")


def rows(run: str) -> list[dict[str, Any]]:
    with sqlite3.connect(f"file:{WRITTEN}?mode=ro&immutable=1", uri=True) as database:
        found = database.execute("select record from candidates where run = ? order by number", (run,)).fetchall()
    return [_renamed(json.loads(row)) for (row,) in found]


def _renamed(record: dict[str, Any]) -> dict[str, Any]:
    """The rule that was named "newness" is named "novelty"."""
    return {
        **record,
        "verdicts": [{**v, "rule": v["rule"].replace("newness", "novelty")} for v in record["verdicts"]],
    }


def is_within(part: Any, whole: Any) -> bool:
    """Whether all that was written is still there; more may have come."""
    if isinstance(part, dict):
        return all(key in whole and is_within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(is_within(a, b) for a, b in zip(part, whole, strict=True))
    return bool(part == whole)


def test_runs_of_every_kind_open_whole(store: Store) -> None:
    runs = store.list()
    assert {run.kind for run in runs} == KINDS
    for run in runs:
        written = rows(run.id)
        assert written
        read = store.candidates(run.id)
        assert len(read) == run.count == len(written)
        for old, candidate in zip(written, read, strict=True):
            assert is_within(old, to_record(candidate)), f"{run.kind}: {candidate.id}"


def test_what_a_later_version_adds_hides_nothing(store: Store) -> None:
    """A column and fields that this version does not know."""
    with sqlite3.connect(store.url.removeprefix("sqlite:///")) as database:
        database.execute("alter table runs add column later text")
        database.execute("update candidates set record = json_set(record, '$.later', 1, '$.origin.later', '[2]')")
    again = Store(store.url)
    assert {len(again.candidates(run.id)) == run.count for run in again.list()} == {True}
    new = again.begin("crystals", {}, 0)
    assert again.get(new).count == 0
