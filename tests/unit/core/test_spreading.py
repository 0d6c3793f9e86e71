"""Results come in order and are the same whoever does the tasks; a worker that dies costs one task, once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.core.processes import WorkerPool, process_pool
from matgen_core.core.spreading import NoWorkers, SetAside, spread
from tests.unit.core import tasks


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with process_pool(2) as made:
        assert made is not None
        yield made


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_results_come_in_order_whoever_does_them(threads: int) -> None:
    with ThreadPoolExecutor(threads) as executor:
        assert list(spread(tasks.square, range(20), executor)) == [(n, n * n) for n in range(20)]


def test_a_late_task_keeps_the_order(pool: WorkerPool, tmp_path: Path) -> None:
    told: list[int] = []

    def tell(task: int, _result: int) -> None:
        (tmp_path / "told").touch()
        told.append(task)

    assert list(spread(tasks.Late(tmp_path), range(3), pool, on_result=tell)) == [(n, n) for n in range(3)]
    assert sorted(told) == [0, 1, 2]
    assert told[0] != 0, "of the others it was told as soon as they were done"


def test_workers_stay_for_the_next_task(pool: WorkerPool) -> None:
    first = {number for _, number in spread(tasks.process, range(8), pool)}
    again = {number for _, number in spread(tasks.process, range(8), pool)}
    assert len(first | again) <= 2
    assert first | again <= set(pool.numbers())


def test_a_worker_that_dies_costs_its_task_once(pool: WorkerPool, tmp_path: Path) -> None:
    work = tasks.Dying(tmp_path, {1: 1, 3: 1})
    assert list(spread(work, range(6), pool)) == [(n, n * 10) for n in range(6)]
    begun = {n: len(list(tmp_path.glob(f"{n}-*"))) for n in range(6)}
    assert begun == {0: 1, 1: 2, 2: 1, 3: 2, 4: 1, 5: 1}, "only those whose worker died are begun again"


def test_a_task_that_kills_two_workers_is_set_aside_with_its_reason(pool: WorkerPool, tmp_path: Path) -> None:
    found = dict(spread(tasks.Dying(tmp_path, {2: 9}), range(5), pool))
    lost = found.pop(2)
    assert isinstance(lost, SetAside)
    assert "exit code -9" in lost.reason
    assert "begun 2 times" in lost.reason
    assert found == {n: n * 10 for n in (0, 1, 3, 4)}
    assert len(list(tmp_path.glob("2-*"))) == 2


def test_a_task_that_takes_too_long_ends_its_worker() -> None:
    with process_pool(2, limit=0.5) as short:
        assert short is not None
        found = dict(spread(tasks.hang, range(3), short))
    lost = found.pop(1)
    assert isinstance(lost, SetAside)
    assert "0.5 s are allowed" in lost.reason
    assert found == {0: 0, 2: 2}


def test_a_fault_of_a_task_is_set_aside_and_bad_input_is_told(pool: WorkerPool) -> None:
    found = dict(spread(tasks.break_down, range(3), pool))
    assert isinstance(found[1], SetAside)
    assert "ZeroDivisionError: broken" in found[1].reason
    assert (found[0], found[2]) == (0, 2)
    with pytest.raises(BadInput, match="2 cannot be; give another"):
        list(spread(tasks.refuse, range(5), pool))


def test_once_cancelled_what_is_done_comes_back(pool: WorkerPool) -> None:
    done: list[int] = []
    found: list[int] = []

    def work_through() -> None:
        for task, _ in spread(
            tasks.square, itertools.count(), pool, cancelled=lambda: len(done) > 4,
            on_result=lambda task, _: done.append(task),
        ):  # fmt: skip
            found.append(task)

    with pytest.raises(Cancelled):
        work_through()
    assert sorted(done) == sorted(found), "nothing that was done is left out"


def test_what_is_ready_is_not_done_again(pool: WorkerPool, tmp_path: Path) -> None:
    work = tasks.Dying(tmp_path, {})
    assert list(spread(work, range(3), pool, ready={1: 7}.get)) == [(0, 0), (1, 7), (2, 20)]
    assert not list(tmp_path.glob("1-*"))


class Closed(Executor):
    """Takes nothing, as a pool of the standard library after one of its processes died."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        raise RuntimeError("cannot schedule new futures after shutdown")


def test_an_executor_that_takes_no_more_is_named() -> None:
    with pytest.raises(NoWorkers, match="start the run again to go on"):
        list(spread(tasks.square, range(3), Closed()))


def test_no_process_outlives_its_pool() -> None:
    with process_pool(2) as made:
        assert made is not None
        futures = [made.submit(tasks.hang, n) for n in (0, 1, 1)]
        assert futures[0].result(60) == 0
        processes = [psutil.Process(number) for number in made.numbers()]
        assert processes
    assert psutil.wait_procs(processes, timeout=60)[1] == []
