"""Shares the cores of the machine among the tasks that a worker process does at one time."""

from __future__ import annotations

import sys
import threading


class Cores:
    """How many threads each task's network products use: together no more than there are cores.

    Networks as small as these are thousands of small products, and after each of them a thread waits for the others.
    Where there are more threads than cores it waits for one that does not run: two tasks of two threads each on two
    cores took up to ten times as long. A task that is alone has all cores.
    """

    def __init__(self) -> None:
        self._lock, self._tasks, self._mine = threading.Lock(), 0, threading.local()

    def enter(self) -> None:
        """The calling thread begins a task."""
        with self._lock:
            self._tasks += 1
        self.share()

    def leave(self) -> None:
        """The calling thread has ended its task."""
        with self._lock:
            self._tasks -= 1

    def share(self) -> None:
        """Gives the calling thread its part of the cores; to be called now and then, as other tasks come and go.

        A task that has chosen its own number of threads keeps it. Torch is not loaded for this.
        """
        torch = sys.modules.get("torch")
        if torch is None or not hasattr(torch, "set_num_threads"):  # not loaded, or not to its end
            return
        now = torch.get_num_threads()
        whole, given = getattr(self._mine, "of", (now, now))
        part = max(1, whole // self._tasks)
        if now == given and now != part:
            torch.set_num_threads(part)
            given = part
        self._mine.of = (whole, given)
