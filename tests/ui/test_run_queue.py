"""The line of runs is fair, one of a session at a time; a closed tab's run ends or goes on as set; runs are logged."""

from __future__ import annotations

import json
import logging
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit import runtime
from streamlit.testing.v1 import AppTest

import pages.runs.run_queue
from matgen_core.core.errors import BadTarget
from matgen_core.core.records import Candidate, Progress
from pages.runs.jobs import Job, load_models, submit
from pages.runs.run_log import log
from pages.runs.run_queue import (
    Presence,
    RunQueue,
)


class Runs:
    """Works that end when they are told to."""

    def __init__(self, queue: RunQueue) -> None:
        self.queue, self.begun, self.ends = queue, [], {}
        self.changed = threading.Condition()

    def submit(self, name: str) -> Any:
        end = self.ends[name] = threading.Event()

        def act() -> None:
            with self.changed:
                self.begun.append(name)
                self.changed.notify_all()
            assert end.wait(120)

        return self.queue.submit(name[0], act)

    def wait(self, count: int) -> list[str]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.begun) >= count, 120)
        return self.begun


def test_two_at_once_one_a_session_and_first_come_first_served() -> None:
    runs = Runs(RunQueue(at_once=2, each=1))
    tickets = {name: runs.submit(name) for name in ("a1", "a2", "a3", "b1", "c1", "b2")}
    assert sorted(runs.wait(2)) == ["a1", "b1"], "a's second run waits for its first, b need not"
    assert [runs.queue.place(tickets[name]) for name in ("a1", "a2", "a3", "b1", "c1", "b2")] == [0, 1, 2, 0, 3, 4]
    runs.ends["b1"].set()
    assert runs.wait(3)[2] == "c1"
    runs.ends["a1"].set()
    assert runs.wait(4)[3] == "a2"
    runs.ends["c1"].set()
    assert runs.wait(5)[4] == "b2", "a3 waits for a2"
    for end in runs.ends.values():
        end.set()
    assert runs.wait(6)[5] == "a3"


def test_twenty_sessions_wait_their_turn() -> None:
    runs = Runs(RunQueue(at_once=2, each=1))
    names = [f"{chr(97 + i)}1" for i in range(20)]
    for name in names:
        runs.submit(name)
    for i, name in enumerate(names):
        begun = runs.wait(min(20, i + 2))
        assert len(begun) == min(20, i + 2), "never more than two at once"
        runs.ends[name].set()
    assert sorted(runs.begun) == names
    assert all(abs(runs.begun.index(name) - i) <= 1 for i, name in enumerate(names))


def test_a_work_that_fails_gives_its_place_back() -> None:
    runs = Runs(RunQueue(at_once=1, each=1))

    def fail() -> None:
        raise ZeroDivisionError

    runs.queue.submit("a", fail)
    runs.submit("a1")
    assert runs.wait(1) == ["a1"]
    runs.ends["a1"].set()


def test_a_run_cancelled_in_the_line_ends_at_once() -> None:
    runs = Runs(RunQueue(at_once=1, each=1))
    runs.submit("a1")
    runs.wait(1)
    job = Job()
    ticket = runs.queue.submit("b", lambda: job.run(lambda report, stop: pytest.fail("it began")))
    job.place, job.leave = lambda: runs.queue.place(ticket), lambda: runs.queue.leave(ticket)
    assert job.place() == 1
    job.cancel()
    assert not job.busy
    runs.ends["a1"].set()


def test_work_of_seconds_waits_behind_no_map_and_no_long_run() -> None:
    end, begun = threading.Event(), threading.Event()

    def last(report: Any, stop: Any) -> tuple[()]:
        assert end.wait(120)
        return ()

    def short(report: Any, stop: Any) -> tuple[()]:
        begun.set()
        return ()

    kinds = ("map-crystals", "map-molecules", "crystals", "design-crystals", "screening")
    long = [submit(last, 1, kind) for kind in kinds]
    try:
        for kind in ("compositions", "molecules", "predict-table"):
            begun.clear()
            submit(short, 1, kind)
            assert begun.wait(120), f"{kind} waits"
    finally:
        end.set()
    assert any(job.busy for job in long) or all(job.error is None for job in long)


def _page_with_work() -> None:
    import threading

    import streamlit as st

    from pages.runs.jobs import leave_other_pages, submit

    leave_other_pages()
    if "job" not in st.session_state:
        st.session_state["end"] = end = threading.Event()

        def work(report: object, stop: object) -> tuple[()]:
            assert callable(stop)
            while not stop() and not end.wait(0.01):
                pass
            return ()

        st.session_state["job"] = submit(work, 1, "map-test", of_page=True)
        st.session_state["kept"] = submit(work, 1, "crystals")


def test_leaving_a_page_ends_what_only_that_page_wanted() -> None:
    page = AppTest.from_function(_page_with_work, default_timeout=300).run()
    page.run()
    job, kept = page.session_state["job"], page.session_state["kept"]
    assert not job.stop.is_set(), "the page is still open"
    of_pages = [("another page", wanted) for _page, wanted in page.session_state["jobs-of-pages"]]
    assert [wanted for _page, wanted in of_pages] == [job]
    page.session_state["jobs-of-pages"] = of_pages  # as if this page were another than the one that asked
    page.run()
    assert job.stop.is_set()
    assert not kept.stop.is_set(), "a run that is kept goes on"
    page.session_state["end"].set()


# ----------------------------------------------------------------------------------------------------- a closed tab


@pytest.fixture
def tab(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A session that is there until ``here`` is False, and a clock that is set by hand."""
    tab = SimpleNamespace(here=True, now=0.0)
    instance = SimpleNamespace(is_active_session=lambda session: tab.here)
    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", lambda: instance)
    monkeypatch.setattr(pages.runs.run_queue.time, "monotonic", lambda: tab.now)
    return tab


def test_a_run_goes_on_when_its_tab_is_closed_unless_it_is_set_to_end(tab: SimpleNamespace) -> None:
    goes_on, ends = Presence("s", None), Presence("s", 60)
    tab.here = False
    for tab.now in (0.0, 30.0, 59.0):
        assert not ends()
    tab.now = 61.0
    assert ends()
    assert not goes_on()


def test_a_tab_that_comes_back_keeps_its_run(tab: SimpleNamespace) -> None:
    gone = Presence("s", 60)
    tab.here = False
    assert not gone()
    tab.here, tab.now = True, 50.0
    assert not gone()
    tab.here, tab.now = False, 100.0
    assert not gone()
    tab.now = 159.0
    assert not gone()
    tab.now = 161.0
    assert gone()


def test_the_run_of_a_closed_tab_ends_between_two_batches(found: tuple[Candidate, ...]) -> None:
    left = threading.Event()

    def work(report: Any, stopped: Any) -> tuple[Candidate, ...]:
        report(Progress("assess", 1, 3, found[:1]))
        left.set()
        assert stopped(), "nobody is there any more"
        return found[:1]

    job = Job(3, gone=left.is_set)
    job.run(work)
    assert (job.busy, job.error, job.candidates) == (False, None, found[:1])


# ------------------------------------------------------------------------------------------------------- the log


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    written: list[dict[str, Any]] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(record.getMessage()))

    monkeypatch.setattr(log, "handlers", [Handler()])
    monkeypatch.setattr(log, "level", logging.INFO)
    log.manager._clear_cache()  # type: ignore[attr-defined]
    return written


def test_a_run_leaves_one_line_without_anything_of_its_user(
    lines: list[dict[str, Any]], found: tuple[Candidate, ...]
) -> None:
    def work(report: Any, stop: Any) -> tuple[Candidate, ...]:
        report(Progress("assess", 2, 3, found[:2]))
        raise BadTarget("my secret compound is not a formula")

    job = Job(3, kind="crystals")
    job.run(work)
    (line,) = lines
    assert set(line) == {"time", "event", "kind", "run", "state", "waited", "seconds", "asked", "found", "error"}
    assert (line["kind"], line["state"], line["asked"], line["found"]) == ("crystals", "failed", 3, 2)
    assert line["error"] == "BadTarget"
    assert "secret" not in json.dumps(line)


@pytest.mark.parametrize(("how", "state"), [("", "finished"), ("stop", "cancelled"), ("gone", "left")])
def test_the_log_says_how_a_run_ended(lines: list[dict[str, Any]], how: str, state: str) -> None:
    job = Job(1, gone=lambda: how == "gone")
    if how == "stop":
        job.stop.set()
    job.run(lambda report, stop: ())
    assert [line["state"] for line in lines] == [state]


def test_no_thread_of_the_server_loads_models_beside_the_pages() -> None:
    """Where there is no worker they are loaded by the first run: torch is not to be asked while it builds a network."""
    load_models.clear()
    load_models()
    assert "matgen-loader" not in [thread.name for thread in threading.enumerate()]
