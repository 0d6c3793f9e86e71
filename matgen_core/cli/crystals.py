"""Crystals by command: ``matgen crystals``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.asking import read_constraints, with_goals, with_settings
from matgen_core.cli.reporting import print_progress
from matgen_core.cli.running import Work, at_work
from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Candidate
from matgen_core.core.settings import CrystalSettings


@with_goals("crystals")
@with_settings(CrystalSettings)
def crystals(
    goals: dict[str, Goal],
    settings: CrystalSettings,
    include: Annotated[str, typer.Option(help="elements that must be there: Fe,O")] = "",
    exclude: Annotated[str, typer.Option(help="elements that must not: Pb,Cd")] = "",
    system: Annotated[str, typer.Option(help="exactly these elements: Li-Fe-O")] = "",
    formula: Annotated[str, typer.Option(help="exactly this formula, Fe3O4, or this type: ABX3, ABO3")] = "",
    no_toxic: Annotated[bool, typer.Option("--no-toxic", help="leave out Pb, Cd, Hg, As, Be, Tl")] = False,
    no_radioactive: Annotated[
        bool, typer.Option("--no-radioactive", help="leave out elements without a stable isotope")
    ] = False,
    min_atoms: Annotated[int, typer.Option(help="in the primitive cell")] = 1,
    max_atoms: Annotated[int, typer.Option(help="in the primitive cell")] = 20,
    crystal_system: Annotated[str, typer.Option(help="cubic, hexagonal, …")] = "any",
    count: Annotated[int, typer.Option(help="candidates to draw")] = 16,
    seed: Annotated[int, typer.Option(help="the same seed gives the same candidates")] = 0,
    out: Annotated[Path | None, typer.Option(help="CSV to write")] = None,
    cif_dir: Annotated[Path | None, typer.Option(help="folder for one CIF a candidate")] = None,
) -> None:
    """Draw crystals for a target, read their properties and judge them."""
    target = Target(
        goals,
        read_constraints(
            include, exclude, system, formula, min_atoms, max_atoms, crystal_system, no_toxic, no_radioactive
        ),
    )
    with at_work(out, folder=cif_dir) as work:
        from matgen_core.kinds.crystals.judge import met_all
        from matgen_core.workflows.design import design

        found = design(
            "crystals",
            target,
            count,
            seed=seed,
            settings=settings,
            on_progress=print_progress,
            cancelled=work.cancelled,
        )
        save_crystals(work, found, out, cif_dir)
        met = sum(map(met_all, found))
        said = f"{len(found)} candidates" + (f", {met} meet every target" if goals else "")
        typer.echo(said, err=out is None and cif_dir is None)


def save_crystals(work: Work, found: Sequence[Candidate], out: Path | None, cif_dir: Path | None) -> None:
    """Tables and CIFs where they are asked for; the table is printed where nothing is."""
    from matgen_core.kinds.crystals.files import file_name, to_cif, to_csv

    if out is not None:
        work.save(out, to_csv(found))
    if cif_dir is not None:
        for candidate in found:
            work.save(cif_dir / file_name(candidate, "cif"), to_cif(candidate))
    if out is None and cif_dir is None:
        typer.echo(to_csv(found), nl=False)
