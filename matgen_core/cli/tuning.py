"""A property of one's own as a target by command: ``matgen own`` trains and keeps it, ``matgen tune`` aims at it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matgen_core.cli.generation import Files, with_files
from matgen_core.cli.groups import app, evaluate
from matgen_core.cli.options import Command, with_goals, with_option, with_settings
from matgen_core.cli.own_rows import read_own_rows
from matgen_core.cli.reporting import print_progress, read_rows
from matgen_core.cli.running import Work, at_work
from matgen_core.core.errors import BadInput, BadTarget, Cancelled, quote
from matgen_core.core.goals import Goal, Target, parse_goal
from matgen_core.core.messages import join
from matgen_core.core.row_ids import label_of, name_of_column
from matgen_core.core.settings import TuneSettings
from matgen_core.kinds.registry import KINDS

if TYPE_CHECKING:
    from matgen_core.workflows.own_properties.own_targets import OwnTarget
    from matgen_core.workflows.tuning.aims import Aims
    from matgen_core.workflows.tuning.tuner import Tuning

own_app = typer.Typer(
    no_args_is_help=True, help="Properties of your own as targets, and generators tuned towards them."
)
_ENDED = {
    "steps": "the maximum number of steps was reached",
    "time": "the time limit was reached",
    "cancelled": "cancelled",
    "gain": "the score stopped rising",
    "distance": "the copy would have moved further from the included generator than allowed",
}


@own_app.command("train")
def train_file(
    source: Annotated[Path, typer.Argument(help="CSV with a column smiles, formula or cif, and one of numbers")],
    column: Annotated[str, typer.Option(help="column of the numbers")],
    text: Annotated[str, typer.Option(help="column of the materials, where it is called otherwise")] = "",
    kind: Annotated[str, typer.Option(help="formula, smiles or cif; found by the column's name if left out")] = "",
    name: Annotated[str, typer.Option(help="of the property; the column's if left out")] = "",
    unit: Annotated[str, typer.Option(help="of the numbers")] = "",
    seed: Annotated[int, typer.Option(help="of folds and halves")] = 0,
) -> None:
    """Train two predictors of your own property: one steers a tuned generator, the other judges what comes of it."""
    named = name or name_of_column(column)
    with at_work() as work:
        from matgen_core.workflows.own_properties.own_folder import check_place
        from matgen_core.workflows.own_properties.own_store import save_target
        from matgen_core.workflows.own_properties.own_targets import train_target
        from matgen_core.workflows.own_properties.training_examples import unit_of

        check_place(named)
        examples = read_own_rows(source, column, text, kind)
        unit, said = unit_of(examples, unit)
        try:
            label = label_of(named, column)
            own = train_target(named, examples, label, unit, seed=seed, cancelled=work.cancelled)
        except Cancelled:
            raise BadInput("stopped before the predictors were measured; nothing is saved") from None
        folder = save_target(own)
        for note in filter(None, (said, *own.notes)):
            typer.echo(f"note: {note}", err=True)
        typer.echo(f"{named}: {_say_target(own)}; written to {folder}")


def _say_target(own: OwnTarget) -> str:
    found, count = own.validation, len(own.examples.texts)
    unit = f" {own.unit}" if own.unit else ""
    return (
        f"{own.label}{unit}, {count} rows in {found.groups} groups; error on withheld groups {found.error:.3g}{unit} "
        f"(guessing the mean: {found.baseline:.3g}), R² {found.explained:.2f}, within one spread "
        f"{found.inside[0]:.0%}, within two {found.inside[1]:.0%}"
    )


@own_app.command("list")
def list_kept() -> None:
    """List the properties of your own and the tuned generators that are saved."""
    from matgen_core.workflows.own_properties.own_store import list_copies, list_targets, load_copy, load_target

    targets, copies = list_targets(), list_copies()
    if not targets and not copies:
        typer.echo("none yet; train a property with: matgen own train FILE --column NAME")
    for name in targets:
        typer.echo(f"{name}: {_say_target(load_target(name))}")
    for name in copies:
        kept = load_copy(name)
        goals = ", ".join(f"{key} {goal}" for key, goal in kept.record["goals"].items())
        if trained := kept.record.get("trained"):
            how = f"trained from {kept.prior} on {trained['molecules']} {kept.kind} of yours"
        else:
            how = f"tuned from {kept.prior} towards {goals}"
        typer.echo(f"{name}: generator of {kept.kind}, {how}")


@own_app.command("export")
def export_kept(
    name: Annotated[str, typer.Argument(help="of the property or the generator")],
    out: Annotated[Path, typer.Argument(help="zip to write")],
) -> None:
    """Write all that is saved under a name into a zip."""
    with at_work(out) as work:
        from matgen_core.workflows.own_properties.own_store import export

        work.save(out, export(name))


@own_app.command("delete")
def delete_kept(name: Annotated[str, typer.Argument(help="of the property or the generator")]) -> None:
    """Delete all that is saved under a name."""
    from matgen_core.workflows.own_properties.own_store import delete

    delete(name)
    typer.echo(f"{name} is taken away")


def tune_command(kind: str) -> Command:
    """``matgen tune KIND``: a copy of the generator tuned towards goals, and candidates that it draws."""
    record = KINDS[kind]

    @with_goals(kind)
    @with_settings(TuneSettings, parameter="tuning")
    @with_option("count", int, record.count, f"{kind} to keep of the tuned generator: {record.counted}")
    @with_files(kind)
    def command(
        goals: dict[str, Goal],
        tuning: TuneSettings,
        count: int,
        files: Files,
        own: Annotated[list[str] | None, typer.Option(help="property of your own and its target, as pIC50=8:")] = None,
        importance: Annotated[
            list[str] | None, typer.Option(help="of a target beside the others, as pIC50=2; 1 if left out")
        ] = None,
        by: Annotated[str, typer.Option(help="generate with this tuned generator instead of tuning one")] = "",
        keep: Annotated[str, typer.Option(help="name under which the tuned generator is saved")] = "",
        compare: Annotated[
            bool, typer.Option("--compare", help="generate as many with the included generator, too")
        ] = False,
    ) -> None:
        files.check(kind)
        with at_work(files.out, folder=files.cif_dir) as work:
            from matgen_core.workflows.own_properties.own_folder import check_place
            from matgen_core.workflows.own_properties.own_store import load_copy, save_copy
            from matgen_core.workflows.tuning.tuner import tune

            if keep:
                check_place(keep)
            aims = _read_aims(goals, own or [], importance or [])
            for said in (aims.settings(kind)[1], *(one.validation.doubt for one, _goal in aims.own)):
                if said:
                    typer.echo(f"note: {said}", err=True)
            if by:
                kept = load_copy(by)
                if kept.kind != kind:
                    raise BadTarget("{by} generates {kind}; choose another, or tune one", by=quote(by), kind=kept.kind)
                drawing = kept.drawing
            else:
                tuned, prior = tune(kind, aims, tuning, on_step=_print_step, cancelled=work.cancelled)
                typer.echo(_say_tuning(tuned), err=True)
                if keep:
                    typer.echo(f"saved in {save_copy(keep, kind, prior, tuned, aims.goals())}", err=True)
                drawing = tuned.network, f"{keep or 'copy'} (tuned from {prior})"
            _deliver(work, kind, aims, count, tuning.seed, drawing, files)
            if compare:
                _deliver(work, kind, aims, count, tuning.seed, None, None)

    command.__doc__ = (
        f"Tune a copy of the generator of {kind} towards targets, your own and built-in ones, and generate."
    )
    return command


def _deliver(
    work: Work, kind: str, aims: Aims, count: int, seed: int, drawing: tuple[Any, str] | None, files: Files | None
) -> None:
    """Draws, saves and says how many meet the goals by the judging predictors."""
    from matgen_core.kinds.crystals.judge import met_all
    from matgen_core.workflows.design import count_kept, design
    from matgen_core.workflows.tuning.aims import Steered

    found = design(
        kind, aims.target, count, seed=seed + 1, on_progress=print_progress, cancelled=work.cancelled,
        steered=Steered(aims, drawing),
    )  # fmt: skip
    kept = count_kept(kind, found).candidates
    if files is not None:
        files.save(work, kind, kept)
    met = sum(map(met_all, kept))
    who = "the included generator" if drawing is None else "the tuned generator"
    typer.echo(f"{who}: {met} of {len(kept)} {kind} meet every target by the judging predictors", err=True)


def _read_aims(goals: dict[str, Goal], own: list[str], weights: list[str]) -> Aims:
    from matgen_core.workflows.own_properties.own_predictors import PREFIX
    from matgen_core.workflows.own_properties.own_store import load_target
    from matgen_core.workflows.tuning.aims import Aims

    asked = []
    for text in own:
        name, goal = _split(text, "--own", "pIC50=8:")
        read = parse_goal("own", goal)
        if read is not None:
            asked.append((load_target(name), read))
    weighed = {}
    for text in weights:
        name, number = _split(text, "--importance", "pIC50=2")
        key = name.replace("-", "_")
        try:
            weighed[key if key in goals else f"{PREFIX}{name}"] = float(number)
        except ValueError:
            raise BadInput("the weight {text} is not a number; write pIC50=2", text=quote(text)) from None
    return Aims(Target(goals), tuple(asked), weighed)


def _split(text: str, option: str, example: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name.strip():
        raise BadInput(
            "{option} {text} has no name; write it as {example}", option=option, text=quote(text), example=example
        )
    return name.strip(), value.strip()


def _print_step(tuning: Tuning) -> None:
    step = tuning.curve[-1]
    if sys.stderr.isatty() or step.number % 10 == 0:
        typer.echo(
            f"step {step.number}: score {step.score:.3f}, valid {step.valid:.0%}, diversity {step.diversity:.0%}, "
            f"{step.distance:.1f} nats from the included generator",
            err=True,
        )


def _say_tuning(tuning: Tuning) -> str:
    first, kept = tuning.curve[0], tuning.curve[tuning.step]
    return (
        f"{_ENDED[tuning.ended]}; mean score {first.score:.3f} → {kept.score:.3f} at step {kept.number}, "
        f"{kept.distance:.1f} nats from the included generator"
    )


@evaluate.command("own-property")
@with_settings(TuneSettings, parameter="tuning", usual=TuneSettings(steps=25, seconds=3600))
def evaluate_own_property(
    folder: Annotated[Path, typer.Argument(help="of expt_gap.csv, lipophilicity.csv and bace_pic50.csv")],
    tuning: TuneSettings,
    count: Annotated[int, typer.Option(help="candidates of the tuned and of the included generator each")] = 100,
    tasks: Annotated[str, typer.Option(help="as molecules:bace_pic50.csv,crystals:expt_gap.csv; all if left out")] = "",
    out: Annotated[Path, typer.Option(help="folder of the JSON, in which rows of other tasks stay")] = Path(
        "benchmarks"
    ),
) -> None:
    """Count hits of generators tuned towards public tables, by the judging predictor, beside the included ones."""
    path = out / "own-property.json"
    with at_work(path, whole=True) as work:
        from matgen_core.evaluation.own_property import TASKS, measure_own_property

        asked = [word.strip() for word in tasks.split(",") if word.strip()]
        known = {task.name: task for task in TASKS}
        for word in asked:
            if word not in known:
                raise BadInput("{word} is unknown; choose from: {known}", word=quote(word), known=join(known, ", "))
        measure_own_property(
            folder,
            count,
            tuning,
            [known[word] for word in asked or known],
            rows=read_rows(path),
            keep=lambda rows: work.save(path, json.dumps(rows, indent=1, allow_nan=False) + "\n"),
            say=typer.echo,
        )


tune_app = typer.Typer(no_args_is_help=True, help="Tune a copy of a generator towards targets, and generate with it.")
for _kind in KINDS:
    tune_app.command(_kind)(tune_command(_kind))
app.add_typer(tune_app, name="tune")
app.add_typer(own_app, name="own")
