"""The same core by command: ``matgen``. Nothing heavy is loaded before a command needs it."""

from __future__ import annotations

import subprocess
import sys
from copy import copy
from importlib import import_module
from typing import Annotated

import typer
from typer.main import get_command_name
from typer.models import CommandInfo

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
        only_asked(app, sys.argv[1:])()
    except MatGenError as error:
        typer.echo(f"matgen: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        typer.echo(f"matgen: {error.strerror or error}: {error.filename or ''}".rstrip(": "), err=True)
        sys.exit(2)


def only_asked(app: typer.Typer, words: list[str]) -> typer.Typer:
    """The commands that a line names, and no others: to build the options of all of them takes 0.2 s.

    Args:
        app: all commands.
        words: of the line. Where the first one names nothing, all commands are kept, for the list or the message, and
            the groups without what they hold.
    """
    asked = words[0] if words else ""
    kept = copy(app)
    groups = [group for group in app.registered_groups if group.name == asked]
    kept.registered_groups = [copy(group) for group in groups or app.registered_groups]
    for group in kept.registered_groups:
        assert group.typer_instance is not None
        group.typer_instance = only_asked(group.typer_instance, words[1:]) if groups else _without(group.typer_instance)
    named = [command for command in app.registered_commands if command_name(command) == asked]
    kept.registered_commands = named if named or groups else app.registered_commands
    return kept


def _without(app: typer.Typer) -> typer.Typer:
    """A group as it is listed, without its commands."""
    bare = copy(app)
    bare.registered_commands = []
    return bare


def command_name(command: CommandInfo) -> str:
    """What a user types for a command."""
    return command.name or get_command_name(command.callback.__name__ if command.callback else "")


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
