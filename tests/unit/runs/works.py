"""Works that a worker process is sent by the tests; they need no networks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from matgen_core.core.errors import BadTarget
from matgen_core.core.messages import Message
from matgen_core.core.records import Candidate, Molecule, Origin, Progress


def molecule(number: int, score: float = 0.0) -> Candidate[Molecule]:
    return Candidate(f"0-{number}", Molecule("C" * (number + 1)), Origin("test", "", 0, number), score=score)


def find(report: Callable[..., None], stopped: Callable[[], bool], *, count: int) -> str:
    """One more at each report, all of them ranked anew."""
    for number in range(count):
        found = tuple(molecule(i, float(number % 2)) for i in reversed(range(number + 1)))
        report(Progress("assess", number, count, found), f"beside {number}")
    return "the result"


def wait(report: Callable[..., None], stopped: Callable[[], bool]) -> tuple[int, ...]:
    """Waits until it is stopped; says of which process and with what niceness it is."""
    report(Progress("generate", 0, 1), (os.getpid(), os.nice(0)))
    while not stopped():
        threading.Event().wait(0.01)
    return (1, 2)


def die(report: Callable[..., None], stopped: Callable[[], bool]) -> None:
    """Finds two, and ends the process as the system does where memory is not enough."""
    report(Progress("assess", 2, 3, (molecule(0), molecule(1))))
    os._exit(137)


def refuse(report: Callable[..., None], stopped: Callable[[], bool]) -> None:
    raise BadTarget("{what} cannot be asked for", what=Message("{n} atoms", n=3))


def fail(report: Callable[..., None], stopped: Callable[[], bool]) -> None:
    raise ZeroDivisionError


def chatter(report: Callable[..., None], stopped: Callable[[], bool]) -> str:
    """Prints to standard output, as libraries do, also around Python."""
    print("a word", flush=True)
    os.write(1, b"another word\n")
    return "heard"


def count_threads(report: Callable[..., None], stopped: Callable[[], bool]) -> list[int]:
    """With how many threads networks compute, each number that there is until the work is stopped."""
    import torch

    seen = list[int]()
    while not stopped():
        if (threads := torch.get_num_threads()) not in seen[-1:]:
            seen.append(threads)
            report(Progress("generate", 0, 1), threads)
        threading.Event().wait(0.01)
    return seen


def choose_threads(report: Callable[..., None], stopped: Callable[[], bool]) -> int:
    """With how many threads networks compute in a work that has chosen three."""
    import torch

    torch.set_num_threads(3)
    stopped()
    return torch.get_num_threads()


def load_for_ever() -> None:
    threading.Event().wait(600)


def never(report: Callable[..., Any], stopped: Callable[[], bool]) -> None:
    raise AssertionError("it began")
