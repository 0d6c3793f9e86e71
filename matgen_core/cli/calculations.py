"""The way to first principles and back by command: ``matgen follow-up`` and ``matgen results``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matgen_core.cli.following_up import read_crystals
from matgen_core.cli.groups import app
from matgen_core.cli.running import at_work
from matgen_core.core.errors import BadInput, quote

if TYPE_CHECKING:
    from matgen_core.core.records import Candidate
    from matgen_core.workflows.calculations.results import PredictorError, Result

phases_app = typer.Typer(no_args_is_help=True, help="Phases that were computed for you, in your hull.")
app.add_typer(phases_app, name="phases")


@app.command("follow-up")
def follow_up(
    out: Annotated[Path, typer.Option(help="folder to write")],
    files: Annotated[list[Path] | None, typer.Argument(help="CIFs, a folder or zip of them, CSV with cif")] = None,
    run: Annotated[str, typer.Option(help="a stored run (matgen runs list) instead of files")] = "",
    count: Annotated[int, typer.Option(min=1, max=10_000, help="candidates at most")] = 200,
    order: Annotated[
        str, typer.Option(help="disagreement: first those on which the two potentials differ most; score: as ranked")
    ] = "disagreement",
) -> None:
    """Write input for VASP and Quantum ESPRESSO, and flows for atomate2: one folder per candidate."""
    if bool(files) == bool(run):
        raise BadInput("give files, or --run with the id of a stored run")
    with at_work(folder=out) as work:
        from matgen_core.kinds.crystals.predict import predict
        from matgen_core.workflows.calculations.follow_up import choose, write_calculations

        crystals = read_crystals(files, run)
        if any(not crystal.predictions for crystal in crystals):  # of files nothing is predicted yet
            crystals = list(predict(crystals))
        chosen = choose(crystals, order, count)
        for name, text in write_calculations(chosen, order).items():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            work.save(path, text)
    typer.echo(f"{len(chosen)} candidates in {out}; flows.py there makes their atomate2 flows")


@app.command("results")
def results(
    files: Annotated[list[Path], typer.Argument(help="folders, CSV, vasprun.xml, JSON of atomate2")],
    run: Annotated[str, typer.Option(help="the stored run (matgen runs list) whose candidates were computed")],
    out: Annotated[Path | None, typer.Option(help="folder for comparison.csv and training.csv")] = None,
    keep: Annotated[bool, typer.Option(help="keep the computed values in the stored run")] = True,
    phases: Annotated[
        bool,
        typer.Option(
            help="add the computed phases to your hull, which later runs use; their formation energies are on the "
            "scale of the Materials Project (PBE with MP2020 corrections)"
        ),
    ] = True,
) -> None:
    """Read computed values of a run's candidates, and compare them with the predictions."""
    with at_work(folder=out) as work:
        from matgen_core.files.refused import Refused
        from matgen_core.runs.store import open_store
        from matgen_core.workflows.calculations.results import (
            add_results,
            differences,
            predictor_errors,
            read_results,
            to_comparison_csv,
            to_training_csv,
        )

        store = open_store()
        candidates, found = store.candidates(run, drafts=False), []
        for item in read_results(files, candidates):
            if isinstance(item, Refused):
                typer.echo(f"refused, {item.place}: {item.reason}", err=True)
            else:
                found.append(item)
            if work.cancelled():
                break
        if not found:
            raise BadInput("no result belongs to a candidate of the run; see what was refused")
        computed = add_results(candidates, found)
        if keep:
            store.update(run, [c for c in computed if c.computed])
        if phases:
            _add_phases(candidates, found, run)
        if out is not None:
            work.save(out / "comparison.csv", to_comparison_csv(computed))
            work.save(out / "training.csv", to_training_csv(computed, found))
    apart = differences(computed)
    for one in apart:
        typer.echo(f"{one.id}  {one.property}: computed {one.computed:.3f}, {one.method} {one.predicted:.3f}")
    for error in predictor_errors(apart):
        typer.echo(_line(error))


def _add_phases(candidates: Sequence[Candidate[Any]], found: Sequence[Result], run: str) -> None:
    from matgen_core.runs.own_phases import add_phases
    from matgen_core.workflows.calculations.computed_phases import computed_phases

    own, refused = computed_phases(candidates, found, run)
    for one in refused:
        typer.echo(f"refused, {one.place}: {one.reason}", err=True)
    if own:
        add_phases(own)
        typer.echo(f"added to your hull: {', '.join(phase.formula for phase in own)}; see: matgen phases list")


@phases_app.command("list")
def show_phases() -> None:
    """List the computed phases in your hull, and how far each lies above it."""
    from matgen_core.kinds.crystals.known.reference import load_reference
    from matgen_core.runs.own_phases import list_phases, phases_file
    from matgen_core.workflows.calculations.computed_phases import above_hull

    own = list_phases()
    if not own:
        typer.echo("no phase of your own; matgen results adds them")
        return
    hull = load_reference().hull
    for phase in own:
        above = above_hull(hull, phase)
        told = "" if above is None else f"  {above:.3f} above the hull"
        typer.echo(f"{phase.name}  {phase.formula}  {phase.energy:+.3f} eV/atom{told}  {phase.method}  {phase.added}")
    typer.echo(f"{phases_file()}")


@phases_app.command("remove")
def remove(
    names: Annotated[list[str] | None, typer.Argument(help="names, as matgen phases list shows them")] = None,
    everything: Annotated[bool, typer.Option("--all", help="all of them")] = False,
) -> None:
    """Remove computed phases from your hull; the stored runs keep their values."""
    from matgen_core.runs.own_phases import list_phases, remove_phases

    own = [phase.name for phase in list_phases()]
    if bool(names) == everything:
        raise BadInput("give names of phases, or --all")
    unknown = [name for name in names or [] if name not in own]
    if unknown:
        raise BadInput("no phase is called {names}; see: matgen phases list", names=", ".join(map(quote, unknown)))
    typer.echo(f"{remove_phases(own if everything else names or [])} phases removed")


def _line(error: PredictorError) -> str:
    from matgen_core.core.properties import PROPERTIES

    unit = PROPERTIES[error.property].unit
    return (
        f"{error.property} by {error.method}: mean absolute error {error.mean_absolute:.3f} {unit}, "
        f"mean difference {error.bias:+.3f} {unit}, {error.count} candidates"
    )
