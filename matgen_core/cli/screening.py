"""Screening by command: ``matgen screen FILE…``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matgen_core.cli.groups import MEASURED, JsonFolder, app, bench
from matgen_core.cli.options import with_settings
from matgen_core.cli.reporting import write_measured
from matgen_core.cli.running import at_work
from matgen_core.cli.workers import Into, Workers, with_folder, with_workers
from matgen_core.core.admet import INSTALL, PREFIX
from matgen_core.core.errors import BadInput
from matgen_core.core.settings import Rules

if TYPE_CHECKING:
    from matgen_core.workflows.screening.candidate_files import Item
    from matgen_core.workflows.screening.outcome import Outcome
    from matgen_core.workflows.screening.pareto import Objective
    from matgen_core.workflows.screening.screen import Further

#: Rules that files are checked by; what is known already may pass.
_OFFERED = ("max_e_above_hull", "toxic", "radioactive", "known", "solid_state", "max_sa", "filters", "judge")


@app.command("screen")
@with_settings(Rules, _OFFERED, parameter="rules", usual=Rules(known=True))
@with_workers
@with_folder
def screen(
    rules: Rules,
    workers: Workers,
    into: Into,
    out: Annotated[Path | None, typer.Option(help="folder for the results")] = None,
    files: Annotated[list[Path] | None, typer.Argument(help="CSV, CIF, a folder or zip of CIFs, SDF, SMILES")] = None,
    run: Annotated[str, typer.Option(help="a stored run (matgen runs list) instead of files")] = "",
    objective: Annotated[
        list[str] | None, typer.Option(help="band_gap:max, e_above_hull:min*2 (weight 2), band_gap=1:3; repeat it")
    ] = None,
    using: Annotated[str, typer.Option(help="predictors of matgen finetune, by name; objectives own.NAME:max")] = "",
    admet: Annotated[
        bool, typer.Option("--admet", help=f"also predict ADMET of molecules ({INSTALL}); objectives admet_herg:min, …")
    ] = False,
) -> None:
    """Predict, check and compare materials; writes table, Pareto fronts and manifest, and why a row was refused."""
    from matgen_core.workflows.screening.pareto import parse_objective

    names = [name.strip() for name in using.split(",") if name.strip()]
    if bool(files) == bool(run):
        raise BadInput("give files to screen, or --run with the id of a stored run")
    into.check(out)
    if out is None and into.folder is None:
        raise BadInput("give --out FOLDER for the results, or --into FOLDER for a long screening")
    if not names:
        _ = [parse_objective(text, {}) for text in objective or []]  # before anything heavy is loaded
    asked = tuple(objective or ())
    admet = admet or any(text.startswith(PREFIX) for text in asked)
    source = Source(tuple(files or ()), run, asked, tuple(names), rules, admet)
    if into.folder is None:
        _screen(source, out, workers)
    else:
        _fill(source, into, workers)


@dataclass(frozen=True)
class Source:
    """What is screened by a command.

    Args:
        files: of the user's.
        run: id of a stored run instead.
        objectives: as texts.
        using: predictors of the user's own, by name.
        rules: what a candidate must pass.
        admet: whether ADMET is predicted of molecules, too.
    """

    files: tuple[Path, ...]
    run: str
    objectives: tuple[str, ...]
    using: tuple[str, ...]
    rules: Rules
    admet: bool = False

    def read(self, notes: list[str]) -> Iterator[Item]:
        """Its rows; ``notes`` gets how they were read."""
        from matgen_core.runs.store import open_store
        from matgen_core.workflows.screening.candidate_files import read_files

        if self.run:
            return iter(open_store().candidates(self.run, drafts=False))
        return read_files(list(self.files), notes)

    def check(self) -> list[Objective]:
        """The objectives.

        Raises:
            BadTarget, BadInput: for what cannot be asked for.
        """
        from matgen_core.kinds.molecules import admet
        from matgen_core.kinds.solid_state import check_available
        from matgen_core.workflows.own_properties.own_predictors import own_property
        from matgen_core.workflows.screening.pareto import parse_objective
        from matgen_core.workflows.screening.screen import check_objectives

        own = {record.key: record for record in map(own_property, self.using)}
        objectives = [parse_objective(text, own) for text in self.objectives]
        check_objectives(objectives)
        if not objectives:
            raise BadInput("screening needs an objective; give for example --objective band_gap:max")
        if self.rules.solid_state:
            check_available()
        if self.admet:
            admet.check_available()
        return objectives

    @property
    def further(self) -> Further | None:
        """Adds the predictions of the user's own predictors, and those of ADMET."""
        from matgen_core.workflows.further_predictions import FurtherPredictions

        return FurtherPredictions(self.using, self.admet) or None


def _screen(source: Source, out: Path | None, workers: Workers) -> None:
    assert out is not None
    with at_work(folder=out) as work:
        from matgen_core.workflows.screening.folder import screen_to_folder
        from matgen_core.workflows.screening.screen import Screener

        objectives, notes = source.check(), list[str]()
        with workers.open() as executor:
            outcome = screen_to_folder(
                source.read(notes),
                objectives,
                out,
                screener=Screener(rules=source.rules, further=source.further),
                source=[f"run {source.run}"] if source.run else list(map(str, source.files)),
                on_progress=_print_progress,
                cancelled=work.cancelled,
                executor=executor,
            )
        for asked, path in outcome.moved.items():
            work.found_at(asked, path)
        say_screened(outcome, out, notes)
        if not outcome.complete:
            typer.echo("stopped before the end; the candidates screened so far are in the files", err=True)


def say_screened(outcome: Outcome, out: Path, notes: Sequence[str]) -> None:
    """Prints what a screening came to."""
    left = list(dict(outcome.funnel.counts).values())[-1]
    typer.echo(
        f"{out}: {len(outcome.ids)} screened, {sum(outcome.refused.values())} rows refused, {left} pass every "
        f"rule, {sum(f == 1 for f in outcome.fronts)} on the first Pareto front, {outcome.seconds:.0f} s"
    )
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    for reason, count in outcome.refused.most_common(10):
        typer.echo(f"refused, {count}: {reason}", err=True)
    for rule, count in outcome.funnel.reasons[:10]:
        typer.echo(f"rejected, {count}: {rule}", err=True)


def _fill(source: Source, into: Into, workers: Workers) -> None:
    """Screens the rows of a shard into a folder, and says how far it came."""
    assert into.folder is not None
    with at_work(folder=into.folder) as work:
        from matgen_core.runs.store import open_store
        from matgen_core.workflows.screening.shards import ScreeningAsked, describe_files, fill_screening

        source.check()
        notes = list[str]()
        of = describe_files(source.files)
        if source.run:
            of = (f"run {source.run}, {open_store().get(source.run).count} candidates",)
        asked = ScreeningAsked(of, source.objectives, source.rules, source.using, source.admet)
        with workers.open() as executor:
            found = fill_screening(
                source.read(notes),
                asked,
                into.folder,
                further=source.further,
                shard=into.share,
                executor=executor,
                on_progress=lambda done: _print_progress(done, 0),
                cancelled=work.cancelled,
            )
    typer.echo(f"{into.folder}: {found.screened} rows done, {found.seconds:.0f} s")
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    for name, reason in found.aside:
        typer.echo(f"set aside, rows {name.first + 1} to {name.end}: {reason}", err=True)
    if found.ended == "cancelled":
        typer.echo("stopped before the end; the same command goes on", err=True)
    else:
        typer.echo(f"rank them with: matgen merge {into.folder} --out RESULT")


def _print_progress(done: int, refused: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{done} screened, {refused} refused", nl=False, err=True)


@bench.command("screening")
def bench_screening(
    source: Annotated[Path, typer.Argument(help="CSV with a cif column, from which crystals are taken")],
    counts: Annotated[str, typer.Option(help="numbers of candidates of each kind, one run each")] = "1000,10000",
    out: JsonFolder = MEASURED,
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
