"""Tasks spread over the workers of any executor, their results in order, whatever happens to a worker.

A task whose worker dies, or that fails, is done once more; one that does so again is set aside with the reason, and the
others go on. A worker whose task takes too long ends itself: no executor can end a task from outside.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import platform
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from matgen_core.core.errors import Cancelled, MatGenError
from matgen_core.core.messages import Message
from matgen_core.core.processes import LIMIT, WorkerLost

T = TypeVar("T")
R = TypeVar("R")
#: Times that a task is begun.
_TRIES = 2
#: Tasks handed out for each worker: one that it does, and those that wait for it.
_AHEAD = 3
#: Seconds between two looks at whether to stop.
_LOOK = 0.1


@dataclass(frozen=True, slots=True)
class SetAside:
    """A task that was begun twice and never done.

    Args:
        reason: of the last time.
    """

    reason: Message


class NoWorkers(MatGenError):
    """An executor takes no more tasks."""


def spread(
    work: Callable[[T], R],
    tasks: Iterable[T],
    executor: Executor,
    *,
    cancelled: Callable[[], bool] | None = None,
    ready: Callable[[T], R | None] | None = None,
    on_result: Callable[[T, R], None] | None = None,
) -> Iterator[tuple[T, R | SetAside]]:
    """Each task with its result, in the order of the tasks; how many workers there are changes nothing.

    Args:
        work: a function of a module, or what pickle takes, that depends on its task alone.
        tasks: taken as workers become free, a few ahead.
        executor: of any kind. Its attribute ``limit``, where it has one, is the seconds that a task may take; its
            worker process ends then, unless it is this one. Its method ``check``, where it has one, raises NoWorkers
            where there are none.
        cancelled: asked ten times a second. Once it says yes, what is done comes back, also what comes after a task
            that is not, and then Cancelled.
        ready: the result of a task that needs no worker any more; None of one that does.
        on_result: told of each result as soon as it is there, in any order.

    Raises:
        Cancelled: where ``cancelled`` said so.
        NoWorkers: where the executor takes no more tasks.
        MatGenError: of a task that asks for what cannot be.
    """
    crew = _Crew(executor, _Limited(work, float(getattr(executor, "limit", LIMIT)), _here()), ready, on_result)
    waiting, remaining = deque[_Asked[T, R]](), iter(tasks)
    most = _AHEAD * workers_of(executor)
    try:
        while True:
            while len(waiting) < most and (task := next(remaining, None)) is not None:
                waiting.append(crew.ask(task))
            if not waiting:
                return
            if cancelled is not None and cancelled():
                crew.look(waiting)
                yield from ((one.task, one.result) for one in waiting if one.done)
                raise Cancelled
            if not waiting[0].done:
                crew.look(waiting)
            while waiting and waiting[0].done:
                first = waiting.popleft()
                yield first.task, first.result
    finally:
        for one in waiting:
            with contextlib.suppress(NotImplementedError):  # Parsl cancels nothing
                one.future.cancel()


def workers_of(executor: Executor) -> int:
    """How many tasks an executor does at once, as far as it says so."""
    told = getattr(executor, "workers", None) or getattr(executor, "_max_workers", None)
    return int(told or os.cpu_count() or 1)


class _Asked(Generic[T, R]):
    """A task that was handed out."""

    def __init__(self, task: T) -> None:
        self.task, self.tries, self.done = task, 0, False
        self.future: Future[R] = Future()
        self.result: Any = None


class _Crew(Generic[T, R]):
    """Hands out tasks, and takes their results."""

    def __init__(
        self,
        executor: Executor,
        work: _Limited[T, R],
        ready: Callable[[T], R | None] | None,
        on_result: Callable[[T, R], None] | None,
    ) -> None:
        self.executor, self.work, self.ready, self.on_result = executor, work, ready, on_result
        self.check: Callable[[], None] = getattr(executor, "check", lambda: None)

    def ask(self, task: T) -> _Asked[T, R]:
        asked = _Asked[T, R](task)
        if self.ready is not None and (result := self.ready(task)) is not None:
            asked.result, asked.done = result, True
        else:
            self._begin(asked)
        return asked

    def _begin(self, asked: _Asked[T, R]) -> None:
        asked.tries += 1
        try:
            asked.future = self.executor.submit(_do, self.work, asked.task)
        except (BrokenExecutor, RuntimeError) as error:
            raise NoWorkers(
                "the workers take no more work ({error}); what was found is kept, start the run again to go on",
                error=str(error)[:200],
            ) from error

    def look(self, waiting: Iterable[_Asked[T, R]]) -> None:
        """Waits a moment for results and takes those that came."""
        open_ = [one for one in waiting if not one.done]
        if not wait([one.future for one in open_], timeout=_LOOK, return_when=FIRST_COMPLETED).done:
            self.check()
        for one in open_:
            if one.future.done():
                self._take(one)

    def _take(self, asked: _Asked[T, R]) -> None:
        try:
            asked.result = asked.future.result()
        except Exception as error:
            if isinstance(error, MatGenError) and not isinstance(error, WorkerLost):
                raise
            if asked.tries < _TRIES:
                self._begin(asked)
                return
            asked.result = SetAside(
                Message(
                    "{error}; it was begun {times} times, {limit:g} s are allowed",
                    error=_words(error),
                    times=asked.tries,
                    limit=self.work.limit,
                )
            )
        asked.done = True
        if self.on_result is not None and not isinstance(asked.result, SetAside):
            self.on_result(asked.task, asked.result)


def _words(error: Exception) -> str:
    """What a task failed by; of an error of this package its message, which is translated."""
    return error.message if isinstance(error, MatGenError) else f"{type(error).__name__}: {error}"[:200]


def _here() -> tuple[str, int]:
    return platform.node(), os.getpid()


def _do(work: _Limited[T, R], task: T) -> R:
    """The task; a function with a name, as Parsl asks for."""
    return work(task)


class _Limited(Generic[T, R]):
    """Work that ends its process where a task takes too long, even within a library that holds Python's lock.

    Args:
        work: the work itself.
        limit: seconds.
        home: process that hands out the tasks, which is not ended.
    """

    def __init__(self, work: Callable[[T], R], limit: float, home: tuple[str, int]) -> None:
        self.work, self.limit, self.home = work, limit, home

    def __call__(self, task: T) -> R:
        if _here() == self.home:
            return self.work(task)
        with Path(os.devnull).open("w") as nowhere:
            faulthandler.dump_traceback_later(self.limit, exit=True, file=nowhere)
            try:
                return self.work(task)
            finally:
                faulthandler.cancel_dump_traceback_later()
