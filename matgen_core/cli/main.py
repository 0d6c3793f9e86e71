"""The same core by command: ``matgen``. Nothing heavy is loaded before a command needs it."""

from __future__ import annotations

import subprocess
import sys
from typing import Annotated

import typer

from matgen_core.cli.activity_cliffs import register as register_cliffs
from matgen_core.cli.calculations import register as register_calculations
from matgen_core.cli.compositions import register as register_compositions
from matgen_core.cli.crystal_data import register as register_crystal_data
from matgen_core.cli.crystal_evaluation import register as register_crystal_evaluation
from matgen_core.cli.diffraction import register as register_diffraction
from matgen_core.cli.finetune import register as register_finetune
from matgen_core.cli.following_up import register as register_following_up
from matgen_core.cli.generation import register as register_generation
from matgen_core.cli.health import register as register_health
from matgen_core.cli.merging import register as register_merging
from matgen_core.cli.molecules import register as register_molecules
from matgen_core.cli.running import print_safely
from matgen_core.cli.runs import app as runs
from matgen_core.cli.screening import register as register_screening
from matgen_core.cli.structures import register as register_structures
from matgen_core.cli.training import register as register_training
from matgen_core.cli.tuning import register as register_tuning
from matgen_core.core.errors import MatGenError
from matgen_core.core.installation import HOME

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Inverse design of materials.")
data = typer.Typer(no_args_is_help=True, help="Build training rows and the reference of known materials.")
evaluate = typer.Typer(no_args_is_help=True, help="Measure the quality of the included models.")
bench = typer.Typer(no_args_is_help=True, help="Measure the speed of the included models.")
register_generation(app)
register_structures(app)
register_diffraction(app)
register_molecules(data, evaluate, bench)
register_compositions(app, data, evaluate)
register_merging(app)
register_screening(app, bench)
register_following_up(app)
register_calculations(app)
register_finetune(app, evaluate)
register_tuning(app, evaluate)
register_cliffs(app)
app.add_typer(runs, name="runs")
register_crystal_data(data)
register_crystal_evaluation(evaluate, bench)
register_training(app)
app.add_typer(data, name="data")
app.add_typer(evaluate, name="evaluate")
app.add_typer(bench, name="bench")
register_health(app)


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
