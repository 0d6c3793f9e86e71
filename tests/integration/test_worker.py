"""A real worker process: the same results, cancelled, killed, left alone by its server, and started again."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

import matgen_core.runs.worker
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Goal, Target
from matgen_core.core.settings import CompositionSettings
from matgen_core.runs.recorder import Recorder
from matgen_core.runs.store import VARIABLE, Store, open_store
from matgen_core.runs.worker import InProcess, Worker, WorkerProblem
from matgen_core.workflows.page_work.generation import generate
from pages.runs.jobs import FAILED, Job
from tests.unit.runs import works

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.close()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    """A store of its own, and a worker that knows it."""
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path / 'runs.sqlite'}")
    return open_store()


@pytest.fixture
def fresh(store: Store) -> Iterator[Worker]:
    """A worker that may die, and that writes to the store of the test."""
    worker = Worker()
    yield worker
    worker.close()


def run(worker: Worker, work: Any, recorder: Recorder | None = None, job: Job | None = None, first: Any = None) -> Job:
    """A job of the pages, done by the worker and followed in this thread."""
    job = job or Job(3, recorder=recorder)
    job.run(lambda report, stopped: worker.do(work, report, stopped, recorder, first))
    return job


def test_reports_and_results_are_those_of_this_process(worker: Worker) -> None:
    here, there = list[Any](), list[Any]()
    work = partial(works.find, count=4)
    results = [
        way.do(work, lambda progress, beside, told=told: told.append((progress, beside)), lambda: False)
        for way, told in ((InProcess(), here), (worker, there))
    ]
    assert results == ["the result"] * 2
    assert there == here
    assert len(there) == 4


def test_a_run_of_a_kind_is_the_same_in_both(worker: Worker) -> None:
    target, settings = Target({"band_gap": Goal.at(2.0)}), CompositionSettings()
    work = partial(generate, kind="compositions", target=target, count=4, seed=3, settings=settings)
    found = []
    for way in (InProcess(), worker):
        told: list[Any] = []
        way.do(work, lambda progress, beside=None, told=told: told.append(progress), lambda: False)
        found.append(told[-1])
    assert found[0] == found[1]
    assert len(found[1].candidates) >= 4


def test_works_at_one_time_share_the_cores_and_one_alone_has_them_all(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    several = Worker(["torch"])
    first, second = threading.Event(), threading.Event()
    begun, seen = queue.SimpleQueue[int](), list[int]()

    def watch() -> None:
        seen.extend(several.do(works.count_threads, lambda _progress, threads: begun.put(threads), first.is_set))

    follower = threading.Thread(target=watch)
    try:
        follower.start()
        whole = begun.get(timeout=120)
        half = max(1, whole // 2)
        other = several.do(works.count_threads, lambda _progress, _threads: second.set(), second.is_set)
        assert other == [half]
        if whole > 1:
            assert begun.get(timeout=120) == half
            assert begun.get(timeout=120) == whole
        assert several.do(works.choose_threads, lambda *_: None, lambda: False) == 3
    finally:
        first.set()
        follower.join(120)
        several.close()
    assert seen[:3] == ([whole, half, whole] if whole > 1 else [1])


def test_a_cancelled_work_ends_and_gives_what_it_has(worker: Worker) -> None:
    taken: list[Any] = []
    job = Job(1, take=lambda value: (taken.append(value), job.stop.set()))
    run(worker, works.wait, job=job)
    (process, niceness), result = taken
    assert process == worker.start() != os.getpid()
    assert result == (1, 2)
    assert not job.error
    if sys.platform == "linux":
        assert niceness > os.nice(0), "it gives way to the pages"


def test_who_cancels_while_models_are_loaded_waits_for_nothing(worker: Worker) -> None:
    worker.start()
    job = Job(1, gone=iter([False, False, True, True, True]).__next__)
    run(worker, works.never, job=job, first=works.load_for_ever)
    assert (job.busy, job.error) == (False, None)


def test_an_error_comes_with_its_words_and_another_one_with_none(worker: Worker) -> None:
    with pytest.raises(BadTarget) as caught:
        worker.do(works.refuse, print, lambda: False)
    assert caught.value.message.template == "{what} cannot be asked for"
    assert caught.value.message.values["what"].values == {"n": 3}
    assert run(worker, works.fail).error == FAILED


def test_what_a_library_prints_does_not_disturb(worker: Worker) -> None:
    assert worker.do(works.chatter, print, lambda: False) == "heard"


def test_works_of_several_lines_go_on_at_one_time(worker: Worker) -> None:
    begun, jobs = threading.Barrier(4), [Job(1) for _ in range(3)]
    for job in jobs:
        job.take = lambda value: begun.wait(120) if isinstance(value[0], int) and value != (1, 2) else None
    threads = [threading.Thread(target=run, args=(worker, works.wait), kwargs={"job": job}) for job in jobs]
    for thread in threads:
        thread.start()
    begun.wait(120)
    assert run(worker, partial(works.find, count=1)).candidates == (works.molecule(0),)
    for job in jobs:
        job.cancel()
    for thread in threads:
        thread.join(120)
    assert not any(job.busy or job.error for job in jobs)


def test_the_worker_writes_each_candidate_once_before_it_is_shown(store: Store, fresh: Worker) -> None:
    recorder = Recorder("molecules", {}, 1, "")
    assert recorder.run is not None
    kept: list[bool] = []
    job = Job(4, recorder=recorder)
    job.take = lambda beside: kept.append(len(store.candidates(str(recorder.run))) >= min(4, len(kept) + 1))
    run(fresh, partial(works.find, count=4), recorder, job)
    assert kept == [True] * 5
    assert [c.id for c in store.candidates(recorder.run)] == ["0-0", "0-1", "0-2", "0-3"]
    assert store.get(recorder.run).state == "finished"


def test_a_worker_that_dies_loses_nothing_that_was_found_and_the_next_run_goes_on(store: Store, fresh: Worker) -> None:
    recorder = Recorder("molecules", {}, 1, "")
    assert recorder.run is not None
    job = run(fresh, works.die, recorder)
    assert job.candidates == (works.molecule(0), works.molecule(1))
    assert job.error is not None
    assert "the candidates found so far are kept" in job.error
    assert "status 137" in job.error
    kept = store.get(recorder.run)
    assert (kept.state, kept.count, kept.message) == ("failed", 2, job.error)
    assert run(fresh, partial(works.find, count=1)).candidates == (works.molecule(0),)


def test_a_killed_worker_ends_the_runs_of_all_lines(fresh: Worker) -> None:
    job, begun = Job(1), threading.Event()
    job.take = lambda value: begun.set()
    thread = threading.Thread(target=run, args=(fresh, works.wait), kwargs={"job": job})
    thread.start()
    assert begun.wait(120)
    psutil.Process(fresh.start()).kill()
    thread.join(120)
    assert job.error is not None
    assert "start again" in job.error


PARENT = """
from matgen_core.runs.worker import Worker
from tests.unit.runs import works
worker = Worker()
print(worker.start(), flush=True)
worker.do(works.wait, lambda progress, beside: print("begun", flush=True), lambda: False)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_ends_leaves_no_worker_behind(end: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = psutil.Process(int(parent.stdout.readline()))
        assert parent.stdout.readline() == "begun\n"
        parent.send_signal(end)
    assert psutil.wait_procs([worker], timeout=120)[1] == []


def test_where_no_process_can_be_started_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matgen_core.runs.worker, "_MAIN", "raise SystemExit(1)")
    with pytest.raises(WorkerProblem, match="ended at once"):
        Worker().start()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(WorkerProblem, match="cannot be started"):
        Worker().start()
