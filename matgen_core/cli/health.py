"""``matgen health``: one line a thing that the app needs; a non-zero exit where one is missing or damaged.

``matgen viewer`` fetches the scripts that a package cannot carry unless they were there when it was built.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from matgen_core.cli.groups import app


@app.command("health")
def health(as_json: Annotated[bool, typer.Option("--json", help="as JSON, for programs")] = False) -> None:
    """Check that everything the app needs is installed and undamaged."""
    from matgen_core.workflows.health import check_health, healthy

    checks = check_health()
    well = healthy(checks)
    if as_json:
        typer.echo(json.dumps({"healthy": well, "checks": [asdict(check) for check in checks]}, indent=1))
    else:
        for check in checks:
            word = "ok" if not check.problem else "PROBLEM" if check.needed else "note"
            typer.echo(f"{word:8} {check.name}{': ' if check.problem else ''}{check.problem}")
    raise typer.Exit(0 if well else 1)


@app.command("viewer")
def viewer() -> None:
    """Fetch the scripts of the 3D viewer and of the molecule sketcher (once; needs the network)."""
    from matgen_core.core import sketcher, viewer

    viewer.main()
    sketcher.main()
    raise typer.Exit(0 if viewer.is_whole() and sketcher.is_there() else 1)
