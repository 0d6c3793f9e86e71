"""The process in which a student's code runs: ``python worker.py FUNCTION``, its code on standard input.

It loads NumPy and the checks, gives up files, network and processes (``guard.py``), and only then runs the code. One
line of JSON on standard output says what each check found. Started by :mod:`matgen_core.lessons.code.sandbox`.
"""

from __future__ import annotations

import builtins
import io
import json
import os
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

_SHOWN = 300
#: What may be imported: it is loaded before files are given up.
MODULES = ("math", "random", "statistics", "itertools", "functools", "collections", "numpy", "numpy.random")


class _Printed(io.StringIO):
    """What the code prints, up to a length; the rest is dropped."""

    def write(self, text: str) -> int:
        if self.tell() < 2_000:
            super().write(text[: 2_000 - self.tell()])
        return len(text)


def _short(value: object) -> str:
    text = repr(value.tolist() if hasattr(value, "tolist") else value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _failure(error: BaseException) -> dict[str, Any]:
    """The error in the student's own code: its kind, its words and its line."""
    steps = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in steps if frame.f_code.co_filename == "<answer>"]
    line = error.lineno if isinstance(error, SyntaxError) else (lines[-1] if lines else None)
    kind = "PermissionError" if isinstance(error, OSError) and error.errno == 1 else type(error).__name__
    return {"kind": kind, "words": str(error)[:_SHOWN], "line": line}


def examine(name: str, code: str, checks: Any) -> dict[str, Any]:
    """Runs the code and each check of its function."""
    space: dict[str, Any] = {"__name__": "answer", "__builtins__": builtins}
    try:
        exec(compile(code, "<answer>", "exec"), space)  # the kernel refuses it files, network, processes
    except BaseException as error:  # a student may raise anything
        return {"failure": _failure(error), "results": []}
    write = space.get(name)
    if not callable(write):
        return {"failure": {"kind": "missing", "words": name, "line": None}, "results": []}
    results: list[dict[str, Any]] = []
    for check in checks.CHECKS[name]:
        try:
            got, right = check(write)
            results.append({"passed": checks.agree(got, right), "got": _short(got), "right": _short(right)})
        except BaseException as error:
            results.append({"passed": False, "failure": _failure(error)})
    return {"failure": None, "results": results}


def main() -> None:
    """Reads the code, gives up what it shall not have, runs it and says what the checks found."""
    name, seconds, memory, written = sys.argv[1], *map(int, sys.argv[2:5])
    sys.path[:] = [*sys.argv[5:], *sys.path]  # where NumPy is
    sys.dont_write_bytecode = True
    folder = Path(__file__).parent
    sys.path.insert(0, str(folder))
    checks, guard = import_module("checks"), import_module("guard")
    for module in MODULES:
        import_module(module)
    code = sys.stdin.buffer.read().decode("utf-8", "replace")
    answer = os.dup(1)
    guard.bound(seconds, memory, written)
    guard.give_up_calls()
    sys.stdout = sys.stderr = printed = _Printed()
    found = examine(name, code, checks) | {"printed": ""}
    found["printed"] = printed.getvalue()
    os.write(answer, json.dumps(found).encode("utf-8", "replace"))
    os._exit(0)


if __name__ == "__main__":
    main()
