"""Who may run: so many at once, so many of one session, the others in line in the order in which they came."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from streamlit import runtime

#: Steps by which a run gives way to the page, and to the browser where it is on the same machine.
_BEHIND = 10


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
