"""The store on a PostgreSQL server of its own: what SQLite keeps, it keeps, and two processes may write at once."""

from __future__ import annotations

import getpass
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from matgen_core.core.records import (
    Candidate,
    Molecule,
    Origin,
    Prediction,
    Verdict,
)
from matgen_core.runs.store import Store, StoreError

ROOT = Path(__file__).parents[2]


def binary(name: str) -> str | None:
    """PostgreSQL's program; Debian keeps the server's outside the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else shutil.which(name)


def missing() -> str:
    if os.name != "posix":
        return "PostgreSQL's server is started on POSIX only here"
    if binary("initdb") is None:
        return "no PostgreSQL server on this machine"
    return "" if importlib.util.find_spec("psycopg") else "no psycopg: pip install psycopg[binary]"


if reason := missing():
    if os.environ.get("MATGEN_REQUIRE_POSTGRESQL"):
        pytest.fail(f"{reason}, and MATGEN_REQUIRE_POSTGRESQL is set")
    pytest.skip(reason, allow_module_level=True)

#: PostgreSQL refuses to run as the superuser; Debian's package makes this user.
USER = "postgres" if os.geteuid() == 0 else getpass.getuser()


def run(*words: str, folder: Path) -> None:
    who = USER if os.geteuid() == 0 else None
    subprocess.run(words, check=True, capture_output=True, timeout=120, user=who, cwd=folder)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that listens to a socket in a folder of its own, and to no port."""
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's path has at most 107 characters
    if os.geteuid() == 0:
        shutil.chown(folder, USER)
    data, control = folder / "data", str(binary("pg_ctl"))
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    try:
        run(str(binary("initdb")), "-D", str(data), "-U", "matgen", "-A", "trust", "-E", "UTF8", folder=folder)
        run(control, "-D", str(data), "-l", str(folder / "log"), "-o", options, "-w", "start", folder=folder)
        yield f"postgresql+psycopg://matgen@/postgres?host={folder}"
    finally:
        if data.is_dir():
            run(control, "-D", str(data), "-m", "immediate", "stop", folder=folder)
        shutil.rmtree(folder, ignore_errors=True)


def candidate(number: int) -> Candidate[Molecule]:
    prediction = {"logp": Prediction("logp", number / 10, None, "", "RDKit", note="=1+1 \u202e 日本語 \x00")}
    return Candidate(
        f"0-{number}",
        Molecule("C" * (number % 90 + 1)),
        Origin("t", "", 0, number),
        prediction,
        (Verdict("valid", True),),
    )


def test_a_run_comes_back_as_it_was(url: str) -> None:
    store = Store(url)
    run = store.begin("molecules", {"logp_ask": ["value"], "odd": ["\x00<b>"]}, 7, name="mine\x00", owner="a")
    store.add(run, [candidate(0), candidate(1)])
    store.add(run, [candidate(2)])
    store.end(run, "finished")
    again = Store(url)
    shown = again.get(run)
    assert (shown.name, shown.seed, shown.state, shown.count) == ("mine", 7, "finished", 3)
    assert shown.settings == {"logp_ask": ["value"], "odd": ["\x00<b>"]}
    assert shown.created.tzinfo is not None
    assert again.candidates(run) == (candidate(0), candidate(1), candidate(2))
    assert [r.id for r in again.list("a")] == [run]
    assert again.list("b") == []
    again.rename(run, "other")
    again.delete(run)
    with pytest.raises(StoreError, match="no run"):
        again.get(run)


def test_many_write_at_once(url: str) -> None:
    problems: list[BaseException] = []

    def write(number: int) -> None:
        try:
            store = Store(url)
            run = store.begin("molecules", {}, 0, owner=f"many-{number}")
            for i in range(10):
                store.add(run, [candidate(i)])
            assert store.get(run).count == 10
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=write, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_server_that_is_not_there_is_a_message_without_its_password() -> None:
    with pytest.raises(StoreError, match="cannot be used") as caught:
        Store("postgresql+psycopg://user:secret@127.0.0.1:1/nowhere")
    assert "secret" not in str(caught.value)


#: Writes batch after batch into one run; a process of its own, as a worker is.
WRITER = """
import sys
from matgen_core.runs.store import Store
from tests.integration.test_postgresql import candidate
url, run, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
store = Store(url)
for part in range(10):
    store.add(run, [candidate(1000 * number + 20 * part + i) for i in range(20)])
"""


def test_eight_processes_write_into_one_run_and_nothing_is_lost(url: str) -> None:
    store = Store(url)
    run = store.begin("molecules", {}, 0)
    command = [sys.executable, "-c", WRITER, url, run]
    writers = [subprocess.Popen([*command, str(n)], cwd=ROOT) for n in range(8)]
    assert [writer.wait(300) for writer in writers] == [0] * 8
    found = [c.origin.index for c in store.candidates(run)]
    assert sorted(found) == [1000 * n + i for n in range(8) for i in range(200)], "nothing lost, nothing twice"
    for n in range(8):
        mine = [index for index in found if index // 1000 == n]
        assert mine == sorted(mine), "in the order in which each wrote"
