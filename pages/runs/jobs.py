"""Jobs of the pages, computed by a worker process: one line for long work, one for short work and one for maps."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from matgen_core.core.environment import read_environment
from matgen_core.core.errors import Cancelled, MatGenError
from matgen_core.core.records import Candidate, Progress
from matgen_core.kinds.registry import KINDS
from matgen_core.runs.recorder import Recorder
from matgen_core.runs.worker import InProcess, Work, Worker, WorkerProblem, WorkFailed
from matgen_core.workflows.page_work import loading
from pages.i18n.language import N_
from pages.runs.run_log import log_loading, log_run, open_log
from pages.runs.run_queue import Presence, RunQueue

log = logging.getLogger("matgen")

FAILED = N_("Sorry, this run failed. The candidates found so far are kept below; the server's log says why.")

#: Work that takes seconds. It has a queue of its own, so that it never waits for minutes; maps have one.
_SHORT = ("predict-table", "own-training", *(name for name, record in KINDS.items() if record.quick))
_MAPS = "map-"
_OF_PAGES = "jobs-of-pages"

#: What is done before a work, as to load its models.
First = Callable[[], object]


@dataclass
class Pace:
    """Seconds a candidate took in the last run on this machine; None before the first."""

    seconds: float | None = None


@dataclass(eq=False)
class Job:
    """One run: its progress, its end and its error.

    Args:
        total: candidates asked for; None where only the work knows how many there are.
        expected: seconds a candidate should take; None if not known.
        recorder: writes the candidates to the store; None where the run is not stored.
        kind: for the log of runs.
        gone: whether the user has left, so that the run is to end.
        place: position in the queue; 0 once it runs.
        leave: removes the run from the queue; False where it is not in it.
        take: given what the work tells of beside candidates, and what it returns.
    """

    total: int | None = 1
    expected: float | None = None
    begun: float | None = None
    counted: float | None = None
    ended: float | None = None
    progress: Progress | None = None
    error: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    recorder: Recorder | None = None
    kind: str = ""
    gone: Callable[[], bool] = lambda: False
    place: Callable[[], int] = lambda: 0
    leave: Callable[[], bool] = lambda: False
    take: Callable[[Any], None] = lambda value: None
    submitted: float = field(default_factory=time.monotonic)

    @property
    def busy(self) -> bool:
        return self.ended is None

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return self.progress.candidates if self.progress else ()

    @property
    def whole(self) -> int | None:
        """How many there are in all: as the work says, or as was asked before it has said; None if not known."""
        return self.progress.total if self.progress else self.total

    @property
    def elapsed(self) -> float:
        """Seconds since the work began; 0 while it waits in the queue."""
        return 0.0 if self.begun is None else (self.ended or time.monotonic()) - self.begun

    @property
    def seconds_left(self) -> float | None:
        """Estimated by the pace so far, or by that of the former run; None where neither is known."""
        done, whole = self.progress.done if self.progress else 0, self.whole
        spent = self._counting
        pace = spent / done if done else self.expected
        if pace is None or whole is None or self.begun is None:
            return None
        return max(1.0, pace * whole - spent)

    @property
    def _counting(self) -> float:
        """Seconds since the work began what it counts: tuning a generator counts steps first, then candidates."""
        since = self.begun if self.counted is None else self.counted
        return 0.0 if since is None else (self.ended or time.monotonic()) - since

    @property
    def share(self) -> float:
        """Share of the work that is done, 0 to 1; between reports it grows with time."""
        done = self.progress.done / self.whole if self.progress and self.whole else 0.0
        left = self.seconds_left
        by_time = 0.0 if left is None else min(0.95, self._counting / (self._counting + left))
        return min(1.0, max(done, by_time))

    def stopped(self) -> bool:
        """Whether the run is to end: its user cancelled it, or has left."""
        return self.stop.is_set() or self.gone()

    def cancel(self) -> None:
        """Ends the run; a waiting run ends at once."""
        self.stop.set()
        if self.leave():
            self.run(lambda report, cancelled: None)

    def run(self, work: Work) -> None:
        """Does the work, in this thread; candidates that were found before a failure are kept."""
        self.begun, failure = time.monotonic(), None
        try:
            if not self.stopped() and (found := work(self._report, self.stopped)) is not None:
                self.take(found)
        except Cancelled:
            pass
        except MatGenError as error:
            self.error, failure = str(error), type(error).__name__
        except WorkFailed as error:  # the worker has logged it
            self.error, failure = FAILED, error.cause
        except Exception as error:
            log.exception("a run failed")
            self.error, failure = FAILED, type(error).__name__
        finally:
            self._end(failure)

    def _end(self, failure: str | None) -> None:
        state = "failed" if self.error else "cancelled" if self.stopped() else "finished"
        if self.recorder:
            self.recorder.add(self.candidates)  # those that could not be written when they came
            self.recorder.end(state, self.error, self.elapsed)
        self.ended = time.monotonic()
        left = state == "cancelled" and not self.stop.is_set()
        log_run(
            self.kind,
            self.recorder.run if self.recorder else None,
            "left" if left else state,
            (self.begun or self.ended) - self.submitted,
            self.elapsed,
            self.whole,
            len(self.candidates),
            failure,
        )

    def _report(self, progress: Progress, beside: Any = None) -> None:
        if self.recorder:
            self.recorder.add(progress.candidates)  # before it is shown: what was shown is on disk
        if beside is not None:
            self.take(beside)
        if self.progress is not None and progress.done < self.progress.done:
            self.counted = time.monotonic()
        self.progress = progress


def queue_of(kind: str) -> str:
    """Name of the queue for work of this kind: "short", "map" or "long"."""
    return "map" if kind.startswith(_MAPS) else "short" if kind in _SHORT else "long"


@st.cache_resource(show_spinner=False)
def _run_queues() -> tuple[dict[str, RunQueue], defaultdict[str, Pace]]:
    open_log()
    environment = read_environment()
    at_once = {"long": environment.runs_at_once, "short": 1, "map": 1}
    each, daemon = environment.runs_per_session, isinstance(_executor(), Worker)
    return {line: RunQueue(most, each, daemon) for line, most in at_once.items()}, defaultdict(Pace)


@st.cache_resource(show_spinner=False)
def _executor() -> InProcess | Worker:
    """What computes the runs: a worker process, or this one where none can be started."""
    if not read_environment().workers:
        return InProcess()
    worker = Worker(loading.LIBRARIES)
    try:
        worker.start()
    except WorkerProblem as error:
        log.warning("%s; runs compute within the server, and pages answer more slowly meanwhile", error)
        return InProcess()
    return worker


@st.cache_resource(show_spinner=False)
def load_models() -> First:
    """Begins to load the models of crystals when the first page is opened; a run of crystals waits for its result.

    Only where a worker does so: torch traces a network while it is built, and meanwhile no other thread of the process
    may ask a network anything.
    """
    import pymatgen.core  # noqa: F401  whole before the thread begins: two threads that import it at once fail

    open_log()
    executor = _executor()
    if isinstance(executor, Worker):
        threading.Thread(target=_load_ahead, args=(executor,), name="matgen-loader", daemon=True).start()
    return partial(loading.prepare, "crystals")


def _load_ahead(executor: Worker) -> None:
    work = partial(loading.load_models, kind="crystals")
    try:
        loaded = executor.do(work, lambda progress, beside=None: None, lambda: False)
    except WorkerProblem as error:
        log.warning("the models could not be loaded ahead: %s", error)
    else:
        log_loading(loaded.seconds, loaded.whole)


def leave_other_pages() -> None:
    """Ends the jobs of other pages of this session: nobody sees them, and other users wait for them."""
    context = get_script_run_ctx(suppress_warning=True)
    of_pages: list[tuple[str, Job]] = st.session_state.get(_OF_PAGES, [])
    for page, job in of_pages:
        if context and page != context.page_script_hash and job.busy:
            job.cancel()
    st.session_state[_OF_PAGES] = [(page, job) for page, job in of_pages if job.busy]


def submit(
    work: Work,
    total: int | None,
    kind: str,
    first: First | None = None,
    recorder: Recorder | None = None,
    of_page: bool = False,
    take: Callable[[Any], None] = lambda value: None,
) -> Job:
    """Queues work and returns its job.

    Args:
        work: a function of a module with its arguments, which a worker process can be sent.
        total: candidates asked for; None where only the work knows how many there are.
        kind: of the work; runs of one kind take about the same time for a candidate.
        first: done before the work begins.
        recorder: writes the run to the store.
        of_page: whether the job ends when the reader opens another page.
        take: see :class:`Job`.
    """
    executor, (queues, paces) = _executor(), _run_queues()
    queue = queues[queue_of(kind)]
    pace, context = paces[kind], get_script_run_ctx(suppress_warning=True)
    session = context.session_id if context else ""
    gone = Presence(session, read_environment().stop_after_close)
    job = Job(total, pace.seconds, recorder=recorder, kind=kind, gone=gone, take=take)

    def run() -> None:
        job.run(lambda report, stopped: executor.do(work, report, stopped, recorder, first))
        if job.error is None and not job.stopped() and (count := job.whole):
            pace.seconds = job.elapsed / count

    ticket = queue.submit(session, run)
    job.place, job.leave = lambda: queue.place(ticket), lambda: queue.leave(ticket)
    if of_page and context:
        st.session_state[_OF_PAGES] = [*st.session_state.get(_OF_PAGES, []), (context.page_script_hash, job)]
    return job
