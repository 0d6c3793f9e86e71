"""The same core by command: ``matgen``. Nothing heavy is loaded before a command needs it."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from typing import Annotated

import typer

from matgen_core.cli.groups import app, bench, data, evaluate
from matgen_core.cli.running import print_safely
from matgen_core.core.errors import MatGenError
from matgen_core.core.installation import HOME

#: Modules that add commands, in the order of ``matgen --help``.
_COMMANDS = (
    *("generation", "structures", "diffraction", "molecules", "compositions", "merging", "screening", "following_up"),
    *("calculations", "finetune", "tuning", "activity_cliffs", "runs", "crystal_data", "crystal_evaluation"),
    *("training", "health"),
)
for _module in _COMMANDS:
    import_module(f"matgen_core.cli.{_module}")
for _group, _name in ((data, "data"), (evaluate, "evaluate"), (bench, "bench")):
    app.add_typer(_group, name=_name)


def main() -> None:
    """The ``matgen`` command: one clear line and a non-zero exit for whatever the user can mend."""
    print_safely()
    try:
        app()
    except MatGenError as error:
        typer.echo(f"matgen: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        typer.echo(f"matgen: {error.strerror or error}: {error.filename or ''}".rstrip(": "), err=True)
        sys.exit(2)


@app.command("app")
def run_app(
    port: Annotated[int, typer.Option(help="port")] = 8501,
    address: Annotated[str, typer.Option(help="address to serve; 0.0.0.0 to allow other machines")] = "localhost",
) -> None:
    """Open the app in the browser."""
    # In a process of its own, so that this package needs no streamlit.
    command = [sys.executable, "-m", "pages.runs.serve", "--server.port", str(port), "--server.address", address]
    raise typer.Exit(subprocess.run(command, cwd=HOME, check=False).returncode)


if __name__ == "__main__":
    main()
