"""The loop by command: ``matgen design crystals|molecules|compositions``, ``matgen evaluate design``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matgen_core.cli.asking import read_constraints, with_goals, with_settings
from matgen_core.cli.molecules import check_ending, write_molecules
from matgen_core.cli.reporting import write_result
from matgen_core.cli.running import at_work
from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import M, Progress
from matgen_core.core.settings import Budget, CompositionSettings, CrystalSettings, MoleculeSettings, Rules

if TYPE_CHECKING:
    from matgen_core.workflows.loop import DesignRun

app = typer.Typer(no_args_is_help=True, help="Draw and judge until enough pass: the chapter's workflow.")
_ENDED = {
    "found": "enough found", "time": "the time was over", "draws": "as many as allowed were drawn",
    "cancelled": "cancelled",
}  # fmt: skip
_USUAL = Budget()
_RULES = Rules()


@app.command("crystals")
@with_goals("crystals")
@with_settings(CrystalSettings)
def design_crystals(
    goals: dict[str, Goal],
    settings: CrystalSettings,
    include: Annotated[str, typer.Option(help="elements that must be there: Fe,O")] = "",
    exclude: Annotated[str, typer.Option(help="elements that must not: Pb,Cd")] = "",
    system: Annotated[str, typer.Option(help="exactly these elements: Li-Fe-O")] = "",
    formula: Annotated[str, typer.Option(help="exactly this formula, Fe3O4, or this type: ABX3, ABO3")] = "",
    min_atoms: Annotated[int, typer.Option(help="in the primitive cell")] = 1,
    max_atoms: Annotated[int, typer.Option(help="in the primitive cell")] = 20,
    crystal_system: Annotated[str, typer.Option(help="cubic, hexagonal, …")] = "any",
    want: Annotated[int, typer.Option(help="candidates that pass everything")] = _USUAL.want,
    seconds: Annotated[float, typer.Option(help="at most so long")] = _USUAL.seconds,
    draws: Annotated[int, typer.Option(help="draw at most so many")] = _USUAL.draws,
    max_hull: Annotated[float, typer.Option(help="eV/atom above the hull, at most")] = _RULES.max_e_above_hull,
    toxic: Annotated[bool, typer.Option(help="allow toxic elements")] = False,
    radioactive: Annotated[bool, typer.Option(help="allow radioactive elements")] = False,
    known: Annotated[bool, typer.Option(help="list what is known already, too")] = False,
    solid_state: Annotated[bool, typer.Option(help="makeable from powders in air (matsyngate; oxides)")] = False,
    shallow: Annotated[bool, typer.Option(help="list also where few phases are known, so stability is unsure")] = False,
    seed: Annotated[int, typer.Option(help="the same seed draws the same candidates")] = 0,
    out: Annotated[Path | None, typer.Option(help="CSV of those that passed")] = None,
    everything: Annotated[Path | None, typer.Option(help="CSV of everything drawn, with the reasons")] = None,
    cif_dir: Annotated[Path | None, typer.Option(help="folder for one CIF each that passed")] = None,
) -> None:
    """Crystals that reach the targets, could be made, would last and are not among the known."""
    constraints = read_constraints(include, exclude, system, formula, min_atoms, max_atoms, crystal_system)
    rules = Rules(max_hull, toxic, radioactive, known, solid_state=solid_state, shallow=shallow)
    with at_work(out, everything, folder=cif_dir) as work:
        from matgen_core.kinds.crystals.files import file_name, to_cif, to_csv
        from matgen_core.workflows.design import design_until

        run = design_until(
            "crystals",
            Target(goals, constraints), Budget(want, seconds, draws), rules=rules, seed=seed,
            settings=settings, on_progress=_print, cancelled=work.cancelled,
        )  # fmt: skip
        for path, candidates in ((out, run.listed), (everything, run.candidates)):
            if path is not None:
                work.save(path, to_csv(candidates))
        if cif_dir is not None:
            for candidate in run.listed:
                work.save(cif_dir / file_name(candidate, "cif"), to_cif(candidate))
        if out is None and cif_dir is None and run.listed:
            typer.echo(to_csv(run.listed), nl=False)
        _report(run)


@app.command("molecules")
@with_goals("molecules")
@with_settings(MoleculeSettings, ("temperature", "top_k", "top_p", "grammar", "guidance"))
def design_molecules(
    goals: dict[str, Goal],
    settings: MoleculeSettings,
    want: Annotated[int, typer.Option(help="molecules that pass everything")] = 100,
    seconds: Annotated[float, typer.Option(help="at most so long")] = _USUAL.seconds,
    draws: Annotated[int, typer.Option(help="draw at most so many")] = 10_000,
    max_sa: Annotated[float, typer.Option(help="SA score, at most")] = _RULES.max_sa,
    filters: Annotated[str, typer.Option(help="alerts that reject")] = ",".join(_RULES.filters),
    known: Annotated[bool, typer.Option(help="list what is known already, too")] = False,
    seed: Annotated[int, typer.Option(help="the same seed draws the same molecules")] = 0,
    out: Annotated[Path | None, typer.Option(help="CSV, SDF or SMILES of those that passed")] = None,
    everything: Annotated[Path | None, typer.Option(help="CSV of everything drawn, with the reasons")] = None,
) -> None:
    """Molecules that reach the targets, pass the alerts, are easy to make and new."""
    alerts = tuple(part.strip() for part in filters.split(",") if part.strip())
    check_ending(out)
    with at_work(out, everything) as work:
        from matgen_core.workflows.design import design_until

        run = design_until(
            "molecules",
            Target(goals), Budget(want, seconds, draws), rules=Rules(known=known, max_sa=max_sa, filters=alerts),
            seed=seed, settings=settings, on_progress=_print, cancelled=work.cancelled,
        )  # fmt: skip
        if out is not None:
            work.save(out, write_molecules(run.listed, out.suffix))
        elif run.listed:
            typer.echo(write_molecules(run.listed, ".csv"), nl=False)
        if everything is not None:
            work.save(everything, write_molecules(run.candidates, ".csv"))
        _report(run)


@app.command("compositions")
@with_goals("compositions")
@with_settings(CompositionSettings, ("temperature", "top_k", "prompt"))
def design_compositions(
    goals: dict[str, Goal],
    settings: CompositionSettings,
    include: Annotated[str, typer.Option(help="elements that must be there: Fe,O")] = "",
    exclude: Annotated[str, typer.Option(help="elements that must not: Pb,Cd")] = "",
    system: Annotated[str, typer.Option(help="exactly these elements: Li-Fe-O")] = "",
    formula: Annotated[str, typer.Option(help="only this type of formula: ABX3, ABO3")] = "",
    min_atoms: Annotated[int, typer.Option(help="in the reduced formula")] = 1,
    max_atoms: Annotated[int, typer.Option(help="in the reduced formula")] = 20,
    want: Annotated[int, typer.Option(help="compositions that pass everything")] = 50,
    seconds: Annotated[float, typer.Option(help="at most so long")] = _USUAL.seconds,
    draws: Annotated[int, typer.Option(help="draw at most so many")] = 10_000,
    max_hull: Annotated[float, typer.Option(help="eV/atom above the hull, at most")] = _RULES.max_e_above_hull,
    toxic: Annotated[bool, typer.Option(help="allow toxic elements")] = False,
    radioactive: Annotated[bool, typer.Option(help="allow radioactive elements")] = False,
    known: Annotated[bool, typer.Option(help="list what is known already, too")] = False,
    solid_state: Annotated[bool, typer.Option(help="makeable from powders in air (matsyngate; oxides)")] = False,
    shallow: Annotated[bool, typer.Option(help="list also where few phases are known, so stability is unsure")] = False,
    seed: Annotated[int, typer.Option(help="the same seed draws the same compositions")] = 0,
    out: Annotated[Path | None, typer.Option(help="CSV of those that passed")] = None,
    everything: Annotated[Path | None, typer.Option(help="CSV of everything drawn, with the reasons")] = None,
) -> None:
    """Compositions that reach the targets, could be made, would last and are not among the known."""
    constraints = read_constraints(include, exclude, system, formula, min_atoms, max_atoms)
    rules = Rules(max_hull, toxic, radioactive, known, solid_state=solid_state, shallow=shallow)
    with at_work(out, everything) as work:
        from matgen_core.kinds.compositions.files import formulas_to_csv
        from matgen_core.workflows.design import design_until

        run = design_until(
            "compositions",
            Target(goals, constraints), Budget(want, seconds, draws), rules=rules, seed=seed,
            settings=settings, on_progress=_print, cancelled=work.cancelled,
        )  # fmt: skip
        for path, candidates in ((out, run.listed), (everything, run.candidates)):
            if path is not None:
                work.save(path, formulas_to_csv(candidates))
        if out is None and run.listed:
            typer.echo(formulas_to_csv(run.listed), nl=False)
        _report(run)


def _report(run: DesignRun[M]) -> None:
    """The funnel, on the error stream, so that a table can be piped."""
    steps = ", ".join(f"{name} {count}" for name, count in run.funnel.counts)
    typer.echo(f"{_ENDED[run.ended]} after {run.seconds:.0f} s: {steps}", err=True)
    if run.funnel.reasons:
        typer.echo("stopped by: " + ", ".join(f"{rule} {n}" for rule, n in run.funnel.reasons), err=True)


def _print(progress: Progress[M]) -> None:
    if sys.stderr.isatty():
        text = f"\r{progress.done}/{progress.total} found, {len(progress.candidates)} drawn   "
        typer.echo(text, nl=progress.stage == "done", err=True)


def evaluate_design(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    seconds: Annotated[float, typer.Option(help="for each target and way")] = 40.0,
    seed: Annotated[int, typer.Option(help="of the draws")] = 0,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure what the loop delivers per minute beside random generation and ionic substitution."""
    from matgen_core.evaluation.design import measure_design
    from matgen_core.evaluation.timing import describe_machine
    from matgen_core.kinds.crystals.rows import load_rows

    result = {"machine": describe_machine(), **measure_design(load_rows(rows), seconds, seed, typer.echo)}
    write_result(result, out / "design.json")


def register(parent: typer.Typer, evaluate: typer.Typer) -> None:
    """Hangs the commands into ``matgen``."""
    parent.add_typer(app, name="design")
    evaluate.command("design")(evaluate_design)
