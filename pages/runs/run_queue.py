"""Who may run: so many at once, so many of one session, the others in line in the order in which they came."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from streamlit import runtime

log = logging.getLogger("matgen")
#: Steps by which a run gives way to the page, and to the browser where it is on the same machine.
_BEHIND = 10
#: Environment variables of whoever serves the app: runs at once, of one session, and seconds after which the run of a
#: closed tab ends. Two cores serve no more than two runs with profit; the run of a closed tab goes on unless this is
#: set, and is found under Runs.
AT_ONCE, EACH, AFTER_CLOSE = "MATGEN_RUNS_AT_ONCE", "MATGEN_RUNS_PER_SESSION", "MATGEN_STOP_AFTER_CLOSE"


def setting(name: str, default: int | None, low: int = 1) -> int | None:
    """A whole number of the environment; the default, with a word in the log, where it is none."""
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if text.isascii() and text.isdigit() and low <= int(text) <= 100_000:
        return int(text)
    log.warning("%s is no whole number from %d to 100000; %s is used", name, low, default)
    return default


def give_way() -> None:
    """Puts this thread, and those that it will begin, behind the rest of the machine; Linux alone can say so of one."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + _BEHIND))


@dataclass(eq=False)
class Ticket:
    """A place in the line."""

    session: str
    act: Callable[[], None]


@dataclass
class Places:
    """The line and those who run.

    Args:
        at_once: runs at one time.
        each: of one session.
    """

    at_once: int = 2
    each: int = 1
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _line: list[Ticket] = field(default_factory=list)
    _running: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._executor = ThreadPoolExecutor(self.at_once, thread_name_prefix="matgen", initializer=give_way)

    def submit(self, session: str, act: Callable[[], None]) -> Ticket:
        """Takes a place in the line; ``act`` is called in a worker as soon as it is its turn."""
        ticket = Ticket(session, act)
        with self._lock:
            self._line.append(ticket)
            self._begin()
        return ticket

    def place(self, ticket: Ticket) -> int:
        """1 for the next in line; 0 once it runs or has ended."""
        with self._lock:
            return self._line.index(ticket) + 1 if ticket in self._line else 0

    def leave(self, ticket: Ticket) -> bool:
        """Gives the place up; False where it was its turn already."""
        with self._lock:
            if ticket not in self._line:
                return False
            self._line.remove(ticket)
            return True

    def _begin(self) -> None:
        """Lets in whoever may come, the earliest first; called with the lock held."""
        for ticket in list(self._line):
            if self._running.total() >= self.at_once:
                return
            if self._running[ticket.session] < self.each:
                self._line.remove(ticket)
                self._running[ticket.session] += 1
                self._executor.submit(self._run, ticket)

    def _run(self, ticket: Ticket) -> None:
        try:
            ticket.act()
        finally:
            with self._lock:
                self._running[ticket.session] -= 1
                if not self._running[ticket.session]:
                    del self._running[ticket.session]
                self._begin()


class Presence:
    """Tells whether the tab of a session has been closed for longer than the setting allows; asked at every token.

    Args:
        session: of Streamlit.
        seconds: how long it may be away; a reload or a lost connection comes back sooner. None: for ever.
    """

    def __init__(self, session: str, seconds: int | None) -> None:
        self.session, self.seconds = session, seconds
        self._next, self._left = 0.0, None

    _left: float | None

    def __call__(self) -> bool:
        """Whether it is gone."""
        if self.seconds is None or not runtime.exists():
            return False
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 1.0
            here = runtime.get_instance().is_active_session(self.session)
            self._left = None if here else (self._left if self._left is not None else now)
        return self._left is not None and now - self._left >= self.seconds
