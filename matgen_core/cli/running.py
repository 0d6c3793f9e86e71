"""Frame of every command that takes its time: nothing that was found is lost.

Paths are tried before the work. Ctrl-C ends the work at the next step and what was found is written; a second one ends
at once. Results are written before anything is printed about them. What cannot be written where it was to go is written
elsewhere, or printed, and the command says where.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import typer

from matgen_core.core.errors import BadInput
from matgen_core.files.saving import save_result


class Work:
    """A command at work.

    Attributes:
        cancelled: whether Ctrl-C was pressed; asked at every step of the work.
    """

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self.cancelled = cancelled
        self.moved: list[str] = []

    def save(self, path: Path, content: str | bytes) -> None:
        """Writes a result, elsewhere where its path cannot be written, and prints it where no folder takes it."""
        try:
            self.found_at(path, save_result(path, content))
        except OSError as error:
            typer.echo(content)
            self.moved.append(f"{path} cannot be written ({error.strerror}); its text is printed above")

    def found_at(self, asked: Path, path: Path) -> None:
        """Takes note of where a result is."""
        if path != asked:
            self.moved.append(f"{asked} cannot be written any more; the result is in {path}")


@contextmanager
def at_work(*files: Path | None, folder: Path | None = None, whole: bool = False) -> Iterator[Work]:
    """The work of a command, between the check of its paths and the word on where its results are.

    Args:
        files: that will be written.
        folder: likewise, for files of any name.
        whole: whether a part of the result is worth nothing, as of a measurement: Ctrl-C ends it at once.

    Raises:
        BadInput: before the work, where a path cannot be written; after it, where a result had to go elsewhere.
    """
    from matgen_core.kinds.crystals.files.candidate_files import check_writable

    for path in (*files, folder and folder / ".write-test"):
        if path is not None:
            check_writable(path)
    with end_on_interrupt() if whole else cancel_on_interrupt() as cancelled:
        work = Work(cancelled)
        yield work
    if work.moved:
        raise BadInput("; ".join(work.moved))


@contextmanager
def end_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Ctrl-C ends the work at once; the command says that nothing is written."""
    try:
        yield lambda: False
    except KeyboardInterrupt:
        typer.echo("\nstopped before the end; nothing is written", err=True)
        raise typer.Exit(130) from None


@contextmanager
def cancel_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Ctrl-C ends the work at the next step and keeps what was found; a second one ends it at once."""
    stop = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        typer.echo("\nstopping; what was found is kept (Ctrl-C again to end at once)", err=True)

    if threading.current_thread() is not threading.main_thread():  # only there may a signal be caught
        yield stop.is_set
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def print_safely() -> None:
    """Makes output in any code page possible: a character that it lacks is written as its number."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
