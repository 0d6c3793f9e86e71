"""A student's code runs against its checks, and reaches neither files nor network, whatever it tries."""

from __future__ import annotations

import platform
import socket

import pytest

from matgen_core.core.errors import BadInput
from matgen_core.lessons.code import guard
from matgen_core.lessons.code.checks import CHECKS, agree
from matgen_core.lessons.code.sandbox import LONGEST, run_answer, task_named
from matgen_core.lessons.code.tasks import TASKS

guarded = pytest.mark.skipif(not guard.possible(), reason="the system has no filter of system calls")
GUIDE = "def guide(unconditional, conditional, w):\n    "


def test_each_task_has_a_sentence_for_each_check() -> None:
    assert [task.name for task in TASKS] == list(CHECKS)
    assert [len(task.checks) for task in TASKS] == [len(CHECKS[task.name]) for task in TASKS]


@guarded
@pytest.mark.parametrize("name", [task.name for task in TASKS])
def test_the_answer_passes_every_check_and_the_beginning_does_not(name: str) -> None:
    task = task_named(name)
    answered, begun = run_answer(name, task.answer), run_answer(name, task.starter)
    assert answered.failure is None
    assert [one for one in answered.checked if not one.passed] == []
    assert begun.passed < len(task.checks)


@guarded
def test_a_wrong_answer_shows_what_came_and_what_is_right() -> None:
    found = run_answer("guide", GUIDE + "print('here')\n    return [w * c for c in conditional]")
    second = found.checked[2]
    assert not second.passed
    assert (second.got, second.right) == ("[6.0, 0.0]", "[5.0, -2.0]")
    assert found.printed.startswith("here\n")


@guarded
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return open('/etc/passwd').read()", "Line 2 asked for a file"),
        ("return open('written', 'w').write('x')", "Line 2 asked for a file"),
        ("import os; return os.listdir('/')", "Line 2 asked for a file"),
        ("import socket; return 1", "Line 2 imports what is not here"),
        ("import subprocess; return 1", "Line 2 imports what is not here"),
        ("import os; return os.fork()", "Line 2 asked for a file, the network or another process"),
        ("import os; return os.execv('/bin/sh', ['sh'])", "Line 2 asked for a file"),
        ("import os; return os.kill(os.getppid(), 9)", "Line 2 asked for a file"),
        ("return bytearray(2**31)", "Line 2 asked for more than 1 GiB"),
        ("return guide(unconditional, conditional, w)", "Line 2 calls itself without an end"),
        ("return 1 / 0", "Line 2: 'ZeroDivisionError'"),
        ("raise SystemExit", "Line 2: 'SystemExit'"),
    ],
)
def test_what_the_code_may_not_do_is_said(body: str, words: str) -> None:
    found = run_answer("guide", GUIDE + body)
    assert found.passed == 0
    assert str(found.checked[0].failure).startswith(words)


@guarded
@pytest.mark.parametrize(
    ("numbers", "arguments"),
    [
        ({"x86_64": 41, "aarch64": 198}, "2, 1, 0"),  # socket(AF_INET, SOCK_STREAM, 0)
        ({"x86_64": 234, "aarch64": 131}, "os.getpid(), os.getpid(), 0"),  # tgkill, which reaches other processes
        ({"x86_64": 302, "aarch64": 261}, "0, 0, 0, 0"),  # prlimit64, which could widen the bounds
    ],
)
def test_the_kernel_refuses_a_bare_system_call(numbers: dict[str, int], arguments: str) -> None:
    """Past every guard that Python itself could be talked out of."""
    call = f"ctypes.CDLL(None, use_errno=True).syscall({numbers[platform.machine()]}, {arguments})"
    found = run_answer("guide", GUIDE + f"import ctypes, os; return [{call}, ctypes.get_errno()]")
    assert found.checked[0].got == "[-1, 1]", "not permitted"
    with socket.socket():  # the parent may, so that the test can fail
        pass


@guarded
@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import os\nos._exit(3)",
        "import os\nos.write(1, b'[]')\nos._exit(0)",
        "import os\nos.write(1, b'x' * 10**6)",
    ],
)
def test_a_process_that_ends_early_is_a_result(code: str) -> None:
    found = run_answer("guide", code)
    assert found.checked == ()
    assert found.failure is not None


@guarded
def test_errors_before_the_checks_are_said() -> None:
    assert "no function guide" in str(run_answer("guide", "x = 1").failure)
    assert "'SyntaxError'" in str(run_answer("guide", "def guide(:").failure)


def test_too_long_a_code_and_an_unknown_task_are_refused() -> None:
    with pytest.raises(BadInput, match="characters"):
        run_answer("guide", "x" * (LONGEST + 1))
    with pytest.raises(BadInput, match="no task"):
        run_answer("nothing", "")


@guarded
def test_nothing_of_the_parent_reaches_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATGEN_DATABASE", "postgresql://secret")
    found = run_answer("guide", GUIDE + "import os; return sorted(os.environ)")
    assert "MATGEN_DATABASE" not in found.checked[0].got
    assert "OMP_NUM_THREADS" in found.checked[0].got


def test_answers_agree_within_rounding() -> None:
    assert agree([0.1 + 0.2], [0.3])
    assert agree([float("nan")], [float("nan")])
    assert agree(["a"], ("a",))
    assert not agree([1, 2], [[1, 2]])
    assert not agree(None, [1])
    assert not agree("x", [1])
