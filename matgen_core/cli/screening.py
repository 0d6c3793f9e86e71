"""Screening by command: ``matgen screen FILE…``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matgen_core.cli.options import with_settings
from matgen_core.cli.reporting import write_measured
from matgen_core.cli.running import at_work
from matgen_core.cli.workers import Workers, with_workers
from matgen_core.core.errors import BadInput
from matgen_core.core.settings import Rules

if TYPE_CHECKING:
    from matgen_core.workflows.candidate_files import Item

#: Rules that files are checked by; what is known already may pass.
_OFFERED = ("max_e_above_hull", "toxic", "radioactive", "known", "solid_state", "max_sa", "filters", "judge")


@with_settings(Rules, _OFFERED, parameter="rules", usual=Rules(known=True))
@with_workers
def screen(
    out: Annotated[Path, typer.Option(help="folder for the results")],
    rules: Rules,
    workers: Workers,
    files: Annotated[list[Path] | None, typer.Argument(help="CSV, CIF, a folder or zip of CIFs, SDF, SMILES")] = None,
    run: Annotated[str, typer.Option(help="a stored run (matgen runs list) instead of files")] = "",
    objective: Annotated[
        list[str] | None, typer.Option(help="band_gap:max, e_above_hull:min*2 (weight 2), band_gap=1:3; repeat it")
    ] = None,
    using: Annotated[str, typer.Option(help="predictors of matgen finetune, by name; objectives own.NAME:max")] = "",
) -> None:
    """Predict, check and compare materials; writes table, Pareto fronts and manifest, and why a row was refused."""
    from matgen_core.workflows.pareto import parse_objective

    names = [name.strip() for name in using.split(",") if name.strip()]
    if bool(files) == bool(run):
        raise BadInput("give files to screen, or --run with the id of a stored run")
    if not names:
        _ = [parse_objective(text, {}) for text in objective or []]  # before anything heavy is loaded
    source = [f"run {run}"] if run else [str(path) for path in files or []]
    with at_work(folder=out) as work:
        from matgen_core.kinds.solid_state import check_available
        from matgen_core.runs.store import open_store
        from matgen_core.workflows.candidate_files import read_files
        from matgen_core.workflows.own_predictors import add_own_predictions, own_property
        from matgen_core.workflows.screen import check_objectives
        from matgen_core.workflows.screen_folder import screen_to_folder

        own = {record.key: record for record in map(own_property, names)}
        objectives = [parse_objective(text, own) for text in objective or []]
        check_objectives(objectives)
        if rules.solid_state:
            check_available()
        notes: list[str] = []
        items: Iterator[Item] = (
            iter(open_store().candidates(run, drafts=False)) if run else read_files(list(files or []), notes)
        )
        with workers.open() as executor:
            outcome = screen_to_folder(
                items,
                objectives,
                out,
                rules=rules,
                further=partial(add_own_predictions, names=names) if names else None,
                source=source,
                on_progress=_print_progress,
                cancelled=work.cancelled,
                executor=executor,
            )
        for asked, path in outcome.moved.items():
            work.found_at(asked, path)
        counts: dict[str, Any] = dict(outcome.funnel.counts)
        left = list(counts.values())[-1]
        typer.echo(
            f"{out}: {len(outcome.ids)} screened, {sum(outcome.refused.values())} rows refused, {left} pass every "
            f"rule, {sum(f == 1 for f in outcome.fronts)} on the first Pareto front, {outcome.seconds:.0f} s"
        )
        for note in notes:
            typer.echo(f"note: {note}", err=True)
        if not outcome.complete:
            typer.echo("stopped before the end; the candidates screened so far are in the files", err=True)
        for reason, count in outcome.refused.most_common(10):
            typer.echo(f"refused, {count}: {reason}", err=True)
        for rule, count in outcome.funnel.reasons[:10]:
            typer.echo(f"rejected, {count}: {rule}", err=True)


def _print_progress(done: int, refused: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{done} screened, {refused} refused", nl=False, err=True)


def bench_screening(
    source: Annotated[Path, typer.Argument(help="CSV with a cif column, from which crystals are taken")],
    counts: Annotated[str, typer.Option(help="numbers of candidates of each kind, one run each")] = "1000,10000",
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure seconds and peak memory of screening crystals, compositions and molecules."""
    from matgen_core.evaluation.timing import describe_machine
    from matgen_core.evaluation.timing_screening import time_screening

    try:
        numbers = [int(part) for part in counts.split(",")]
        if min(numbers) < 1:
            raise ValueError
    except ValueError:
        raise BadInput(
            f"--counts {counts[:40]!r} are not whole numbers above 0; write for example 1000,10000"
        ) from None

    def measure() -> object:
        measured = time_screening(source, numbers, on_progress=typer.echo)
        return {"machine": describe_machine(), "relaxation": False, **measured}

    write_measured(out / "screening.json", measure)


def register(app: typer.Typer, bench: typer.Typer) -> None:
    """Hangs the commands into ``matgen``."""
    app.command("screen")(screen)
    bench.command("screening")(bench_screening)
