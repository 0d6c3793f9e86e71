"""The command ``matgen`` and the groups that several modules add commands to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matgen_core.core.installation import ASSETS

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Inverse design of materials.")
data = typer.Typer(no_args_is_help=True, help="Build training rows and the reference of known materials.")
evaluate = typer.Typer(no_args_is_help=True, help="Measure the quality of the included models.")
bench = typer.Typer(no_args_is_help=True, help="Measure the speed of the included models.")

#: Where the reference lies that is included, the rows of crystals, and what was measured.
REFERENCE, CRYSTALS, MEASURED = ASSETS / "reference", Path("data/crystals/crystals.npz"), Path("benchmarks")
#: Options that many commands have.
Seed = Annotated[int, typer.Option(help="random seed")]
Rows = Annotated[Path, typer.Option(help="crystals.npz of matgen data build")]
Samples = Annotated[Path, typer.Option(help="file of the samples; it grows, and a stopped run continues from it")]
Processes = Annotated[int, typer.Option(help="processes; the samples do not depend on it")]
JsonFolder = Annotated[Path, typer.Option(help="folder of the JSON")]
ReferenceFolder = Annotated[Path, typer.Option(help="folder of the reference")]
