"""What a run has shown is on disk, whatever happens to its process; a store that cannot be used says so."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from matgen_core.core.messages import Message, join
from matgen_core.core.records import (
    Candidate,
    Molecule,
    Origin,
    Prediction,
    Verdict,
)
from matgen_core.runs.store import (
    VARIABLE,
    Store,
    StoreError,
    default_url,
    open_store,
    versions,
)


def candidate(number: int) -> Candidate[Molecule]:
    prediction = {"logp": Prediction("logp", number / 10, None, "", "RDKit")}
    return Candidate(
        f"0-{number}", Molecule("C" * (number + 1)), Origin("t", "", 0, number), prediction, (Verdict("valid", True),)
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")


def test_a_run_comes_back_as_it_was(store: Store) -> None:
    run = store.begin("molecules", {"logp_ask": "value"}, 7, name="mine")
    store.add(run, [candidate(0), candidate(1)])
    store.add(run, [])
    store.add(run, [candidate(2)])
    store.end(run, "finished")
    again = Store(store.url)
    shown = again.get(run)
    assert (shown.name, shown.kind, shown.seed, shown.state, shown.count) == ("mine", "molecules", 7, "finished", 3)
    assert shown.settings == {"logp_ask": "value"}
    assert shown.versions == versions()
    assert again.candidates(run) == (candidate(0), candidate(1), candidate(2))


def test_owners_do_not_see_each_other(store: Store) -> None:
    one, two = store.begin("crystals", {}, 0, owner="a"), store.begin("crystals", {}, 0, owner="b")
    assert [run.id for run in store.list("a")] == [one]
    assert [run.id for run in store.list("b")] == [two]
    assert store.list() == []


def test_the_newest_comes_first_and_counts_are_its_own(store: Store) -> None:
    first, second = store.begin("crystals", {}, 0), store.begin("molecules", {}, 0)
    store.add(first, [candidate(0)])
    assert [(run.id, run.count) for run in store.list()] == [(second, 0), (first, 1)]


def test_a_message_keeps_its_template_as_name_and_as_error(store: Store) -> None:
    goal = Message("at least {end}", end="3 eV")
    run = store.begin("crystals", {}, 0, name=join([Message("with {elements}", elements="O"), goal], " · "))
    store.end(run, "failed", Message("{name} is empty", name="a.csv"))
    kept = Store(store.url).get(run)
    assert (kept.name, kept.message) == ("with O · at least 3 eV", "a.csv is empty")
    assert isinstance(kept.name, Message)
    assert isinstance(kept.message, Message)
    assert (kept.name.values["part1"].template, kept.message.values) == ("at least {end}", {"name": "a.csv"})
    store.rename(run, "mine")
    renamed = Store(store.url).list()[0]
    assert (renamed.name, type(renamed.name)) == ("mine", str), "what a user wrote is no template"
    assert isinstance(renamed.message, Message)


def test_a_damaged_template_leaves_the_sentence(store: Store) -> None:
    run = store.begin("crystals", {}, 0, name=Message("with {elements}", elements="O"))
    with sqlite3.connect(store.url.removeprefix("sqlite:///")) as database:
        database.execute("""update runs set messages = '{"name": {"template": "{x}", "values": {"y": 1}}}'""")
    assert store.get(run).name == "with O"


def test_rename_and_delete(store: Store) -> None:
    run = store.begin("crystals", {}, 0)
    store.add(run, [candidate(0)])
    store.rename(run, "  <b>new</b>\n\u202e name " + "x" * 200)
    assert store.get(run).name.startswith("<b>new</b> name x")
    assert len(store.get(run).name) == 80
    store.delete(run)
    with pytest.raises(StoreError, match="there is no run"):
        store.get(run)
    with sqlite3.connect(store.url.removeprefix("sqlite:///")) as database:
        assert database.execute("select count(*) from candidates").fetchone() == (0,)


@pytest.mark.parametrize("name", ["", "  ", "\n\u202e"])
def test_a_name_is_needed(store: Store, name: str) -> None:
    run = store.begin("crystals", {}, 0)
    with pytest.raises(StoreError, match="write one"):
        store.rename(run, name)


@pytest.mark.parametrize("act", ["get", "delete", "candidates"])
def test_an_unknown_run_is_named(store: Store, act: str) -> None:
    with pytest.raises(StoreError, match=r"no run 'x'"):
        getattr(store, act)("x")


def test_a_run_of_a_living_process_goes_on(store: Store) -> None:
    run = store.begin("crystals", {}, 0)
    assert Store(store.url).get(run).state == "running"


CHILD = """
import sys
from matgen_core.runs.store import Store
from matgen_core.core.records import Candidate, Molecule, Origin
store = Store(sys.argv[1])
run = store.begin("molecules", {}, 0)
print(run, flush=True)
for i in range(10_000):
    store.add(run, [Candidate(f"0-{i}", Molecule("C"), Origin("t"))])
    print(i, flush=True)  # what a page would show by now
"""


@pytest.mark.parametrize("shown", [0, 7, 40])
def test_a_kill_loses_nothing_that_was_shown(store: Store, shown: int) -> None:
    command = [sys.executable, "-c", CHILD, store.url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        run = child.stdout.readline().strip()
        while int(child.stdout.readline()) < shown:
            pass
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read().split()
    last = int(rest[-1]) if rest else shown
    after = Store(store.url)
    assert after.get(run).state == "interrupted"
    assert after.get(run).count in (last + 1, last + 2), "one may have been written and not yet shown"
    assert [c.id for c in after.candidates(run)][: last + 1] == [f"0-{i}" for i in range(last + 1)]
    after.add(run, [candidate(3)])  # it can go on
    assert after.candidates(run)[-1] == candidate(3)


# ---------------------------------------------------------------------------------------------------- what can fail


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "runs.sqlite"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match="move the file away") as caught:
        Store(f"sqlite:///{path}")
    assert "runs.sqlite" in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=VARIABLE):
        Store(f"sqlite:///{tmp_path / 'no' / 'runs.sqlite'}")


def test_a_damaged_row_is_a_message(store: Store) -> None:
    run = store.begin("crystals", {}, 0)
    store.add(run, [candidate(0)])
    with sqlite3.connect(store.url.removeprefix("sqlite:///")) as database:
        database.execute("""update candidates set record = '{"id": 1}'""")
    with pytest.raises(StoreError, match="cannot be read"):
        store.candidates(run)


def test_a_password_is_never_shown() -> None:
    with pytest.raises(Exception, match=r".") as caught:
        Store("sqlite://user:secret@nowhere/x")
    assert "secret" not in str(caught.value)


def test_the_environment_names_the_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, "sqlite:///x.sqlite")
    assert default_url() == "sqlite:///x.sqlite"
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_url() == f"sqlite:///{tmp_path / 'matgen' / 'runs.sqlite'}"
    assert open_store(default_url()).list() == []
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(StoreError, match="cannot be created"):
        default_url()
