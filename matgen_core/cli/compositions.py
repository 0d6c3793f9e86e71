"""Tables and compositions by command: ``matgen predict``, ``data formulas``, ``evaluate compositions``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.groups import MEASURED, JsonFolder, Seed, app, data, evaluate
from matgen_core.cli.reporting import write_measured
from matgen_core.cli.running import at_work
from matgen_core.core.admet import INSTALL
from matgen_core.core.errors import BadInput

ROWS = Path("training/rows/formulas.csv.gz")


@app.command("predict")
def predict(
    source: Annotated[
        Path, typer.Argument(help="CSV with a column formula, cif or smiles; or CIFs, POSCARs, a folder or zip")
    ],
    out: Annotated[Path, typer.Option(help="CSV to write")],
    column: Annotated[
        str | None, typer.Option(help="formula=NAME, cif=NAME or smiles=NAME, where the column is called otherwise")
    ] = None,
    using: Annotated[str | None, typer.Option(help="a predictor of matgen finetune, by name")] = None,
    judge: Annotated[
        bool,
        typer.Option(
            "--judge/--no-judge",
            help="check the energies of crystals with SevenNet, a second potential; 0.1 to 0.3 s each",
        ),
    ] = True,
    admet: Annotated[bool, typer.Option("--admet", help=f"molecules: also predict ADMET ({INSTALL})")] = False,
) -> None:
    """Predict the properties of every row of a table; a row that cannot be used stays, with its reason."""
    if out.resolve() == source.resolve():
        raise BadInput(f"{out} is the table itself; choose another place for the predictions")

    def report(rows: int) -> None:
        if sys.stderr.isatty():
            typer.echo(f"\r{rows} rows", nl=False, err=True)

    with at_work(out) as work:
        from matgen_core.workflows.predict_table import predict_table

        done = predict_table(
            source,
            out,
            column=column,
            using=using,
            judge=judge,
            admet=admet,
            on_progress=report,
            cancelled=work.cancelled,
        )
        work.found_at(out, done.path)
        bad = sum(done.bad.values())
        for note in done.notes:
            typer.echo(f"note: {note}", err=True)
        said = f"{done.path}: {done.rows} rows by {done.kind}, {done.rows - bad} predicted, {bad} not"
        typer.echo(said + (f"; in {done.lacking} of these a value is missing" if done.lacking else ""))
        for row, reason in done.examples:
            typer.echo(f"{row}: {reason}", err=True)
        if bad + done.lacking > len(done.examples):
            typer.echo("every row has its reason in the column problem", err=True)


@data.command("formulas")
def data_formulas(
    energies: Annotated[Path, typer.Argument(help="CSV of formula, formation_energy_mp2020, split")],
    gaps: Annotated[Path, typer.Argument(help="CSV of formula, band_gap, split")],
    crystals: Annotated[Path, typer.Argument(help="CSV of formula, magmom_per_atom, split")],
    out: Annotated[Path, typer.Option(help="table to write")] = ROWS,
) -> None:
    """Join tables of formulas into the training rows of matbert and matgpt."""
    from matgen_core.kinds.compositions.rows import build_formula_rows

    table = build_formula_rows(energies, gaps, crystals)
    out.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(out, index=False)
    typer.echo(f"{len(table)} rows of {table['formula'].nunique()} formulas in {out}")


@evaluate.command("compositions")
def evaluate_compositions(
    count: Annotated[int, typer.Option(help="samples without a target")] = 2000,
    each: Annotated[int, typer.Option(help="samples per target")] = 500,
    seed: Seed = 0,
    out: JsonFolder = MEASURED,
) -> None:
    """Measure validity, uniqueness, novelty and hit rates of the compositions."""
    from matgen_core.evaluation.compositions import evaluate

    write_measured(out / "compositions.json", lambda: evaluate(count, each, seed, typer.echo))
