"""Work beside the page: a line for the long and one for the short, plain job objects, no streamlit call in a worker."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from matgen_core.core.environment import read_environment
from matgen_core.core.errors import MatGenError
from matgen_core.core.records import Candidate, Progress
from matgen_core.kinds.registry import load_kind
from pages.i18n.language import N_
from pages.runs.run_log import log_loading, log_run, open_log
from pages.runs.run_queue import Places, Presence
from pages.runs.run_recorder import Recorder

log = logging.getLogger("matgen")

FAILED = N_("Sorry, this run failed. What it had found is kept below; the server's log says why.")

#: Work of seconds. It has a line of its own, so that it never waits behind work of minutes; maps have another.
_SHORT = ("compositions", "molecules", "predict-table")
_MAPS = "map-"
_OF_PAGES = "jobs-of-pages"

#: Takes how far the work is.
OnProgress = Callable[[Progress[Any]], None]
#: Whether the work is to end.
Stop = Callable[[], bool]
Work = Callable[[OnProgress, Stop], tuple[Candidate[Any], ...]]


@dataclass
class Pace:
    """Seconds a candidate took in the last run on this machine; None before the first."""

    seconds: float | None = None


@dataclass(eq=False)
class Job:
    """One run: what it has found so far, whether it goes on, and what went wrong.

    Args:
        total: candidates asked for.
        expected: seconds a candidate should take; None if not known.
        recorder: keeps on disk what the run finds; None where it is not kept.
        kind: for the log of runs.
        gone: whether whoever asked has left, and the run is to end with that.
        place: in the line; 0 once it runs.
        leave: gives up the place in the line; False where there is none.
    """

    total: int = 1
    expected: float | None = None
    begun: float | None = None
    ended: float | None = None
    progress: Progress | None = None
    error: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    recorder: Recorder | None = None
    kind: str = ""
    gone: Callable[[], bool] = lambda: False
    place: Callable[[], int] = lambda: 0
    leave: Callable[[], bool] = lambda: False
    submitted: float = field(default_factory=time.monotonic)

    @property
    def busy(self) -> bool:
        return self.ended is None

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return self.progress.candidates if self.progress else ()

    @property
    def elapsed(self) -> float:
        """Seconds since the work began; 0 while it waits for a place."""
        return 0.0 if self.begun is None else (self.ended or time.monotonic()) - self.begun

    @property
    def seconds_left(self) -> float | None:
        """By the pace so far, or of the run before; None where neither is known."""
        done = self.progress.done if self.progress else 0
        pace = self.elapsed / done if done else self.expected
        return None if pace is None or self.begun is None else max(1.0, pace * self.total - self.elapsed)

    @property
    def share(self) -> float:
        """How much of the work is done, 0 to 1; between reports it moves with the time."""
        done = self.progress.done / self.total if self.progress else 0.0
        left = self.seconds_left
        by_time = 0.0 if left is None else min(0.95, self.elapsed / (self.elapsed + left))
        return min(1.0, max(done, by_time))

    def stopped(self) -> bool:
        """Whether the run is to end: its user said so, or has left."""
        return self.stop.is_set() or self.gone()

    def cancel(self) -> None:
        """Ends the run; one that still waits ends at once."""
        self.stop.set()
        if self.leave():
            self.run(lambda report, cancelled: ())

    def run(self, work: Work) -> None:
        """Called in the worker; keeps whatever was found when the work fails."""
        self.begun, failure = time.monotonic(), None
        try:
            if not self.stopped():
                work(self._report, self.stopped)
        except MatGenError as error:
            self.error, failure = str(error), type(error).__name__
        except Exception as error:
            log.exception("a run failed")
            self.error, failure = FAILED, type(error).__name__
        finally:
            self._end(failure)

    def _end(self, failure: str | None) -> None:
        state = "failed" if self.error else "cancelled" if self.stopped() else "finished"
        if self.recorder:
            self.recorder.end(state, self.error)
        self.ended = time.monotonic()
        left = state == "cancelled" and not self.stop.is_set()
        log_run(
            self.kind, self.recorder.run if self.recorder else None, "left" if left else state,
            (self.begun or self.ended) - self.submitted, self.elapsed, self.total, len(self.candidates), failure,
        )  # fmt: skip

    def _report(self, progress: Progress) -> None:
        if self.recorder:
            self.recorder.add(progress.candidates)  # before it is shown: what was shown is on disk
        self.progress = progress


def line_of(kind: str) -> str:
    """Which line work of this kind waits in: "short", "map" or "long"."""
    return "map" if kind.startswith(_MAPS) else "short" if kind in _SHORT else "long"


@st.cache_resource(show_spinner=False)
def _places() -> tuple[dict[str, Places], defaultdict[str, Pace]]:
    open_log()
    environment = read_environment()
    each = environment.runs_per_session
    lines = {"long": Places(environment.runs_at_once, each), "short": Places(1, each), "map": Places(1, each)}
    return lines, defaultdict(Pace)


def spare_collector() -> None:
    """Puts what is loaded out of the garbage collector's sight: it stays as long as the server.

    A collection goes through every object of every library and model. While Streamlit forced one after every run of a
    script (``runner.postScriptGC``, now off), a class of twenty, whose pages renew themselves each second, got nothing.
    """
    gc.collect()
    gc.freeze()


@dataclass
class Loader:
    """Loads the models once for all sessions, beside the page, so that the first run need not wait for all of it."""

    load: Callable[[], None]
    lock: threading.Lock = field(default_factory=threading.Lock)
    loaded: bool = False

    def __call__(self) -> None:
        """Waits until they are loaded; what goes wrong is left to the run, which says it in words."""
        with self.lock:
            if not self.loaded:
                begun, whole = time.monotonic(), True
                spare_collector()
                try:
                    self.load()
                except Exception:
                    whole = False
                    log.exception("the models could not be loaded ahead")
                spare_collector()
                self.loaded = True
                log_loading(time.monotonic() - begun, whole)


@st.cache_resource(show_spinner=False)
def load_models() -> Loader:
    """Begins to load at the first page that is opened."""
    import pymatgen.core  # noqa: F401  whole before the thread begins: two threads that import it at once fail

    open_log()
    loader = Loader(load_kind("crystals").prepare)
    threading.Thread(target=loader, name="matgen-loader", daemon=True).start()
    return loader


def leave_other_pages() -> None:
    """Ends what only another page of this session wanted: nobody sees it any more, and others wait behind it."""
    context = get_script_run_ctx(suppress_warning=True)
    of_pages: list[tuple[str, Job]] = st.session_state.get(_OF_PAGES, [])
    for page, job in of_pages:
        if context and page != context.page_script_hash and job.busy:
            job.cancel()
    st.session_state[_OF_PAGES] = [(page, job) for page, job in of_pages if job.busy]


def submit(
    work: Work,
    total: int,
    kind: str,
    loader: Loader | None = None,
    recorder: Recorder | None = None,
    of_page: bool = False,
) -> Job:
    """Starts the work as soon as it is its turn.

    Args:
        work: what to do.
        total: candidates asked for.
        kind: runs of one kind take about as long a candidate.
        loader: waited for before the work begins.
        recorder: keeps the run on disk.
        of_page: whether only this page wants it, so that it ends when the reader goes to another.
    """
    lines, paces = _places()
    places = lines[line_of(kind)]
    pace, context = paces[kind], get_script_run_ctx(suppress_warning=True)
    session = context.session_id if context else ""
    gone = Presence(session, read_environment().stop_after_close)
    job = Job(total, pace.seconds, recorder=recorder, kind=kind, gone=gone)

    def work_when_loaded(report: OnProgress, cancelled: Stop) -> tuple[Candidate[Any], ...]:
        if loader:
            loader()
        return () if cancelled() else work(report, cancelled)

    def run() -> None:
        job.run(work_when_loaded)
        if job.error is None and not job.stopped():
            pace.seconds = job.elapsed / total

    ticket = places.submit(session, run)
    job.place, job.leave = lambda: places.place(ticket), lambda: places.leave(ticket)
    if of_page and context:
        st.session_state[_OF_PAGES] = [*st.session_state.get(_OF_PAGES, []), (context.page_script_hash, job)]
    return job
