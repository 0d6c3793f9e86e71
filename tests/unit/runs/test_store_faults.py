"""The store when the disk is full, read-only, locked or damaged: a message, and what was written stays readable."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import matgen_core.runs.store
from matgen_core.core.records import Candidate, Molecule, Origin
from matgen_core.runs.store import Store, StoreError


def candidate(number: int) -> Candidate[Molecule]:
    return Candidate(f"0-{number}", Molecule("C" * (number % 60 + 1)), Origin("t", "", 0, number))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


FILLS_THE_DISK = """
import resource, signal, sys
from matgen_core.runs.store import Store, StoreError
from matgen_core.core.records import Candidate, Molecule, Origin
store = Store(sys.argv[1])
run = store.begin("molecules", {}, 0)
print(run, flush=True)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write past the limit fails as on a full disk
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
written = 0
try:
    while written < 5000:
        store.add(run, [Candidate(f"0-{written + i}", Molecule("C" * 300), Origin("t")) for i in range(5)])
        written += 5
        print(written, flush=True)
except StoreError as error:
    print("said:", error, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.add(run, [Candidate("after", Molecule("C"), Origin("t"))])  # the disk was freed
store.end(run, "finished")
print("went on", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no RLIMIT_FSIZE there")
@pytest.mark.parametrize("size", [60_000, 150_000, 400_000])
def test_a_full_disk_is_a_message_and_costs_nothing_that_was_written(store: Store, size: int) -> None:
    command = [sys.executable, "-c", FILLS_THE_DISK, store.url, str(size)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    run, *lines = done.stdout.splitlines()
    assert lines[-1] == "went on", done.stderr
    said = next(line for line in lines if line.startswith("said:"))
    assert "free disk space" in said
    written = max([int(line) for line in lines if line.isdigit()], default=0)
    kept = [c.id for c in Store(store.url).candidates(run)]
    assert kept[:written] == [f"0-{i}" for i in range(written)]
    assert kept[-1] == "after"
    assert len(kept) in (written + 1, written + 6), "a batch is there as a whole or not at all"


def test_a_read_only_database_can_be_read_and_says_so(store: Store, tmp_path: Path) -> None:
    run = store.begin("molecules", {}, 0)
    store.add(run, [candidate(0)])
    locked = Store.__new__(Store)
    locked.__dict__.update(store.__dict__)
    import sqlalchemy

    locked._engine = sqlalchemy.create_engine(f"sqlite:///file:{tmp_path / 'runs.sqlite'}?mode=ro&uri=true")
    assert locked.candidates(run) == (candidate(0),)
    with pytest.raises(StoreError, match="correct the permissions"):
        locked.add(run, [candidate(1)])
    assert store.candidates(run) == (candidate(0),)


@pytest.mark.skipif(os.name != "posix", reason="rights are POSIX's")
def test_a_folder_without_rights_is_a_message(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    url = f"sqlite:///{folder / 'runs.sqlite'}"
    if os.access(folder, os.W_OK):  # whoever may do everything is not stopped by rights; /proc stops everybody
        url = "sqlite:////proc/runs.sqlite"
    with pytest.raises(StoreError, match="correct the permissions"):
        Store(url)


def test_a_lock_that_is_not_given_up_is_a_message_and_one_that_is_costs_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = store.begin("molecules", {}, 0)
    monkeypatch.setattr(matgen_core.runs.store, "BUSY", 50)
    hasty = Store(store.url)
    other = sqlite3.connect(store.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StoreError, match="locked"):
        hasty.add(run, [candidate(0)])
    assert hasty.list(), "readers do not wait for a writer"
    released = threading.Timer(0.2, lambda: None)
    released.start()
    waiting = threading.Thread(target=lambda: store.add(run, [candidate(1)]))  # waits for its turn
    waiting.start()
    released.join()
    other.execute("rollback")
    waiting.join(30)
    other.close()
    hasty.add(run, [candidate(2)])
    assert [c.id for c in store.candidates(run)] == ["0-1", "0-2"]


def test_many_write_at_once(store: Store) -> None:
    problems: list[BaseException] = []

    def write() -> None:
        try:
            run = store.begin("molecules", {}, 0)
            for i in range(20):
                store.add(run, [candidate(i)])
                store.list()
            store.end(run, "finished")
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert [(run.state, run.count) for run in store.list()] == [("finished", 20)] * 8


@pytest.mark.parametrize("seed", range(20))
def test_whatever_bytes_are_damaged_it_is_a_message_or_what_was_written(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "runs.sqlite"
    store = Store(f"sqlite:///{path}")
    runs = [store.begin("molecules", {"seed": ["1"]}, 0) for _ in range(3)]
    for run in runs:
        store.add(run, [candidate(i) for i in range(60)])
    with sqlite3.connect(path) as database:
        database.execute("pragma wal_checkpoint(truncate)")
    database.close()
    store._engine.dispose()
    data, draw = bytearray(path.read_bytes()), random.Random(seed)
    for _ in range(draw.choice((1, 10, 200))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    if seed % 4 == 0:
        data = data[: draw.randrange(len(data))]  # cut short
    path.write_bytes(data)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    try:
        again = Store(f"sqlite:///{path}")
        for run in again.list():
            for found in again.candidates(run.id):
                assert isinstance(found, Candidate)
        fresh = again.begin("molecules", {}, 0)
        again.add(fresh, [candidate(0)])
    except StoreError as error:
        said = str(error)
        assert len(said) < 500
        assert said.isprintable()


def test_a_damaged_row_does_not_hide_the_others(store: Store) -> None:
    run = store.begin("molecules", {}, 0)
    store.add(run, [candidate(i) for i in range(3)])
    with sqlite3.connect(store.url.removeprefix("sqlite:///")) as database:
        database.execute("update candidates set record = '{broken' where number = 1")
    assert [c.id for c in store.candidates(run)] == ["0-0", "0-2"]
