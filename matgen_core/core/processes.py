"""Processes that share the batches of a run. Results do not depend on how many they are.

A worker does one task at a time. One that dies costs that task alone, and another takes its place; the executor of the
standard library gives up all its tasks with the first process that dies.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from matgen_core.core.errors import MatGenError

# Spawned, not forked: a fork of a process whose libraries run threads may hang.
_SPAWN = multiprocessing.get_context("spawn")
#: Read by the libraries of linear algebra when they are loaded.
_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")


#: Seconds that one task may take, where nothing else is said.
LIMIT = 3600.0


class WorkerLost(MatGenError):
    """The process of a task has ended before the task."""


class WorkerPool(Executor):
    """Processes with one thread each, started when they are first needed.

    Args:
        count: of processes. Each loads its own models, which takes seconds and about 1 GB.
        limit: seconds that one task may take.
    """

    def __init__(self, count: int, limit: float = LIMIT) -> None:
        self.workers, self.limit = count, limit
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="matgen-worker")
        self._free: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        self._all = [_Worker() for _ in range(count)]
        for worker in self._all:
            self._free.put(worker)
        self._closed = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The task, done by the next worker that is free; WorkerLost where it dies."""
        return self._threads.submit(self._do, (fn, args, kwargs))

    def _do(self, task: tuple[Any, ...]) -> Any:
        worker = self._free.get()
        try:
            if self._closed:
                raise WorkerLost("the workers were stopped")
            return worker.do(task)
        finally:
            self._free.put(worker)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the processes; what they compute is given up where ``cancel_futures`` says so."""
        self._closed = self._closed or cancel_futures
        if cancel_futures:
            for worker in self._all:
                worker.close()
        self._threads.shutdown(wait=wait, cancel_futures=cancel_futures)
        for worker in self._all:
            worker.end()

    def numbers(self) -> list[int]:
        """The numbers of the processes that run."""
        return [number for worker in self._all if (number := worker.number) is not None]


class _Worker:
    """One process, and the next where it has died."""

    def __init__(self) -> None:
        self._process: Any = None
        self._pipe: Connection | None = None
        self._closed = False

    @property
    def number(self) -> int | None:
        """Of the process, while it runs."""
        process = self._process
        return process.pid if process is not None and process.is_alive() else None

    def do(self, task: tuple[Any, ...]) -> Any:
        """Sends the task and waits for its result.

        Raises:
            WorkerLost: where the process ends meanwhile.
        """
        if self.number is None:
            self._start()
        assert self._pipe is not None
        begun = time.monotonic()
        try:
            self._pipe.send(task)
            done, value = self._pipe.recv()
        except (EOFError, OSError):
            self._process.join(10)
            code = self._process.exitcode
            self.end()
            seconds = time.monotonic() - begun
            raise WorkerLost(
                "its worker process ended after {seconds:.0f} s (exit code {code})", seconds=seconds, code=code
            ) from None
        if done:
            return value
        raise value

    def _start(self) -> None:
        self.end()
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
        if self._closed:
            self._process.kill()

    def close(self) -> None:
        """Ends the process at once; its task is lost, and another is not started."""
        self._closed = True
        if (process := self._process) is not None:
            process.kill()

    def end(self) -> None:
        """Ends the process, which waits for a task or has died."""
        if self._pipe is not None:
            self._pipe.close()
        if self._process is not None:
            self._process.join(5)
            self._process.kill()
        self._process, self._pipe = None, None


def _serve(pipe: Connection) -> None:
    """Does task after task until the pipe ends. Ctrl-C is left to the command, which says what is kept."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    with contextlib.suppress(EOFError, OSError):
        while True:
            pipe.send(_done(pipe.recv()))


def _done(task: tuple[Any, ...]) -> tuple[bool, Any]:
    fn, args, kwargs = task
    try:
        return True, fn(*args, **kwargs)
    except Exception as error:
        return False, error


@contextmanager
def process_pool(count: int, *, least: int = 2, limit: float = LIMIT) -> Iterator[WorkerPool | None]:
    """An executor of ``count`` processes; None where fewer than ``least`` are asked for: this process computes then.

    Whatever the processes still compute at the end is given up.
    """
    if count < least:
        yield None
        return
    pool = WorkerPool(count, limit)
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
