"""The chosen few by command: ``matgen relax`` and ``matgen known``."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matgen_core.cli.running import at_work
from matgen_core.core.errors import BadInput
from matgen_core.core.records import Candidate, Crystal

if TYPE_CHECKING:
    from matgen_core.kinds.crystals.relax import Relaxation

_KEYS = ("formation_energy", "e_above_hull", "magnetic_moment")


def relax(
    out: Annotated[Path, typer.Option(help="folder for CIFs and relaxed.csv")],
    files: Annotated[list[Path] | None, typer.Argument(help="CIFs, a folder or zip of them, CSV with cif")] = None,
    run: Annotated[str, typer.Option(help="a stored run (matgen runs list) instead of files")] = "",
    steps: Annotated[int, typer.Option(help="of FIRE for each, at most")] = 200,
) -> None:
    """Relax the first ten crystals by CHGNet, cell and all, symmetry kept; before and after as a table, and CIFs."""
    if bool(files) == bool(run):
        raise BadInput("give files to relax, or --run with the id of a stored run")
    if not 1 <= steps <= 2000:
        raise BadInput(f"{steps} steps are out of range; use 1 to 2000")
    with at_work(folder=out) as work:
        from matgen_core.kinds.crystals.files import file_name, to_cif
        from matgen_core.kinds.crystals.predict import predict
        from matgen_core.kinds.crystals.relax import relax_candidates

        crystals = _read_crystals(files, run)
        done = relax_candidates(predict(crystals), steps=steps, on_progress=_print_progress, cancelled=work.cancelled)
        for entry in done:
            if entry.after is not None:
                work.save(out / file_name(entry.after, "cif"), to_cif(entry.after))
        work.save(out / "relaxed.csv", _table(done, crystals))
        for entry in done:
            typer.echo(f"{entry.before.id}: {entry.note}")
        if len(done) < len(crystals):
            typer.echo(f"stopped; {len(crystals) - len(done)} crystals were not relaxed", err=True)


def _read_crystals(files: list[Path] | None, run: str) -> list[Candidate[Crystal]]:
    """The first crystals of files or of a stored run; says what was refused."""
    from matgen_core.kinds.crystals.relax import MOST
    from matgen_core.kinds.registry import kind_of
    from matgen_core.runs.store import open_store
    from matgen_core.workflows.candidate_files import Refused, read_files

    crystals: list[Candidate[Crystal]] = []
    for item in open_store().candidates(run) if run else read_files(list(files or [])):
        if isinstance(item, Refused):
            typer.echo(f"refused, {item.place}: {item.reason}", err=True)
        elif kind_of(item.material).has_geometry:
            if len(crystals) == MOST:
                typer.echo(f"note: only the first {MOST} crystals are relaxed", err=True)
                break
            crystals.append(item)
    if not crystals:
        raise BadInput("no crystal is there to relax; give CIFs, or a run that holds crystals")
    return crystals


def _table(done: tuple[Relaxation, ...], crystals: list[Candidate[Crystal]]) -> str:
    """Predictions before and after as CSV, a row for each crystal, also where it was not relaxed."""
    from matgen_core.kinds.crystals.files import harmless

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["id", *(f"{key}_{when}" for key in _KEYS for when in ("before", "after")), "note"])
    for entry in done:
        values = [c.value(key) if c else None for key in _KEYS for c in (entry.before, entry.after)]
        writer.writerow([harmless(cell) for cell in (entry.before.id, *values, entry.note)])
    for crystal in crystals[len(done) :]:
        writer.writerow([harmless(crystal.id), *[None] * (2 * len(_KEYS)), "not relaxed: the command was stopped"])
    return buffer.getvalue()


def _print_progress(done: tuple[Relaxation, ...], number: int, step: int) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\rcrystal {number + 1}, step {step}, {len(done)} done   ", nl=False, err=True)


def known(
    formulas: Annotated[list[str], typer.Argument(help="such as NaCl BaTiO3")],
    key: Annotated[
        str, typer.Option(envvar="MP_API_KEY", help="your key of the Materials Project; sent there alone")
    ] = "",
) -> None:
    """Ask public databases, over the network, whether they know a formula."""
    from matgen_core.kinds.compositions.rows import reduce_formula
    from matgen_core.workflows.optimade import ask_elsewhere, elsewhere_verdict

    names, unknown = list(dict.fromkeys(reduce_formula(formula) for formula in formulas)), 0
    for formula, answers in ask_elsewhere(names, key.strip()).items():
        verdict, answered = elsewhere_verdict(answers), sum(answer.count is not None for answer in answers)
        word = "known" if verdict.passed else f"not found in the {answered} that answered"
        if not answered:
            word, unknown = "not known whether: no database answered", unknown + 1
        elif not verdict.passed and answered == len(answers):
            word = "not found"
        typer.echo(f"{formula}: {word}; {verdict.reason}")
    raise typer.Exit(1 if unknown else 0)


def register(app: typer.Typer) -> None:
    """Hangs the commands into ``matgen``."""
    app.command("relax")(relax)
    app.command("known")(known)
