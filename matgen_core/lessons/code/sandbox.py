"""Runs a student's function against its checks, in a process that can neither open files nor reach the network.

    page -> run_answer -> python worker.py  (bounds, then seccomp, then the student's code)  -> one line of JSON

Bounded: 5 s of processor time, 10 s in all, 1 GiB of memory, 64 kB of output. What the worker says is read as data and
checked; a process that ends early is a result, too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Message
from matgen_core.lessons.code import guard
from matgen_core.lessons.code.tasks import TASKS, Task

SECONDS, WHOLE_SECONDS, MEMORY, WRITTEN = 5, 10, 2**30, 64_000
LONGEST = 6_000
_WORKER = Path(__file__).with_name("worker.py")


@dataclass(frozen=True)
class Checked:
    """What one check found.

    Args:
        asks: what it asks.
        passed: whether the function did so.
        got: what the function returned; empty where it failed.
        right: what is right; empty where the function failed.
        failure: why it failed; None where it returned.
    """

    asks: Message
    passed: bool
    got: str = ""
    right: str = ""
    failure: Message | None = None


@dataclass(frozen=True)
class Examined:
    """What a student's code did.

    Args:
        checked: by check; empty where the code did not come so far.
        failure: why it did not; None where every check was asked.
        printed: what the code printed.
    """

    checked: tuple[Checked, ...] = ()
    failure: Message | None = None
    printed: str = ""

    @property
    def passed(self) -> int:
        """Checks that the function passed."""
        return sum(one.passed for one in self.checked)


def task_named(name: str) -> Task:
    """The task of a function.

    Raises:
        BadInput: where there is none of this name.
    """
    for task in TASKS:
        if task.name == name:
            return task
    raise BadInput("there is no task {name!r}", name=name[:60])


def run_answer(name: str, code: str) -> Examined:
    """Runs the code of a student against the checks of one task.

    Args:
        name: of the function.
        code: Python, at most LONGEST characters.

    Raises:
        BadInput: for code that is too long, or on a system whose kernel cannot keep it from files and network.
    """
    task = task_named(name)
    if len(code) > LONGEST:
        raise BadInput("the code has {n} characters; write at most {most}", n=len(code), most=LONGEST)
    if not guard.possible():
        raise BadInput(
            "here the system cannot keep your code from files and network, so it is not run; use Linux or Docker"
        )
    with tempfile.TemporaryDirectory() as folder:
        return _read(task, *_run(name, code, Path(folder)))


def _run(name: str, code: str, folder: Path) -> tuple[int | None, bytes]:
    """Exit status of the worker, None where its time was over, and what it wrote."""
    limits = [str(SECONDS), str(MEMORY), str(WRITTEN)]
    command = [sys.executable, "-I", "-S", "-B", str(_WORKER), name, *limits, _libraries()]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
    out = folder / "answer"
    with out.open("wb") as file:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=file, stderr=subprocess.DEVNULL, cwd=folder, env=threads
        )
        try:
            process.communicate(code.encode("utf-8", "replace"), timeout=WHOLE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None, b""
    return process.returncode, out.read_bytes()[:WRITTEN]


def _libraries() -> str:
    """The folder in which NumPy is."""
    import numpy

    return str(Path(numpy.__path__[0]).parent)


def _read(task: Task, status: int | None, said: bytes) -> Examined:
    """What the worker said, as a record."""
    try:
        found = json.loads(said.decode("utf-8"))
        results = [_checked(asks, result) for asks, result in zip(task.checks, found["results"], strict=False)]
        failure = None if found["failure"] is None else _failure(found["failure"])
        return Examined(tuple(results), failure, str(found["printed"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Examined(failure=_ended(status))


def _ended(status: int | None) -> Message:
    """Why the worker ended without an answer."""
    if status in (None, -9, -24):  # SIGKILL and SIGXCPU: the bound of processor time
        return Message("The code ran for more than {n} s and was stopped. Is there a loop without an end?", n=SECONDS)
    return Message("The code ended its process before the checks were done (status {n}).", n=str(status))


def _checked(asks: Message, result: dict[str, Any]) -> Checked:
    if "failure" in result:
        return Checked(asks, False, failure=_failure(result["failure"]))
    return Checked(asks, result["passed"] is True, str(result["got"]), str(result["right"]))


def _failure(found: dict[str, Any]) -> Message:
    kind, words, line = str(found["kind"]), str(found["words"]), found["line"]
    if kind == "missing":
        return Message("There is no function {name}; keep its name and its arguments.", name=words)
    if kind == "PermissionError":
        return Message("Line {line} asked for a file, the network or another process: none is here.", line=line or "–")
    if kind in ("ModuleNotFoundError", "ImportError"):
        return Message(
            "Line {line} imports what is not here. There are math, random, statistics, itertools, functools, "
            "collections and numpy.",
            line=line or "–",
        )
    if kind == "MemoryError":
        return Message("Line {line} asked for more than 1 GiB of memory.", line=line or "–")
    if kind == "RecursionError":
        return Message("Line {line} calls itself without an end.", line=line or "–")
    return Message("Line {line}: {kind}: {words}", line=line or "–", kind=f"'{kind}'", words=f"'{words}'")
