"""Relaxation and look-up by command: ``matgen relax`` and ``matgen known``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matgen_core.cli.groups import app
from matgen_core.cli.running import at_work
from matgen_core.core.errors import BadInput
from matgen_core.core.processes import process_pool
from matgen_core.core.records import Candidate, Crystal

if TYPE_CHECKING:
    from matgen_core.kinds.crystals.placing.relax import Relaxation

_KEYS = ("formation_energy", "e_above_hull", "magnetic_moment")
#: Of these a second potential says what it reads.
_JUDGED = ("formation_energy", "e_above_hull")
#: Crystals that are predicted before they are relaxed, between two looks at whether to stop.
_PREDICTED = 8


def _predict(given: Sequence[Candidate[Crystal]], cancelled: Callable[[], bool]) -> list[Candidate[Crystal]]:
    """The crystals with their predictions, those excepted that come after ``cancelled`` said so."""
    from matgen_core.kinds.crystals.predict import predict

    crystals: list[Candidate[Crystal]] = []
    for first in range(0, len(given), _PREDICTED):
        if cancelled():
            break
        crystals += predict(given[first : first + _PREDICTED], judge=True)
        _print_progress(len(crystals), len(given), "predicted")
    return crystals


@app.command("relax")
def relax(
    out: Annotated[Path, typer.Option(help="folder for CIFs and relaxed.csv")],
    files: Annotated[list[Path] | None, typer.Argument(help="CIFs, a folder or zip of them, CSV with cif")] = None,
    run: Annotated[str, typer.Option(help="a stored run (matgen runs list) instead of files")] = "",
    steps: Annotated[int, typer.Option(help="steps per crystal, at most")] = 100,
    symmetry: Annotated[
        bool, typer.Option(help="keep the space group; otherwise every atom moves independently")
    ] = True,
    check_stability: Annotated[
        bool, typer.Option("--check-stability", help="displace each crystal by 0.05 Å and check whether it returns")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="of the displacement")] = 0,
    processes: Annotated[
        int, typer.Option(min=1, max=64, help="processes that share the work; the result is the same")
    ] = 1,
) -> None:
    """Relax atoms and cell of crystals with CHGNet; energies before and after by CHGNet and by SevenNet, the judge."""
    if bool(files) == bool(run):
        raise BadInput("give files to relax, or --run with the id of a stored run")
    if not 1 <= steps <= 2000:
        raise BadInput(f"{steps} steps are out of range; use 1 to 2000")
    with at_work(folder=out) as work:
        from matgen_core.kinds.crystals.files.candidate_files import file_name, to_cif
        from matgen_core.kinds.crystals.placing.relax import relax_candidates

        given, saved = read_crystals(files, run), set[str]()
        crystals = _predict(given, work.cancelled)

        def report(done: tuple[Relaxation, ...], step: int) -> None:
            for entry in done:  # each as soon as it ended: nothing that was found is lost
                if entry.after is not None and entry.after.id not in saved:
                    saved.add(entry.after.id)
                    work.save(out / file_name(entry.after, "cif"), to_cif(entry.after))
            _print_progress(len(done), len(crystals), f"relaxed, step {step}")

        with process_pool(processes) as executor:
            done = relax_candidates(
                crystals,
                steps=steps,
                symmetric=symmetry,
                on_progress=report,
                cancelled=work.cancelled,
                executor=executor,
            )
        if check_stability:
            done = _check_stability(done, seed, work.cancelled)
        work.save(out / "relaxed.csv", _table(done, [*crystals, *given[len(crystals) :]]))
        for entry in done:
            typer.echo(f"{entry.before.id}: {_note(entry)}")
        if len(done) < len(given):
            typer.echo(f"stopped; {len(given) - len(done)} crystals were not relaxed", err=True)


def _check_stability(done: tuple[Relaxation, ...], seed: int, cancelled: Callable[[], bool]) -> tuple[Relaxation, ...]:
    """The same relaxations, those that succeeded with the verdict "stability"."""
    from matgen_core.kinds.crystals.placing.relax import check_stability

    whole = [entry.after for entry in done if entry.after is not None]
    checked = iter(check_stability(whole, seed=seed, cancelled=cancelled))
    return tuple(entry if entry.after is None else replace(entry, after=next(checked)) for entry in done)


def _note(entry: Relaxation) -> str:
    stability = entry.after and entry.after.verdict("stability")
    return f"{entry.note}; {stability.reason}" if stability else str(entry.note)


def read_crystals(files: list[Path] | None, run: str) -> list[Candidate[Crystal]]:
    """The crystals of files or of a stored run; says what was refused."""
    from matgen_core.kinds.registry import record_of
    from matgen_core.runs.store import open_store
    from matgen_core.workflows.screening.candidate_files import Refused, read_files

    crystals: list[Candidate[Crystal]] = []
    for item in open_store().candidates(run, drafts=False) if run else read_files(list(files or [])):
        if isinstance(item, Refused):
            typer.echo(f"refused, {item.place}: {item.reason}", err=True)
        elif record_of(item.material).has_geometry:
            crystals.append(item)
    if not crystals:
        raise BadInput("there is no crystal to relax; give CIFs, or a run that contains crystals")
    return crystals


def _table(done: Sequence[Relaxation], crystals: Sequence[Candidate[Crystal]]) -> str:
    """Predictions before and after as CSV, a row for each crystal, also where it was not relaxed.

    Energies are by CHGNet, which relaxed; those of the columns ``_judge_before`` and ``_judge_after`` are by SevenNet,
    which steered nothing.
    """
    from matgen_core.kinds.crystals.files.candidate_files import write_table

    named = [f"{key}_{when}" for key in _KEYS for when in ("before", "after")]
    judged = [f"{key}_judge_{when}" for key in _JUDGED for when in ("before", "after")]
    rows: list[tuple[object, ...]] = []
    for entry in done:
        both = (entry.before, entry.after)
        values = [c.value(key) if c else None for key in _KEYS for c in both]
        values += [_judged_value(c, key) for key in _JUDGED for c in both]
        agreement = entry.after and entry.after.verdict("agreement")
        stability = entry.after and entry.after.verdict("stability")
        word = {True: "yes", False: "no"}.get(stability.passed) if stability and stability.passed is not None else None
        rows.append((entry.before.id, *values, agreement and str(agreement.reason), word, _note(entry)))
    begun = {entry.before.id for entry in done}
    for crystal in crystals:
        if crystal.id not in begun:
            blank = [None] * (len(named) + len(judged) + 2)
            rows.append((crystal.id, *blank, "not relaxed: it was stopped"))
    return write_table(["id", *named, *judged, "agreement", "stable", "note"], rows)


def _judged_value(candidate: Candidate[Crystal] | None, key: str) -> float | None:
    """What SevenNet says of an energy; None where it does not."""
    prediction = candidate and candidate.predictions.get(key)
    return prediction.judged.value if prediction and prediction.judged else None


def _print_progress(done: int, total: int, what: str) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{done} of {total} {what}   ", nl=False, err=True)


@app.command("known")
def known(
    formulas: Annotated[list[str], typer.Argument(help="such as NaCl BaTiO3")],
    key: Annotated[
        str, typer.Option(envvar="MP_API_KEY", help="your key of the Materials Project; sent only there")
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
            word, unknown = "unknown: no database answered", unknown + 1
        elif not verdict.passed and answered == len(answers):
            word = "not found"
        typer.echo(f"{formula}: {word}; {verdict.reason}")
    raise typer.Exit(1 if unknown else 0)
