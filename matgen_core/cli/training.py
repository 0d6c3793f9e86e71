"""What the crystals' models are made of: ``matgen data``, ``train``, ``evaluate`` and ``bench`` by command."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.reporting import write_measured
from matgen_core.cli.running import at_work
from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.core.installation import ASSETS
from matgen_core.core.settings import CrystalSettings
from matgen_core.learning.recipes.registry import RECIPES

CHECKPOINTS, REFERENCE = ASSETS / "checkpoints", ASSETS / "reference"


def data_build(
    file: Annotated[Path, typer.Argument(help="CSV with a cif column, or a folder of CIFs")],
    out: Annotated[Path, typer.Option(help="folder for the arrays")] = Path("data/crystals"),
    workers: Annotated[int | None, typer.Option(help="processes; one a core by default")] = None,
    labels: Annotated[
        bool, typer.Option(help="let CHGNet fill in energies and moments the table does not have")
    ] = True,
) -> None:
    """Turn structures into training rows: symmetry, Wyckoff sites, tokens, CHGNet labels. Resumes where it stopped."""
    from matgen_core.kinds.crystals.labels import label_rows
    from matgen_core.kinds.crystals.rows import build_rows

    notes: list[str] = []
    table, rejected = build_rows(
        file, out, workers=workers, label=label_rows if labels else None, on_progress=_bar, notes=notes
    )
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"{len(table)} rows in {out / 'crystals.npz'}, {len(rejected)} rejected (see {out / 'rejected.csv'})")


def data_reference(
    file: Annotated[
        Path,
        typer.Argument(help="CSV of formula and formation_energy_mp2020 (or formation_energy_per_atom): known phases"),
    ],
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    out: Annotated[Path, typer.Option(help="folder for the reference")] = REFERENCE,
    entries: Annotated[
        Path | None,
        typer.Option(help="CSV of formula, one row a known crystal: how many structures of each formula are known"),
    ] = None,
) -> None:
    """Compute the hull, the sets of known formulas and structures, and the uncertainties of predictions."""
    from matgen_core.kinds.crystals.reference_build import build_reference
    from matgen_core.kinds.crystals.rows import load_rows

    reference = build_reference(file, load_rows(rows), out, entries)
    typer.echo(f"{out}: " + ", ".join(f"{key} {value}" for key, value in reference.counts.items()))


def data_judge(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    count: Annotated[int, typer.Option(min=100, help="crystals to use, each element about equally often")] = 4000,
    cache: Annotated[Path, typer.Option(help="CSV of energies; a build continues from it")] = Path(
        "training/judge.csv"
    ),
    out: Annotated[Path, typer.Option(help="folder of the reference")] = REFERENCE,
) -> None:
    """Fit the reference energies of SevenNet, which judges energies, and measure its errors; about 0.1 s a crystal."""
    from matgen_core.kinds.crystals.energy_judge_build import build_judge
    from matgen_core.kinds.crystals.rows import load_rows

    judge = build_judge(load_rows(rows), cache, out, count, on_progress=_bar)
    typer.echo(f"{len(judge.references)} references in {out}; withheld crystals err by {judge.error} eV/atom")


def data_latents(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    out: Annotated[Path, typer.Option(help="folder of the reference")] = REFERENCE,
) -> None:
    """Write the latents of the known crystals, for the embedding explorer, by the shipped autoencoder."""
    from matgen_core.kinds.crystals.embed import encode_crystals, load_autoencoder
    from matgen_core.kinds.crystals.rows import load_rows
    from matgen_core.workflows.spaces import save_latents

    known = load_rows(rows)
    latents, kept = encode_crystals(known.crystals)
    path = save_latents(known.ids[kept].tolist(), latents, load_autoencoder()[2], out)
    typer.echo(f"{len(kept)} latents of {len(known)} crystals in {path}")


def data_maps(out: Annotated[Path, typer.Option(help="folder of the reference")] = REFERENCE) -> None:
    """Compute the t-SNE maps of the embedding explorer; about twenty minutes on one core."""
    from matgen_core.workflows.explore import count_rebuilt, neighbour_map
    from matgen_core.workflows.maps import save_maps
    from matgen_core.workflows.space_sources import SPACES, open_space

    spaces = {kind: open_space(kind) for kind in SPACES}
    maps = {kind: (space, neighbour_map(space.vectors)) for kind, space in spaces.items()}
    rebuilt = count_rebuilt(spaces["crystals"])
    path = save_maps(maps, rebuilt, out)
    typer.echo(f"{len(maps)} maps in {path}; {rebuilt.formula} of {rebuilt.of} crystals rebuilt")


def data_drawn(
    out: Annotated[Path, typer.Argument(help="CSV to write, for matgen data build")],
    count: Annotated[int, typer.Option(help="crystals to generate")] = 10_000,
    seed: Annotated[int, typer.Option(help="random seed; different from that of an evaluation")] = 100,
    workers: Annotated[int, typer.Option(help="processes; the rows do not depend on it")] = 1,
    samples: Annotated[
        Path, typer.Option(help="file of the samples; it grows, and a stopped run continues from it")
    ] = Path("data/drawn.jsonl"),
) -> None:
    """Generate crystals and keep new ones near the hull (by CHGNet) as training rows."""
    from matgen_core.core.goals import Target
    from matgen_core.evaluation.drawn_rows import keep_drawn, rows_as_csv
    from matgen_core.evaluation.sampling import batches, draw_samples

    wanted = batches(Target(), count, seed, CrystalSettings(cap=1))
    found = draw_samples(wanted, samples, workers, _bar)
    drawn = [sample for batch in wanted for sample in found[batch.name]]
    kept = keep_drawn(drawn)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(rows_as_csv(kept), encoding="utf-8")
    typer.echo(f"{len(kept)} rows of {len(drawn)} generated in {out}")


def data_fetch(
    out: Annotated[Path, typer.Argument(help="CSV to write")],
    elements: Annotated[str, typer.Option(help="only these elements; all if empty")] = "",
) -> None:
    """Download structures from the Materials Project with your key (environment variable MP_API_KEY)."""
    key = os.environ.get("MP_API_KEY", "")
    if not key:
        raise BadInput("no key: set the environment variable MP_API_KEY (materialsproject.org, your dashboard)")
    from matgen_core.chem.composition import parse_elements
    from matgen_core.kinds.crystals.materials_project import fetch_table
    from matgen_core.kinds.crystals.rows import ELEMENTS

    count = fetch_table(out, key, parse_elements(elements, ELEMENTS) if elements else None)
    typer.echo(f"{count} rows in {out}")


def _bar(done: int, total: int) -> None:
    width = 30 * done // max(1, total)
    end = "\n" if done >= total else ""
    typer.echo(f"\r[{'#' * width}{'.' * (30 - width)}] {done}/{total}{end}", nl=False, err=True)


# ----------------------------------------------------------------------------------------------------------- train


def train(
    name: Annotated[
        str,
        typer.Argument(help=", ".join(RECIPES)),
    ],
    rows: Annotated[
        Path,
        typer.Option(help="; ".join(f"{name}: {record.source}" for name, record in RECIPES.items())),
    ] = Path("data/crystals/crystals.npz"),
    epochs: Annotated[int, typer.Option(help="passes over the rows")] = 40,
    folder: Annotated[Path, typer.Option(help="folder of the training state; continued if present")] = Path("training"),
    start: Annotated[
        Path | None,
        typer.Option(help="folder of checkpoints whose weights to begin from, such as assets/checkpoints (smiles-gpt)"),
    ] = None,
    checkpoints: Annotated[Path, typer.Option(help="where the checkpoint goes")] = CHECKPOINTS,
    threads: Annotated[int, typer.Option(help="CPU threads")] = 1,
) -> None:
    """Train a model, or continue a stopped training."""
    import torch

    from matgen_core.learning.recipes.registry import train as run
    from matgen_core.learning.trainer import TrainingConfig

    torch.set_num_threads(threads)

    def report(epoch: int, figures: dict[str, float]) -> None:
        typer.echo(f"epoch {epoch}: " + ", ".join(f"{key} {value:.4g}" for key, value in figures.items()))

    training = TrainingConfig(epochs=epochs)
    with at_work(checkpoints / name / ".write-test", folder=folder / name) as work:
        try:
            path = run(
                name,
                rows,
                folder / name,
                training,
                checkpoints=checkpoints,
                start=start,
                on_epoch=report,
                cancelled=work.cancelled,
            )
        except Cancelled:
            typer.echo(f"stopped; its state is in {folder / name}, and the same command continues from there", err=True)
            raise typer.Exit(130) from None
        typer.echo(f"{path} written")


def data_surroundings(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    out: Annotated[Path, typer.Option(help="folder of the reference")] = REFERENCE,
) -> None:
    """Count bond lengths, neighbours and structure types of the training rows, for the rules of synthesis."""
    from matgen_core.kinds.crystals.coordination_statistics import measure_surroundings, save_surroundings, share_unlike
    from matgen_core.kinds.crystals.prototypes import save_prototypes
    from matgen_core.kinds.crystals.rows import load_rows

    known = load_rows(rows)
    typer.echo(f"{save_prototypes(out)}: names of structure types")
    table = measure_surroundings(known.subset(known.splits == "train").crystals)
    unlike = share_unlike(table, known.subset(known.splits != "train").crystals)
    typer.echo(
        f"{save_surroundings(table, out)}: {len(table.types)} types; {unlike:.3f} of withheld crystals are unlike"
    )


# -------------------------------------------------------------------------------------------------------- evaluate


def evaluate_crystals(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    count: Annotated[int, typer.Option(help="unconditional samples")] = 1000,
    each: Annotated[int, typer.Option(help="samples per target; 0 leaves the targets out")] = 200,
    seed: Annotated[int, typer.Option(help="random seed")] = 0,
    engine: Annotated[str, typer.Option(help="engine")] = CrystalSettings().engine,
    prefer_stable: Annotated[bool, typer.Option(help="ask for stability where no goal does, as the app does")] = True,
    workers: Annotated[int, typer.Option(help="processes; the samples do not depend on it")] = 1,
    samples: Annotated[
        Path, typer.Option(help="file of the samples; it grows, and a stopped run continues from it")
    ] = Path("data/evaluation/crystals.jsonl"),
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure validity, novelty, stability and hit rates by CHGNet, which steers, and SevenNet, which judges."""
    import numpy as np

    from matgen_core.evaluation.crystals import readings_of
    from matgen_core.evaluation.crystals_report import measure_crystals
    from matgen_core.kinds.crystals.reference import SAMPLES
    from matgen_core.kinds.crystals.rows import load_rows

    settings = CrystalSettings(engine=engine, prefer_stable=prefer_stable, cap=1)  # what is generated is measured

    def measure() -> object:
        known = load_rows(rows)
        result, drawn = measure_crystals(known, count, each, seed, settings, samples, workers, _bar, typer.echo)
        if engine == CrystalSettings().engine and prefer_stable and count:
            np.savez_compressed(REFERENCE / SAMPLES, allow_pickle=False, **readings_of([s.candidate for s in drawn]))
        return result

    write_measured(out / f"crystals-{engine}{'' if prefer_stable else '-any'}.json", measure)


def evaluate_reconstruction(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure how well the crystal autoencoder reconstructs withheld crystals."""
    from matgen_core.evaluation.reconstruction import measure_reconstruction
    from matgen_core.kinds.crystals.batches import split_rows
    from matgen_core.kinds.crystals.embed import load_autoencoder
    from matgen_core.kinds.crystals.rows import load_rows

    def measure() -> object:
        held = split_rows(load_rows(rows))[1]
        vae, scale, digest = load_autoencoder()
        return {"checkpoint": f"crystal-vae@{digest}", "rows": len(held), **measure_reconstruction(vae, scale, held)}

    write_measured(out / "reconstruction.json", measure)


def evaluate_readings(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    count: Annotated[int, typer.Option(help="withheld crystals")] = 1000,
    seed: Annotated[int, typer.Option(help="random seed")] = 0,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure the errors of predictions on generated structures; their uncertainties go to the included reference."""
    from matgen_core.evaluation.calibration import measure_readings, read_placed
    from matgen_core.kinds.crystals.reference import GENERATED
    from matgen_core.kinds.crystals.rows import load_rows
    from matgen_core.kinds.crystals.uncertainty import write_spreads

    def measure() -> object:
        spreads, figures = measure_readings(read_placed(load_rows(rows), count, seed))
        write_spreads(spreads, REFERENCE / GENERATED)
        return {**figures, "spreads": asdict(spreads)}

    write_measured(out / "readings.json", measure)


def evaluate_critic(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure the skeleton critic and the judge of gaps on withheld crystals; and how their errors correlate."""
    from matgen_core.chem.energy import read_energies
    from matgen_core.chem.structure import to_structure
    from matgen_core.evaluation.critic import measure_critic
    from matgen_core.kinds.crystals.batches import split_rows
    from matgen_core.kinds.crystals.rows import load_rows

    def measure() -> object:
        held = split_rows(load_rows(rows))[1]
        readings = read_energies([to_structure(crystal) for crystal in held.crystals], on_progress=_bar)
        return measure_critic(held, [reading.features for reading in readings])

    write_measured(out / "critic.json", measure)


def evaluate_design(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    seconds: Annotated[float, typer.Option(help="for each target and method")] = 40.0,
    seed: Annotated[int, typer.Option(help="random seed")] = 0,
    workers: Annotated[int, typer.Option(help="processes of one thread, a target each")] = 1,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure the stable candidates that inverse design finds per minute, beside random generation and substitution."""
    from matgen_core.evaluation.design import measure_design
    from matgen_core.evaluation.timing import describe_machine
    from matgen_core.kinds.crystals.rows import load_rows

    def measure() -> object:
        measured = measure_design(load_rows(rows), seconds, seed, typer.echo, workers=workers)
        return {"machine": describe_machine(), **measured}

    write_measured(out / "design.json", measure)


def bench_crystals(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    count: Annotated[int, typer.Option(help="candidates of the whole job")] = 100,
    threads: Annotated[int, typer.Option(help="CPU threads; 0 for torch's own choice")] = 0,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure speed: samplers side by side, the whole job, CHGNet in batches and one by one."""
    import torch

    from matgen_core.evaluation.timing import time_crystals
    from matgen_core.kinds.crystals.rows import load_rows

    if threads:
        torch.set_num_threads(threads)
    write_measured(out / "speed-crystals.json", lambda: time_crystals(load_rows(rows), count))


def register(app: typer.Typer, data: typer.Typer, evaluate: typer.Typer, bench: typer.Typer) -> None:
    """Hangs the commands into the groups of ``matgen``."""
    data.command("build")(data_build)
    data.command("reference")(data_reference)
    data.command("judge")(data_judge)
    data.command("latents")(data_latents)
    data.command("maps")(data_maps)
    data.command("drawn")(data_drawn)
    data.command("fetch-mp")(data_fetch)
    data.command("surroundings")(data_surroundings)
    app.command("train")(train)
    evaluate.command("crystals")(evaluate_crystals)
    evaluate.command("reconstruction")(evaluate_reconstruction)
    evaluate.command("readings")(evaluate_readings)
    evaluate.command("critic")(evaluate_critic)
    evaluate.command("design")(evaluate_design)
    bench.command("crystals")(bench_crystals)
