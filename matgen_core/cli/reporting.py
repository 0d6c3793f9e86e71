"""How commands say how far they are and what was measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import typer

from matgen_core.core.records import M, Progress


def print_progress(progress: Progress[M]) -> None:
    """One line that is written over, on a terminal; what the run has to say, everywhere."""
    if sys.stderr.isatty():
        typer.echo(f"\r{progress.done}/{progress.total} {progress.stage}   ", nl=progress.stage == "done", err=True)
    if progress.message:
        typer.echo(f"note: {progress.message}", err=True)


def write_result(result: object, path: Path) -> None:
    """Prints what was measured and writes it as JSON."""
    text = json.dumps(result, indent=1)
    typer.echo(text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    typer.echo(f"{path} written")
