"""Activity cliffs by command: ``matgen cliffs FILE``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.groups import app
from matgen_core.cli.own_rows import read_own_rows
from matgen_core.cli.running import at_work


@app.command("cliffs")
def cliffs(
    source: Annotated[Path, typer.Argument(help="CSV with a column smiles, and one of numbers")],
    column: Annotated[str, typer.Option(help="column of the numbers")],
    text: Annotated[str, typer.Option(help="column of SMILES, if it has another name")] = "",
    similarity: Annotated[float, typer.Option(help="least Tanimoto similarity of a pair, 0 to 1")] = 0.55,
    difference: Annotated[
        float | None, typer.Option(help="least difference of a pair; a standard deviation of the values if left out")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV of the pairs; printed if left out")] = None,
) -> None:
    """List the pairs of a series that are much alike and differ much in a value, steepest (SALI) first."""
    with at_work(out) as work:
        from matgen_core.workflows.activity_cliffs import LEAST_SERIES, cliffs_to_csv, find_cliffs, usual_difference

        examples = read_own_rows(source, column, text, "smiles" if text else "", LEAST_SERIES)
        if examples.note:
            typer.echo(f"note: {examples.note}", err=True)
        found = find_cliffs(examples, similarity, difference, cancelled=work.cancelled)
        written = cliffs_to_csv(examples, found, column)
        if out is not None:
            work.save(out, written)
        else:
            typer.echo(written, nl=False)
        least = usual_difference(examples) if difference is None else difference
        typer.echo(
            f"{len(found)} pairs of {len(examples.texts)} molecules are at least {similarity:g} similar and differ by "
            f"{least:.3g} or more",
            err=True,
        )
