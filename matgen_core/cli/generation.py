"""The commands of every kind, made from its record: ``matgen crystals``, ``matgen design crystals``, and so on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matgen_core.cli.groups import app
from matgen_core.cli.options import (
    Command,
    extend_command,
    make_option,
    read_constraints,
    with_goals,
    with_option,
    with_settings,
)
from matgen_core.cli.reporting import print_progress
from matgen_core.cli.running import Work, at_work
from matgen_core.cli.workers import Into, Workers, with_folder, with_workers
from matgen_core.core.declaring import declared
from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Candidate, Progress
from matgen_core.core.settings import Budget, ConstraintTexts, Rules
from matgen_core.kinds.registry import KINDS, check_ending, ending_of

if TYPE_CHECKING:
    from matgen_core.workflows.design import Kept
    from matgen_core.workflows.loop import DesignRun

_ENDED = {
    "found": "enough found",
    "time": "time limit reached",
    "draws": "limit of generated candidates reached",
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
    @with_files(kind)
    @with_workers
    @with_folder
    def command(
        goals: dict[str, Goal],
        settings: Any,
        texts: ConstraintTexts,
        count: int,
        files: Files,
        workers: Workers,
        into: Into,
        seed: Annotated[int, typer.Option(help="the same seed gives the same candidates")] = 0,
        everything: Annotated[bool, typer.Option("--all", help="also write rejected candidates")] = False,
        more: Annotated[int, typer.Option(min=0, help="times to go on for as many more, as More on the page")] = 0,
    ) -> None:
        target = Target(goals, read_constraints(texts))
        files.check(kind)
        if more and into.folder is not None:
            raise BadInput("a run in a folder is not gone on with; raise --count in place of --more {n}", n=more)
        into.check(files.out, files.cif_dir)
        if into.folder is not None:
            from matgen_core.workflows.many_workers.fill_folder import want_count

            into.fill(want_count(kind, target, count, seed, settings), workers)
            return
        with at_work(files.out, folder=files.cif_dir) as work:
            from matgen_core.kinds.registry import load_kind
            from matgen_core.workflows.design import count_kept, design, design_more
            from matgen_core.workflows.readiness import say_cautions

            load_kind(kind).check(target, count, settings)
            for caution in say_cautions(kind, target, settings):
                typer.echo(f"note: {caution}", err=True)
            with workers.open() as executor:
                asked: dict[str, Any] = {
                    "seed": seed,
                    "settings": settings,
                    "on_progress": print_progress,
                    "cancelled": work.cancelled,
                    "executor": executor,
                }
                found = design(kind, target, count, **asked)
                for _time in range(more):
                    found = design_more(kind, target, count, found, **asked)
            kept = count_kept(kind, found, settings)
            files.save(work, kind, found if everything else kept.candidates)
            typer.echo(_say_kept(kind, kept, bool(goals)), err=files.printed)

    command.__doc__ = f"Generate {kind} for a target, predict their properties and check them."
    return command


def design_command(kind: str) -> Command:
    """``matgen design KIND``: candidates of a kind until enough pass every rule."""
    record, offered = KINDS[kind], declared(KINDS[kind].settings)

    @with_goals(kind)
    @with_settings(record.settings, [name for name in offered if name not in record.ruled])
    @with_settings(ConstraintTexts, [n for n in record.constraints if n not in _RULED], parameter="texts")
    @with_settings(Budget, usual=record.budget, parameter="budget")
    @with_settings(Rules, record.rules, parameter="rules")
    @with_files(kind, "the candidates that passed; ")
    @with_workers
    @with_folder
    def command(
        goals: dict[str, Goal],
        settings: Any,
        texts: ConstraintTexts,
        budget: Budget,
        rules: Rules,
        files: Files,
        workers: Workers,
        into: Into,
        seed: Annotated[int, typer.Option(help="the same seed gives the same candidates")] = 0,
        everything: Annotated[
            Path | None, typer.Option(help="CSV of all generated candidates, with the reasons")
        ] = None,
    ) -> None:
        target = Target(goals, read_constraints(texts))
        files.check(kind)
        into.check(files.out, files.cif_dir, everything)
        if into.folder is not None:
            from matgen_core.workflows.many_workers.fill_folder import want_until

            into.fill(want_until(kind, target, budget, rules, seed, settings), workers, budget.seconds)
            return
        with at_work(files.out, everything, folder=files.cif_dir) as work:
            from matgen_core.kinds.registry import write
            from matgen_core.workflows.design import design_until

            with workers.open() as executor:
                run = design_until(
                    kind,
                    target,
                    budget,
                    rules=rules,
                    seed=seed,
                    settings=settings,
                    on_progress=_print_found,
                    cancelled=work.cancelled,
                    executor=executor,
                )
            files.save(work, kind, run.listed)
            if everything is not None:
                work.save(everything, write(kind, run.candidates))
            _say_run(run)

    command.__doc__ = f"Generate {kind} until enough meet the targets, can be made, are stable and are new."
    return command


@dataclass(frozen=True, slots=True)
class Files:
    """Where the candidates of a command go.

    Args:
        out: file, whose ending says how they are written.
        cif_dir: folder for one CIF per candidate.
    """

    out: Path | None
    cif_dir: Path | None

    @property
    def printed(self) -> bool:
        """Whether no file is asked for, so that the table is printed."""
        return self.out is None and self.cif_dir is None

    def check(self, kind: str) -> None:
        """Raises BadInput for an ending that the kind is not written as."""
        if self.out is not None:
            check_ending(kind, ending_of(kind, self.out.name))

    def save(self, work: Work, kind: str, candidates: Sequence[Candidate[Any]]) -> None:
        """Writes the files, or prints the table."""
        from matgen_core.kinds.registry import write

        if self.out is not None:
            work.save(self.out, write(kind, candidates, ending_of(kind, self.out.name)))
        if self.cif_dir is not None:
            from matgen_core.kinds.crystals.files.candidate_files import file_name, to_cif

            for candidate in (c for c in candidates if not c.is_draft):
                work.save(self.cif_dir / file_name(candidate, "cif"), to_cif(candidate))
        if self.printed and candidates:
            typer.echo(write(kind, candidates), nl=False)


def with_files(kind: str, what: str = "") -> Callable[[Command], Command]:
    """Gives a command the options of its files, and its parameter ``files``."""
    endings = KINDS[kind].endings
    text = f"{what}file to write, {' or '.join(f'.{ending}' for ending in endings)}; printed as CSV if left out"
    options = [make_option("out", Path | None, None, text)]
    if "zip" in endings:  # of CIFs
        options.append(make_option("cif_dir", Path | None, None, "folder for one CIF per candidate"))
    return lambda command: extend_command(command, options, "files", lambda v: Files(v["out"], v.get("cif_dir")))


def _say_kept(kind: str, kept: Kept[Any], goals: bool) -> str:
    """How many were kept, generated and rejected, and how many of those kept meet the goals."""
    from matgen_core.kinds.crystals.judge import met_all

    text = f"{kind} kept: {len(kept.candidates)} of {kept.generated} generated"
    if kept.rejected:
        text += "; rejected: " + ", ".join(f"{rule} {count}" for rule, count in kept.rejected)
    return text + (f"; meeting every target: {sum(map(met_all, kept.candidates))}" if goals else "")


def _say_run(run: DesignRun[Any]) -> None:
    """The funnel, on the error stream, so that a table can be piped."""
    steps = ", ".join(f"{name} {count}" for name, count in run.funnel.counts)
    typer.echo(f"{_ENDED[run.ended]} after {run.seconds:.0f} s: {steps}", err=True)
    if run.funnel.reasons:
        typer.echo("rejected because: " + ", ".join(f"{rule} {n}" for rule, n in run.funnel.reasons), err=True)
    if run.said_aside:
        typer.echo(f"note: {run.said_aside}", err=True)


def _print_found(progress: Progress[Any]) -> None:
    if sys.stderr.isatty():
        text = f"\r{progress.done}/{progress.total} found, {len(progress.candidates)} generated   "
        typer.echo(text, nl=progress.stage == "done", err=True)


design_app = typer.Typer(
    no_args_is_help=True, help="Generate and check until enough candidates pass: the workflow of the textbook chapter."
)
for _kind in KINDS:
    app.command(_kind)(generate_command(_kind))
    design_app.command(_kind)(design_command(_kind))
app.add_typer(design_app, name="design")
