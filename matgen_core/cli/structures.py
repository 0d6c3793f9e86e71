"""Structures of a formula and neighbours of a crystal by command: ``matgen structures`` and ``matgen vary``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.groups import app
from matgen_core.cli.options import read_constraints, with_goals, with_settings
from matgen_core.cli.reporting import print_progress
from matgen_core.cli.running import Work, at_work
from matgen_core.core.goals import Goal
from matgen_core.core.records import Candidate
from matgen_core.core.settings import ConstraintTexts

_OUT = typer.Option(help="CSV to write; printed if left out")
_CIFS = typer.Option(help="folder for one CIF per structure")


@app.command("structures")
def structures(
    formula: Annotated[str, typer.Argument(help="a formula, such as BaTiO3")],
    count: Annotated[int, typer.Option(min=0, max=1000, help="structures to generate beside the known ones")] = 8,
    seed: Annotated[int, typer.Option(help="the same seed gives the same structures")] = 0,
    out: Annotated[Path | None, _OUT] = None,
    cif_dir: Annotated[Path | None, _CIFS] = None,
) -> None:
    """List possible structures of a formula: known ones first, then generated ones, ordered by energy above hull."""
    with at_work(out, folder=cif_dir) as work:
        from matgen_core.core.records import KNOWN
        from matgen_core.workflows.structures import list_structures

        found = list_structures(formula, count, seed=seed, on_progress=print_progress, cancelled=work.cancelled)
        _save(work, found, out, cif_dir)
        known = sum(candidate.origin.engine == KNOWN for candidate in found)
        typer.echo(f"{known} known structures of {formula}, {len(found) - known} others", err=True)


@app.command("vary")
@with_goals("crystals")
@with_settings(ConstraintTexts, ("include", "exclude", "toxic", "radioactive"), parameter="texts")
def vary(
    goals: dict[str, Goal],
    texts: ConstraintTexts,
    file: Annotated[Path, typer.Argument(help="CIF, or another file of one structure")],
    count: Annotated[int, typer.Option(min=1, max=1000, help="variants")] = 16,
    seed: Annotated[int, typer.Option(help="the same seed gives the same structures")] = 0,
    out: Annotated[Path | None, _OUT] = None,
    cif_dir: Annotated[Path | None, _CIFS] = None,
) -> None:
    """Exchange elements of a crystal within its structure type; the variants are relaxed, predicted and ranked."""
    constraints = read_constraints(texts)
    with at_work(out, folder=cif_dir) as work:
        from matgen_core.workflows.screening.candidate_files import read_files
        from matgen_core.workflows.structures import only_crystal, vary_crystal

        source = only_crystal(read_files([file]), file.name)
        found = vary_crystal(
            source,
            count,
            goals=goals,
            constraints=constraints,
            seed=seed,
            on_progress=print_progress,
            cancelled=work.cancelled,
        )
        _save(work, found, out, cif_dir)
        typer.echo(f"{len(found)} variants of {file.name}", err=True)


def _save(work: Work, found: Sequence[Candidate], out: Path | None, cif_dir: Path | None) -> None:
    from matgen_core.kinds.crystals.files.candidate_files import file_name, to_cif
    from matgen_core.kinds.registry import write

    text = str(write("crystals", found))
    if out is not None:
        work.save(out, text)
    for candidate in (c for c in found if not c.is_draft) if cif_dir is not None else ():
        assert cif_dir is not None
        work.save(cif_dir / file_name(candidate, "cif"), to_cif(candidate))
    if out is None and cif_dir is None:
        typer.echo(text, nl=False)
