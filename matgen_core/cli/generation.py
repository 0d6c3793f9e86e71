"""The commands of every kind, made from its record: ``matgen crystals``, ``matgen design crystals``, and so on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matgen_core.cli.options import Command, read_constraints, with_goals, with_option, with_settings, without_option
from matgen_core.cli.reporting import print_progress
from matgen_core.cli.running import Work, at_work
from matgen_core.core.declaring import declared
from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Candidate, Progress
from matgen_core.core.settings import Budget, ConstraintTexts, Rules
from matgen_core.kinds.registry import KINDS, check_ending

if TYPE_CHECKING:
    from matgen_core.workflows.design import Kept
    from matgen_core.workflows.loop import DesignRun

_ENDED = {
    "found": "enough found",
    "time": "the time was over",
    "draws": "as many as allowed were drawn",
    "cancelled": "cancelled",
}
#: Constraints that are rules where rules hold.
_RULED = ("toxic", "radioactive")


def generate_command(kind: str) -> Command:
    """``matgen KIND``: candidates of a kind for a target, as many as are asked for."""
    record = KINDS[kind]

    @with_goals(kind)
    @with_settings(record.settings)
    @with_settings(ConstraintTexts, record.constraints, parameter="texts")
    @with_option("count", int, record.count, f"{kind} to keep: {record.counted}")
    @with_option("out", Path | None, None, _out_help(kind))
    @_with_folder(kind)
    def command(
        goals: dict[str, Goal],
        settings: Any,
        texts: ConstraintTexts,
        count: int,
        seed: Annotated[int, typer.Option(help="the same seed gives the same candidates")] = 0,
        out: Path | None = None,
        cif_dir: Path | None = None,
        everything: Annotated[bool, typer.Option("--all", help="write rejected candidates, too")] = False,
    ) -> None:
        target = Target(goals, read_constraints(texts))
        _check_file(kind, out)
        with at_work(out, folder=cif_dir) as work:
            from matgen_core.kinds.registry import load_kind
            from matgen_core.workflows.design import count_kept, design

            made = load_kind(kind)
            made.check(target, count, settings)
            for caution in made.cautions(target, settings):
                typer.echo(f"note: {caution}", err=True)
            found = design(
                kind,
                target,
                count,
                seed=seed,
                settings=settings,
                on_progress=print_progress,
                cancelled=work.cancelled,
            )
            kept = count_kept(kind, found, settings)
            _save(work, kind, found if everything else kept.candidates, out, cif_dir)
            typer.echo(_say_kept(kind, kept, bool(goals)), err=out is None and cif_dir is None)

    command.__doc__ = f"Generate {kind} for a target, predict their properties and judge them."
    return command


def design_command(kind: str) -> Command:
    """``matgen design KIND``: candidates of a kind until enough pass every rule."""
    record, offered = KINDS[kind], declared(KINDS[kind].settings)

    @with_goals(kind)
    @with_settings(record.settings, [name for name in offered if name not in record.ruled])
    @with_settings(ConstraintTexts, [n for n in record.constraints if n not in _RULED], parameter="texts")
    @with_settings(Budget, usual=record.budget, parameter="budget")
    @with_settings(Rules, record.rules, parameter="rules")
    @with_option("out", Path | None, None, f"those that passed; {_out_help(kind)}")
    @_with_folder(kind)
    def command(
        goals: dict[str, Goal],
        settings: Any,
        texts: ConstraintTexts,
        budget: Budget,
        rules: Rules,
        seed: Annotated[int, typer.Option(help="the same seed draws the same candidates")] = 0,
        out: Path | None = None,
        cif_dir: Path | None = None,
        everything: Annotated[Path | None, typer.Option(help="CSV of everything drawn, with the reasons")] = None,
    ) -> None:
        target = Target(goals, read_constraints(texts))
        _check_file(kind, out)
        with at_work(out, everything, folder=cif_dir) as work:
            from matgen_core.kinds.registry import write
            from matgen_core.workflows.design import design_until

            run = design_until(
                kind,
                target,
                budget,
                rules=rules,
                seed=seed,
                settings=settings,
                on_progress=_print_found,
                cancelled=work.cancelled,
            )
            _save(work, kind, run.listed, out, cif_dir)
            if everything is not None:
                work.save(everything, write(kind, run.candidates))
            _say_run(run)

    command.__doc__ = f"Generate {kind} until enough reach the targets, could be made, would last and are not known."
    return command


def _out_help(kind: str) -> str:
    endings = KINDS[kind].endings
    return f"file to write, {' or '.join(f'.{ending}' for ending in endings)}; printed as CSV if left out"


def _with_folder(kind: str) -> Callable[[Command], Command]:
    """The option for one CIF a candidate, where the kind has CIFs."""
    if "zip" in KINDS[kind].endings:
        return with_option("cif_dir", Path | None, None, "folder for one CIF a candidate")
    return without_option("cif_dir")


def _check_file(kind: str, out: Path | None) -> None:
    if out is not None:
        check_ending(kind, out.suffix.lower().removeprefix("."))


def _save(work: Work, kind: str, candidates: Sequence[Candidate[Any]], out: Path | None, cif_dir: Path | None) -> None:
    """Files where they are asked for; the table is printed where none is."""
    from matgen_core.kinds.registry import write

    if out is not None:
        work.save(out, write(kind, candidates, out.suffix.lower().removeprefix(".")))
    if cif_dir is not None:
        from matgen_core.kinds.crystals.files import file_name, to_cif

        for candidate in candidates:
            work.save(cif_dir / file_name(candidate, "cif"), to_cif(candidate))
    if out is None and cif_dir is None and candidates:
        typer.echo(write(kind, candidates), nl=False)


def _say_kept(kind: str, kept: Kept[Any], goals: bool) -> str:
    """How many were kept, generated and rejected, and how many of those kept meet the goals."""
    from matgen_core.kinds.crystals.judge import met_all

    text = f"{len(kept.candidates)} {kind} kept of {kept.generated} generated"
    if kept.rejected:
        text += "; rejected: " + ", ".join(f"{rule} {count}" for rule, count in kept.rejected)
    return text + (f"; {sum(map(met_all, kept.candidates))} meet every target" if goals else "")


def _say_run(run: DesignRun[Any]) -> None:
    """The funnel, on the error stream, so that a table can be piped."""
    steps = ", ".join(f"{name} {count}" for name, count in run.funnel.counts)
    typer.echo(f"{_ENDED[run.ended]} after {run.seconds:.0f} s: {steps}", err=True)
    if run.funnel.reasons:
        typer.echo("stopped by: " + ", ".join(f"{rule} {n}" for rule, n in run.funnel.reasons), err=True)


def _print_found(progress: Progress[Any]) -> None:
    if sys.stderr.isatty():
        text = f"\r{progress.done}/{progress.total} found, {len(progress.candidates)} drawn   "
        typer.echo(text, nl=progress.stage == "done", err=True)


def register(app: typer.Typer) -> None:
    """Hangs the commands of every kind into ``matgen`` and ``matgen design``."""
    design = typer.Typer(no_args_is_help=True, help="Draw and judge until enough pass: the chapter's workflow.")
    for kind in KINDS:
        app.command(kind)(generate_command(kind))
        design.command(kind)(design_command(kind))
    app.add_typer(design, name="design")
