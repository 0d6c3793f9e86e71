"""How commands say how far they are and what was measured."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from matgen_core.cli.running import at_work
from matgen_core.core.errors import BadInput
from matgen_core.core.records import M, Progress


def print_progress(progress: Progress[M]) -> None:
    """One line that is written over, on a terminal; what the run has to say, everywhere."""
    if sys.stderr.isatty():
        typer.echo(f"\r{progress.done}/{progress.total} {progress.stage}   ", nl=progress.stage == "done", err=True)
    if progress.message:
        typer.echo(f"note: {progress.message}", err=True)


def write_measured(path: Path, measure: Callable[[], object]) -> None:
    """Measures, writes what was measured as JSON and prints it; the path is tried before.

    Raises:
        BadInput: where the path cannot be written.
    """
    with at_work(path, whole=True) as work:
        text = json.dumps(measure(), indent=1, allow_nan=False)
        work.save(path, text + "\n")
        typer.echo(text)
        typer.echo(f"{path} written")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The rows that a measurement wrote before; none where there is no such file.

    Raises:
        BadInput: where it cannot be read.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    except (OSError, ValueError) as error:
        raise BadInput("{path} cannot be read ({error}); move it away", path=path, error=error) from None
    return list(rows)


def show_bar(done: int, total: int) -> None:
    """Draws on the terminal how far a work is."""
    width = 30 * done // max(1, total)
    end = "\n" if done >= total else ""
    typer.echo(f"\r[{'#' * width}{'.' * (30 - width)}] {done}/{total}{end}", nl=False, err=True)
