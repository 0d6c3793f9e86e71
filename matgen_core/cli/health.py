"""``matgen health``: one line a thing that the app needs; a non-zero exit where one is missing or damaged."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from matgen_core.health import check_health, healthy


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("health")(health)


def health(as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False) -> None:
    """Say whether everything that the app needs is here and whole."""
    checks = check_health()
    well = healthy(checks)
    if as_json:
        typer.echo(json.dumps({"healthy": well, "checks": [asdict(check) for check in checks]}, indent=1))
    else:
        for check in checks:
            word = "ok" if not check.problem else "PROBLEM" if check.needed else "note"
            typer.echo(f"{word:8} {check.name}{': ' if check.problem else ''}{check.problem}")
    raise typer.Exit(0 if well else 1)
