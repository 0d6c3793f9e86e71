"""Kept runs by command: ``matgen runs list``, ``show``, ``export``, ``rename``, ``delete``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matgen_core.cli.running import at_work
from matgen_core.core.errors import BadInput
from matgen_core.core.records import Crystal, Formula, Molecule

if TYPE_CHECKING:
    from matgen_core.runs.store import Store

app = typer.Typer(no_args_is_help=True, help="Runs that the app has kept.")
_ID = typer.Argument(help="the run's id, as matgen runs list shows it")


def _store() -> Store:
    from matgen_core.runs.store import open_store

    return open_store()


@app.command("list")
def list_runs(owner: Annotated[str, typer.Option(help="whose, where people are kept apart")] = "") -> None:
    """All runs, the newest first."""
    for run in _store().list(owner):
        typer.echo(f"{run.id}  {run.created:%Y-%m-%d %H:%M}  {run.state:11}  {run.count:6}  {run.kind}  {run.name}")


@app.command("show")
def show_run(run: Annotated[str, _ID]) -> None:
    """Settings, seed and versions of a run, as JSON."""
    known = _store().get(run)
    typer.echo(
        json.dumps(
            {
                "id": known.id, "name": known.name, "kind": known.kind, "state": known.state, "count": known.count,
                "seed": known.seed, "settings": dict(known.settings), "versions": dict(known.versions),
                "created": known.created.isoformat(), "message": known.message,
            },
            indent=1, ensure_ascii=False,
        )
    )  # fmt: skip


@app.command("export")
def export_run(run: Annotated[str, _ID], out: Annotated[Path, typer.Argument(help="CSV, or SDF of molecules")]) -> None:
    """Every candidate of a run."""
    from matgen_core.kinds.compositions import files as formula_exports
    from matgen_core.kinds.crystals import files as exports
    from matgen_core.kinds.molecules import files as molecule_exports

    found = _store().candidates(run)
    kinds = {type(candidate.material) for candidate in found}
    if len(kinds) > 1:
        raise BadInput(f"run {run} holds materials of several kinds; write it with: matgen screen --run {run}")
    molecules = not kinds or Molecule in kinds
    if out.suffix not in (".csv", ".sdf") or (not molecules and out.suffix == ".sdf"):
        raise BadInput(f"{out.name} cannot be written; give a name that ends in .csv, or .sdf for molecules")
    if Crystal in kinds:
        text = exports.to_csv(found)
    elif Formula in kinds:
        text = formula_exports.formulas_to_csv(found)
    else:
        text = molecule_exports.to_sdf(found) if out.suffix == ".sdf" else molecule_exports.to_csv(found)
    with at_work(out) as work:
        work.save(out, text)
    typer.echo(f"{len(found)} candidates in {out}")


@app.command("rename")
def rename_run(run: Annotated[str, _ID], name: Annotated[str, typer.Argument(help="the new name")]) -> None:
    """Another name for a run."""
    _store().rename(run, name)


@app.command("delete")
def delete_run(
    run: Annotated[str, _ID], yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False
) -> None:
    """A run and its candidates, for good."""
    known = _store().get(run)
    if not yes:
        typer.confirm(f"delete {known.name} with {known.count} candidates for good?", abort=True)
    _store().delete(run)
