"""Fine-tuning by command: ``matgen finetune``, ``predictors``, ``evaluate transfer``, ``expt-gap``, ``pretraining``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matgen_core.cli.groups import MEASURED, JsonFolder, app, evaluate
from matgen_core.cli.options import with_settings
from matgen_core.cli.own_rows import read_own_rows
from matgen_core.cli.reporting import write_measured
from matgen_core.cli.running import at_work
from matgen_core.core.errors import BadInput
from matgen_core.core.row_ids import name_of_column
from matgen_core.core.settings import FinetuneConfig

if TYPE_CHECKING:
    from matgen_core.workflows.own_properties.finetune import Tuned

_MEASURED = "CSV of formula and target, in Matbench's row order"


@app.command("finetune")
@with_settings(FinetuneConfig, ("strategy", "epochs", "rank", "size", "seed"), parameter="config")
def finetune_file(
    source: Annotated[Path, typer.Argument(help="CSV with a column formula, smiles or cif, and one of numbers")],
    column: Annotated[str, typer.Option(help="column of the numbers")],
    config: FinetuneConfig,
    text: Annotated[str, typer.Option(help="column of the materials, if it has another name")] = "",
    kind: Annotated[str, typer.Option(help="formula, smiles or cif; found by the column's name if left out")] = "",
    name: Annotated[str, typer.Option(help="name of the predictor; the column's name if left out")] = "",
    unit: Annotated[str, typer.Option(help="shown beside its predictions")] = "",
) -> None:
    """Train a predictor of your own property; rows that cannot be used are listed and left out."""
    named = name or name_of_column(column)

    def report(tuned: Tuned) -> None:
        epoch, loss, error = tuned.curve[-1]
        if sys.stderr.isatty() or epoch == config.epochs:
            typer.echo(f"epoch {epoch}: loss {loss:.3f}, error on withheld rows {error:.4g} {unit}", err=True)

    with at_work() as work:
        from matgen_core.workflows.own_properties.finetune import finetune
        from matgen_core.workflows.own_properties.own_folder import check_place
        from matgen_core.workflows.own_properties.predictors import save_predictor
        from matgen_core.workflows.own_properties.training_examples import unit_of

        check_place(named)
        examples = read_own_rows(source, column, text, kind)
        if examples.note:
            typer.echo(f"note: {examples.note}", err=True)
        tuned = finetune(examples, config, on_epoch=report, cancelled=work.cancelled)
        if not tuned.curve:
            raise BadInput("stopped before the first epoch was over; nothing was trained and nothing is saved")
        unit, note = unit_of(examples, unit)
        folder = save_predictor(tuned, named, column, unit)
        r = tuned.report
        for said in filter(None, (note, tuned.doubt)):
            typer.echo(f"note: {said}", err=True)
        typer.echo(
            f"{named}: mean absolute error {r['mae']:.4g} {unit} on {r['held']} withheld rows (guessing the median: "
            f"{r['mae_of_median']:.4g}), {r['trained_parameters']:,} of {r['parameters']:,} weights trained in "
            f"{len(tuned.curve)} epochs, {r['seconds']:.0f} s; written to {folder}"
        )


@app.command("predictors")
def predictors() -> None:
    """List the predictors that you have trained."""
    from matgen_core.workflows.own_properties.own_folder import list_predictors

    names = list_predictors()
    if not names:
        typer.echo("none yet; make one with: matgen finetune FILE --column NAME")
        return
    from matgen_core.workflows.own_properties.predictors import load_predictor

    for name in names:
        tuned, label, unit = load_predictor(name)
        error, guess = tuned.report["mae"], tuned.report["mae_of_median"]
        typer.echo(
            f"{name}: {label} {unit} from {tuned.backbone.kind}, {tuned.config.strategy}, error {error} "
            f"(guessing the median: {guess})"
        )


@evaluate.command("transfer")
def evaluate_transfer(
    measured: Annotated[Path, typer.Argument(help=_MEASURED)],
    seeds: Annotated[int, typer.Option(help="of each strategy")] = 3,
    epochs: Annotated[int, typer.Option(help="passes over the rows")] = 30,
    out: JsonFolder = MEASURED,
    rows: Annotated[int, typer.Option(help="formulas to learn from")] = 1000,
) -> None:
    """Compare full fine-tuning, adapters and LoRA, each from three beginnings, on measured band gaps."""
    from matgen_core.evaluation.transfer import measure_transfer

    write_measured(out / "transfer.json", lambda: measure_transfer(measured, seeds, epochs, typer.echo, rows))


@evaluate.command("expt-gap")
def evaluate_folds(
    measured: Annotated[Path, typer.Argument(help=_MEASURED)],
    epochs: Annotated[int, typer.Option(help="passes over the rows")] = 30,
    out: JsonFolder = MEASURED,
) -> None:
    """Measure the error of measured band gaps on Matbench's five folds of expt_gap."""
    from matgen_core.evaluation.transfer import measure_folds

    write_measured(out / "expt-gap.json", lambda: measure_folds(measured, epochs, typer.echo))


@evaluate.command("pretraining")
def evaluate_pretraining(
    rows: Annotated[Path, typer.Option(help="formulas.csv.gz of matgen data formulas")] = Path(
        "training/rows/formulas.csv.gz"
    ),
    count: Annotated[int, typer.Option(help="formulas to train the gap on")] = 5000,
    before: Annotated[int, typer.Option(help="epochs of pretraining")] = 1,
    after: Annotated[int, typer.Option(help="epochs of training on the gap")] = 8,
    seeds: Annotated[int, typer.Option(help="of the gap")] = 3,
    out: JsonFolder = MEASURED,
) -> None:
    """Measure what masked atoms and contrastive pairs each bring to predictions of the band gap."""
    from matgen_core.evaluation.transfer import measure_ablation
    from matgen_core.kinds.compositions.rows import load_formula_rows

    def measure() -> object:
        return measure_ablation(load_formula_rows(rows), count, before, after, seeds, typer.echo)

    write_measured(out / "pretraining.json", measure)
