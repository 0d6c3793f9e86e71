"""The chosen few by command: ``matgen relax`` and ``matgen known``."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Annotated

import typer

from matgen_core.data.candidate_files import Refused, read_files
from matgen_core.data.elsewhere import ask_elsewhere, elsewhere_verdict
from matgen_core.data.exports import file_name, to_cif
from matgen_core.data.formulas import reduce_formula
from matgen_core.stages.predict import predict
from matgen_core.stages.relax import MOST, Relaxation, relax_candidates
from matgen_core.store import open_store
from matgen_core.types import BadInput, Candidate, Crystal

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
    crystals: list[Candidate[Crystal]] = []
    for item in open_store().candidates(run) if run else read_files(list(files or [])):
        if isinstance(item, Refused):
            typer.echo(f"refused, {item.place}: {item.reason}", err=True)
        elif isinstance(item.material, Crystal):
            crystals.append(item)
        if len(crystals) == MOST:
            typer.echo(f"note: only the first {MOST} crystals are relaxed", err=True)
            break
    if not crystals:
        raise BadInput("no crystal is there to relax; give CIFs, or a run that holds crystals")
    done = relax_candidates(predict(crystals), steps=steps, on_progress=_print_progress)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with (out / "relaxed.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["id", *(f"{key}_{when}" for key in _KEYS for when in ("before", "after")), "note"])
            for entry in done:
                after = entry.after
                values = [c.value(key) if c else None for key in _KEYS for c in (entry.before, after)]
                writer.writerow([entry.before.id, *values, entry.note])
                if after is not None:
                    (out / file_name(after, "cif")).write_text(to_cif(after), encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error.strerror}); choose another folder") from None
    for entry in done:
        typer.echo(f"{entry.before.id}: {entry.note}")


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
    names = list(dict.fromkeys(reduce_formula(formula) for formula in formulas))
    for formula, answers in ask_elsewhere(names, key.strip()).items():
        verdict = elsewhere_verdict(answers)
        typer.echo(f"{formula}: {'known' if verdict.passed else 'not found'}; {verdict.reason}")


def register(app: typer.Typer) -> None:
    """Hangs the commands into ``matgen``."""
    app.command("relax")(relax)
    app.command("known")(known)
