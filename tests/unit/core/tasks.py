"""Tasks for workers, some of which end their process."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from matgen_core.core.errors import BadInput


def square(number: int) -> int:
    return number * number


def process(_number: int) -> int:
    return os.getpid()


def hang(number: int) -> int:
    while number == 1:  # for as long as it is let
        time.sleep(0.01)
    return number


def refuse(number: int) -> int:
    if number == 2:
        raise BadInput("{number} cannot be; give another", number=number)
    return number


def break_down(number: int) -> int:
    if number == 1:
        raise ZeroDivisionError("broken")
    return number


@dataclass(frozen=True)
class Dying:
    """Ends its process for some numbers, so often each; a file counts."""

    folder: Path
    times: dict[int, int]

    def __call__(self, number: int) -> int:
        before = len(list(self.folder.glob(f"{number}-*")))
        (self.folder / f"{number}-{before}").touch()
        if before < self.times.get(number, 0):
            os.kill(os.getpid(), signal.SIGKILL)
        return number * 10


@dataclass(frozen=True)
class Late:
    """The first task waits until somebody was told of another; a file tells."""

    folder: Path

    def __call__(self, number: int) -> int:
        if number == 0:
            while not (self.folder / "told").exists():
                time.sleep(0.01)
        return number


def network(_number: int) -> str:
    """The network namespace that a worker runs in."""
    return str(Path("/proc/self/ns/net").readlink())
