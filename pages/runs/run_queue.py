"""The queue of runs: a limit at one time and a limit per session; the other runs wait in the order of arrival."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from streamlit import runtime

log = logging.getLogger("matgen")


@dataclass(eq=False)
class Ticket:
    """A run that waits or goes on."""

    session: str
    act: Callable[[], None]


@dataclass
class RunQueue:
    """The runs that wait and the runs that go on.

    Args:
        at_once: runs at one time.
        each: of one session.
        daemon: whether the end of the server waits for no run: a worker process ends its own.
    """

    at_once: int = 2
    each: int = 1
    daemon: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _line: list[Ticket] = field(default_factory=list)
    _running: Counter[str] = field(default_factory=Counter)

    def submit(self, session: str, act: Callable[[], None]) -> Ticket:
        """Queues ``act``; a thread calls it when its turn comes."""
        ticket = Ticket(session, act)
        with self._lock:
            self._line.append(ticket)
            self._begin()
        return ticket

    def place(self, ticket: Ticket) -> int:
        """Position in the queue, from 1; 0 once the run goes on or has ended."""
        with self._lock:
            return self._line.index(ticket) + 1 if ticket in self._line else 0

    def leave(self, ticket: Ticket) -> bool:
        """Removes a run from the queue; False where it has started already."""
        with self._lock:
            if ticket not in self._line:
                return False
            self._line.remove(ticket)
            return True

    def _begin(self) -> None:
        """Starts the earliest runs within the limits; called with the lock held."""
        for ticket in list(self._line):
            if self._running.total() >= self.at_once:
                return
            if self._running[ticket.session] < self.each:
                self._line.remove(ticket)
                self._running[ticket.session] += 1
                threading.Thread(target=self._run, args=(ticket,), name="matgen-run", daemon=self.daemon).start()

    def _run(self, ticket: Ticket) -> None:
        try:
            ticket.act()
        except Exception:  # of the act itself; what fails in a work is its job's error
            log.exception("a run could not be followed")
        finally:
            with self._lock:
                self._running[ticket.session] -= 1
                if not self._running[ticket.session]:
                    del self._running[ticket.session]
                self._begin()


class Presence:
    """Whether the tab of a session has been closed for longer than the setting allows; called at every token.

    Args:
        session: of Streamlit.
        seconds: how long the tab may be closed; a reload or a lost connection comes back sooner. None: no limit.
    """

    def __init__(self, session: str, seconds: int | None) -> None:
        self.session, self.seconds = session, seconds
        self._next, self._left = 0.0, None

    _left: float | None

    def __call__(self) -> bool:
        """Whether the limit has passed."""
        if self.seconds is None or not runtime.exists():
            return False
        now = time.monotonic()
        if now >= self._next:
            self._next = now + 1.0
            here = runtime.get_instance().is_active_session(self.session)
            self._left = None if here else (self._left if self._left is not None else now)
        return self._left is not None and now - self._left >= self.seconds
