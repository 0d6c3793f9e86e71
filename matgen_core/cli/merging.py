"""Results of long runs by command: ``matgen merge FOLDER…``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.groups import app


@app.command("merge")
def merge(
    folders: Annotated[list[Path], typer.Argument(help="folders that --into wrote, all shards of one run")],
    out: Annotated[Path, typer.Option(help="folder for the result: tables and manifest.json")],
    best: Annotated[int, typer.Option(min=1, max=100_000, help="candidates in best.csv")] = 1000,
    keep: Annotated[str, typer.Option(help="also keep the candidates as a stored run of this name")] = "",
) -> None:
    """Put the shards of a run together: repeats removed, ranked, one manifest; of a screening, its files."""
    from matgen_core.cli.running import at_work
    from matgen_core.workflows.many_workers.merge import merge as merge_folders
    from matgen_core.workflows.many_workers.run_folder import SCREENING, read_run
    from matgen_core.workflows.many_workers.stored_merge import store_merged

    if read_run(folders[0])["work"] == SCREENING:
        _merge_screening(folders, out, keep)
        return
    with at_work(folder=out):
        merged = merge_folders(folders, out, best=best, on_progress=_print_progress)
    typer.echo(f"{out}: {merged.generated} generated, {len(merged.scores)} kept, repeats removed")
    if keep:
        typer.echo(f"kept as run {store_merged(merged, out, keep)}")
    for note in merged.notes:
        typer.echo(f"note: {note}", err=True)
    for rule, count in merged.rejected.most_common(10):
        typer.echo(f"rejected, {count}: {rule}", err=True)


def _merge_screening(folders: list[Path], out: Path, keep: str) -> None:
    from matgen_core.cli.running import at_work
    from matgen_core.cli.screening import say_screened
    from matgen_core.workflows.many_workers.stored_merge import store_screened
    from matgen_core.workflows.screening.shards import merge_screening

    with at_work(folder=out) as work:
        outcome, notes = merge_screening(folders, out, on_progress=lambda done, refused: _print_progress(done))
        for asked, path in outcome.moved.items():
            work.found_at(asked, path)
    say_screened(outcome, out, notes)
    if keep:
        typer.echo(f"kept as run {store_screened(outcome, out, keep)}")


def _print_progress(done: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{done} read", nl=False, err=True)
