"""Work in a worker process, as the app's server sees it: start, tasks, reports, cancelling, death.

One worker holds the models for all sessions and does several tasks at once, as many as the lines of runs let begin. It
is started when it is first needed and stays for the next task. One that dies is started again by the next task.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import logging
import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matgen_core.core.errors import MatGenError
from matgen_core.core.messages import Message
from matgen_core.runs.recorder import Recorder
from matgen_core.runs.transport import Pipe, Receiver

log = logging.getLogger("matgen")
#: Called with how far the work is, and with whatever else is to be known meanwhile.
Report = Callable[..., None]
Stopped = Callable[[], bool]
#: (report, stopped) -> what it found. Sent to a worker: a function of a module with its arguments.
Work = Callable[[Report, Stopped], Any]
_MAIN = "import sys; from matgen_core.runs.worker_process import main; main(sys.argv[1:])"
#: Seconds between two looks at whether a run is to end.
_LOOK = 0.1
#: Seconds within which a worker says that it is there; it imports little before.
_PATIENCE = 120.0


class WorkerProblem(MatGenError):
    """A worker process cannot be started, or has died."""


class WorkFailed(Exception):
    """A task failed in the worker, whose log says why.

    Args:
        cause: name of the error's class.
    """

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class InProcess:
    """Does the work in the calling thread: where no worker process can be started."""

    def do(
        self, work: Work, report: Report, stopped: Stopped,
        recorder: Recorder | None = None, first: Callable[[], object] | None = None,
    ) -> Any:  # fmt: skip
        """As :meth:`Worker.do`; the recorder is left to whom ``report`` tells."""
        if first is not None:
            first()
        return None if stopped() else work(report, stopped)


class Worker:
    """A worker process that is started when it is needed.

    Args:
        libraries: modules that it imports before its first task.
    """

    def __init__(self, libraries: Sequence[str] = ()) -> None:
        self._libraries, self._lock = tuple(libraries), threading.Lock()
        self._process: _Process | None = None

    def start(self) -> int:
        """Starts the process, where none is running, and returns its number.

        Raises:
            WorkerProblem: where it cannot be started.
        """
        return self._running().number

    def do(
        self, work: Work, report: Report, stopped: Stopped,
        recorder: Recorder | None = None, first: Callable[[], object] | None = None,
    ) -> Any:  # fmt: skip
        """Has the worker do the work, and waits for its end.

        Args:
            work: what to do; it is sent with its arguments, so it is a function of a module.
            report: called with every report of the work, in the calling thread.
            stopped: asked ten times a second whether the work is to end.
            recorder: of the run; a copy writes in the worker, before a report is sent.
            first: done before the work, as to load models; a run that is stopped meanwhile is waited for no longer.

        Raises:
            WorkerProblem: where the worker cannot be started, or dies.
            MatGenError: of the work.
            WorkFailed: where the work failed otherwise.
        """
        task, process = pickle.dumps((first, work, recorder)), self._running()
        if recorder is None:
            return process.follow(task, report, stopped)
        recorder.leave_to_copy()
        died = False
        try:
            return process.follow(task, report, stopped, recorder)
        except WorkerProblem:
            died = True
            raise
        finally:
            recorder.take_back(died)

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            if self._process is not None:
                self._process.close()
                self._process = None

    def _running(self) -> _Process:
        with self._lock:
            if self._process is None or not self._process.alive:
                self._process = _Process(self._libraries)
            return self._process


class _Process:
    """One process from its start to its end."""

    _numbers = itertools.count(1)

    def __init__(self, libraries: Sequence[str]) -> None:
        # A process by its command, not of multiprocessing: that would run the server's main module again, which is
        # the page that Streamlit draws at this moment.
        path = os.pathsep.join(filter(None, (str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH"))))
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _MAIN, *libraries], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
                env={**os.environ, "PYTHONPATH": path},
            )  # fmt: skip
        except (OSError, ValueError) as error:
            raise WorkerProblem("a worker process cannot be started ({reason})", reason=str(error)) from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._pipe = Pipe(self._process.stdout.fileno(), self._process.stdin.fileno())
        self._inboxes: dict[int, queue.SimpleQueue[tuple[str, bytes]]] = {0: queue.SimpleQueue()}
        self.number, self.alive = self._process.pid, True
        atexit.register(self._end_with_server)
        threading.Thread(target=self._receive, name="matgen-worker", daemon=True).start()
        try:
            said, _data = self._inboxes[0].get(timeout=_PATIENCE)
        except queue.Empty:
            said = "died"
        if said != "ready":
            self.close()
            raise WorkerProblem("a worker process was started and ended at once; the log says why")

    def follow(self, task: bytes, report: Report, stopped: Stopped, recorder: Recorder | None = None) -> Any:
        """Sends a task and follows it to its end; see :meth:`Worker.do`."""
        number, inbox = next(self._numbers), queue.SimpleQueue[tuple[str, bytes]]()
        self._inboxes[number] = inbox
        try:
            self._send("do", number, task)
            if not self.alive:
                raise self._death()
            return self._until_end(number, inbox, report, stopped, recorder)
        finally:
            self._inboxes.pop(number, None)
            self._send("forget", number)

    def _until_end(
        self, number: int, inbox: queue.SimpleQueue[tuple[str, bytes]], report: Report, stopped: Stopped,
        recorder: Recorder | None,
    ) -> Any:  # fmt: skip
        receiver, begun, asked = Receiver(), False, False
        while True:
            if not asked and stopped():
                asked = True
                self._send("stop", number)
                if not begun:
                    return None  # nothing is found yet, and loading models is not waited for
            try:
                said, data = inbox.get(timeout=_LOOK)
            except queue.Empty:
                continue
            if said == "begun":
                begun = True
            elif said == "report":
                progress, beside, written = receiver.unpack(data)
                if recorder is not None:
                    recorder.follow(written)
                report(progress, beside)
            elif said == "result":
                return receiver.unpack(data)
            elif said == "error":
                raise pickle.loads(data)
            elif said == "failed":
                raise WorkFailed(data.decode())
            else:
                raise self._death()

    def _death(self) -> WorkerProblem:
        status = self._process.wait()
        how = Message("signal {number}", number=-status) if status < 0 else Message("status {number}", number=status)
        return WorkerProblem(
            "the worker process, which computes the runs, has ended ({how}), often because memory was not enough; the "
            "candidates found so far are kept; ask for less at one time or close other programs, and start again",
            how=how,
        )

    def close(self) -> None:
        """Ends the process; what it computes is lost."""
        atexit.unregister(self._end_with_server)
        self._process.kill()
        self._process.wait()

    def _end_with_server(self) -> None:
        """Ends the process without a word to those who wait: their runs are interrupted, they have not failed."""
        self._inboxes.clear()
        self.close()

    def _send(self, order: str, number: int, task: bytes = b"") -> None:
        with contextlib.suppress(OSError):  # it has died; the inbox says so
            self._pipe.send((order, number, task))

    def _receive(self) -> None:
        """Gives each message to whom it is for, in a thread of its own, until the process ends."""
        try:
            while True:
                number, said, data = self._pipe.receive()
                if (inbox := self._inboxes.get(number)) is not None:
                    inbox.put((said, data))
        except EOFError:
            self.alive = False  # before the others hear of it: a task that begins now sees it
            self._process.wait()
            for inbox in list(self._inboxes.values()):
                inbox.put(("died", b""))
