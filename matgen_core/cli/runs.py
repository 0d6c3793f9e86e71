"""Kept runs by command: ``matgen runs list``, ``show``, ``export``, ``evidence``, ``rename``, ``delete``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matgen_core.cli.groups import app
from matgen_core.cli.running import at_work
from matgen_core.core.errors import BadInput

if TYPE_CHECKING:
    from matgen_core.runs.store import Store

runs_app = typer.Typer(no_args_is_help=True, help="Stored runs of the app.")
app.add_typer(runs_app, name="runs")
_ID = typer.Argument(help="the run's id, as matgen runs list shows it")


def _store() -> Store:
    from matgen_core.runs.store import open_store

    return open_store()


@runs_app.command("list")
def list_runs(owner: Annotated[str, typer.Option(help="owner, if users are kept apart")] = "") -> None:
    """List all runs, newest first."""
    for run in _store().list(owner):
        typer.echo(f"{run.id}  {run.created:%Y-%m-%d %H:%M}  {run.state:11}  {run.count:6}  {run.kind}  {run.name}")


@runs_app.command("show")
def show_run(run: Annotated[str, _ID]) -> None:
    """Show settings, seed, versions and the command that asks for the same as JSON."""
    known = _store().get(run)
    typer.echo(
        json.dumps(
            {
                "id": known.id,
                "name": known.name,
                "kind": known.kind,
                "state": known.state,
                "count": known.count,
                "seed": known.seed,
                "settings": dict(known.settings),
                "command": (known.asked or {}).get("command"),
                "versions": dict(known.versions),
                "created": known.created.isoformat(),
                "message": known.message,
            },
            indent=1,
            ensure_ascii=False,
        )
    )


@runs_app.command("export")
def export_run(
    run: Annotated[str, _ID],
    out: Annotated[Path, typer.Argument(help="file that ends in .csv, .zip, .json, .sdf or .smi")],
) -> None:
    """Write all candidates of a run to a file."""
    from matgen_core.kinds.registry import check_ending, name_of_kind, write

    ending = out.suffix.lower().removeprefix(".")
    found = _store().candidates(run)
    kinds = {name_of_kind(candidate.material) for candidate in found}
    if len(kinds) > 1:
        raise BadInput(f"run {run} contains several kinds of material; write it with: matgen screen --run {run}")
    kind = next(iter(kinds), "molecules")
    check_ending(kind, ending)
    with at_work(out) as work:
        work.save(out, write(kind, found, ending))
    typer.echo(f"{len(found)} candidates in {out}")


@runs_app.command("evidence")
def write_evidence(
    run: Annotated[str, _ID],
    candidate: Annotated[str, typer.Argument(help="the candidate's id, as in tables and files of the run")],
    out: Annotated[Path, typer.Argument(help="file that ends in .html, which prints, or .json")],
) -> None:
    """Write what is known of one candidate of a run: properties, checks, nearest known, how to repeat it."""
    from matgen_core.viz.evidence import write_evidence_page
    from matgen_core.workflows.evidence import stored_repeat, to_evidence_json

    ending = out.suffix.lower()
    if ending not in (".html", ".json"):
        raise BadInput("{out} ends in {ending!r}; write .html or .json", out=out, ending=ending)
    store = _store()
    found = next((one for one in store.candidates(run) if one.id == candidate), None)
    if found is None:
        raise BadInput(
            "run {run} has no candidate {candidate!r}; matgen runs export {run} FILE.csv lists them",
            run=run,
            candidate=candidate,
        )
    repeat = stored_repeat(store.get(run))
    with at_work(out) as work:
        work.save(out, (write_evidence_page if ending == ".html" else to_evidence_json)(found, repeat))
    typer.echo(f"{found.id} in {out}")


@runs_app.command("rename")
def rename_run(run: Annotated[str, _ID], name: Annotated[str, typer.Argument(help="the new name")]) -> None:
    """Rename a run."""
    _store().rename(run, name)


@runs_app.command("delete")
def delete_run(
    run: Annotated[str, _ID], yes: Annotated[bool, typer.Option("--yes", help="do not ask for confirmation")] = False
) -> None:
    """Delete a run and its candidates permanently."""
    known = _store().get(run)
    if not yes:
        typer.confirm(f"delete {known.name} with {known.count} candidates permanently?", abort=True)
    _store().delete(run)
