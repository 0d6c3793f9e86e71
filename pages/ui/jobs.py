"""Long work beside the page: one executor for all sessions, plain job objects, no streamlit call in the worker."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import streamlit as st

from matgen_core.types import Candidate, MatGenError, Progress

log = logging.getLogger("matgen")
#: Runs at once; two cores serve no more with profit.
AT_ONCE = 2

Work = Callable[[Callable[[Progress], None], Callable[[], bool]], tuple[Candidate, ...]]


@dataclass
class Job:
    """One run: what it has found so far, whether it goes on, and what went wrong."""

    started: float = field(default_factory=time.monotonic)
    begun: float | None = None
    ended: float | None = None
    progress: Progress | None = None
    error: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def busy(self) -> bool:
        return self.ended is None

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return self.progress.candidates if self.progress else ()

    @property
    def seconds_left(self) -> float | None:
        """By the pace so far; None before the first batch."""
        if not self.progress or not self.progress.done or self.begun is None:
            return None
        pace = (time.monotonic() - self.begun) / self.progress.done
        return pace * (self.progress.total - self.progress.done)

    def run(self, work: Work) -> None:
        """Called in the worker; keeps whatever was found when the work fails."""
        self.begun = time.monotonic()
        try:
            if not self.stop.is_set():
                work(self._report, self.stop.is_set)
        except MatGenError as error:
            self.error = str(error)
        except Exception:
            log.exception("a run failed")
            self.error = "Something went wrong in this run. What was found before is kept; the log has the details."
        finally:
            self.ended = time.monotonic()

    def _report(self, progress: Progress) -> None:
        self.progress = progress


@st.cache_resource
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="matgen")


def submit(work: Work) -> Job:
    """Starts the work as soon as a place is free."""
    job = Job()
    _executor().submit(job.run, work)
    return job
