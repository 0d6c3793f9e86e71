"""What the models of crystals are worth: ``matgen evaluate`` and ``matgen bench`` by command."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.crystal_data import REFERENCE
from matgen_core.cli.reporting import show_bar, write_measured
from matgen_core.core.settings import CrystalSettings


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

    from matgen_core.evaluation.crystals import sample_predictions
    from matgen_core.evaluation.crystals_report import measure_crystals
    from matgen_core.evaluation.sampling import draw_samples
    from matgen_core.kinds.crystals.known.reference import SAMPLES
    from matgen_core.kinds.crystals.known.rows import load_rows

    settings = CrystalSettings(engine=engine, prefer_stable=prefer_stable, cap=1)  # what is generated is measured

    def measure() -> object:
        known = load_rows(rows)
        draw = partial(draw_samples, file=samples, workers=workers, on_progress=show_bar)
        result, drawn = measure_crystals(known, count, each, seed, settings, draw, typer.echo)
        if engine == CrystalSettings().engine and prefer_stable and count:
            np.savez_compressed(
                REFERENCE / SAMPLES, allow_pickle=False, **sample_predictions([s.candidate for s in drawn])
            )
        return result

    write_measured(out / f"crystals-{engine}{'' if prefer_stable else '-any'}.json", measure)


def evaluate_reconstruction(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure how well the crystal autoencoder reconstructs withheld crystals."""
    from matgen_core.evaluation.reconstruction import measure_reconstruction
    from matgen_core.kinds.crystals.known.batches import split_rows
    from matgen_core.kinds.crystals.known.rows import load_rows
    from matgen_core.kinds.crystals.writing.embed import load_autoencoder

    def measure() -> object:
        held = split_rows(load_rows(rows))[1]
        vae, scale, digest = load_autoencoder()
        return {"checkpoint": f"crystal-vae@{digest}", "rows": len(held), **measure_reconstruction(vae, scale, held)}

    write_measured(out / "reconstruction.json", measure)


def evaluate_placement(
    count: Annotated[int, typer.Option(min=2, help="drafts for each target")] = 64,
    seed: Annotated[int, typer.Option(help="random seed")] = 0,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure how many drafts lie near the hull by diffusion, by templates, and by diffusion from a template."""
    from matgen_core.core.goals import Goal, Target
    from matgen_core.evaluation.placement import measure_placement

    triple = Target({"band_gap": Goal.at(2.5), "formation_energy": Goal.at(-0.8), "magnetic_moment": Goal.at(0.0)})
    targets = (Target(), Target({"band_gap": Goal.at(2.0)}), triple)
    write_measured(
        out / "placement.json",
        lambda: {"targets": [measure_placement(target, count, seed, typer.echo) for target in targets]},
    )


def evaluate_guidance(
    count: Annotated[int, typer.Option(min=1, help="crystals for each cell of the grid")] = 32,
    seed: Annotated[int, typer.Option(help="random seed")] = 0,
    workers: Annotated[int, typer.Option(help="processes; the samples do not depend on it")] = 1,
    samples: Annotated[
        Path, typer.Option(help="file of the samples; it grows, and a stopped run continues from it")
    ] = Path("data/evaluation/guidance.jsonl"),
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure hits and stability by guidance and by the distance to the hull that is asked for."""
    from matgen_core.evaluation.guidance import measure_guidance

    write_measured(out / "guidance.json", lambda: measure_guidance(count, seed, samples, workers, show_bar))


def evaluate_predictions(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    count: Annotated[int, typer.Option(help="withheld crystals")] = 1000,
    seed: Annotated[int, typer.Option(help="random seed")] = 0,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure the errors of predictions on generated structures; their uncertainties go to the included reference."""
    from matgen_core.evaluation.calibration import measure_predictions, read_placed
    from matgen_core.kinds.crystals.checks.uncertainty import write_spreads
    from matgen_core.kinds.crystals.known.reference import GENERATED
    from matgen_core.kinds.crystals.known.rows import load_rows

    def measure() -> object:
        spreads, figures = measure_predictions(read_placed(load_rows(rows), count, seed))
        write_spreads(spreads, REFERENCE / GENERATED)
        return {**figures, "spreads": asdict(spreads)}

    write_measured(out / "predictions.json", measure)


def evaluate_critic(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure the skeleton critic and the judge of gaps on withheld crystals; and how their errors correlate."""
    from matgen_core.chem.crystals.structure import to_structure
    from matgen_core.chem.energies.chgnet import predict_energies
    from matgen_core.evaluation.critic import measure_critic
    from matgen_core.kinds.crystals.known.batches import split_rows
    from matgen_core.kinds.crystals.known.rows import load_rows

    def measure() -> object:
        held = split_rows(load_rows(rows))[1]
        predictions = predict_energies([to_structure(crystal) for crystal in held.crystals], on_progress=show_bar)
        return measure_critic(held, [prediction.features for prediction in predictions])

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
    from matgen_core.kinds.crystals.known.rows import load_rows

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
    from matgen_core.kinds.crystals.known.rows import load_rows

    if threads:
        torch.set_num_threads(threads)
    write_measured(out / "speed-crystals.json", lambda: time_crystals(load_rows(rows), count))


def register(evaluate: typer.Typer, bench: typer.Typer) -> None:
    """Hangs the commands into ``matgen evaluate`` and ``matgen bench``."""
    evaluate.command("crystals")(evaluate_crystals)
    evaluate.command("reconstruction")(evaluate_reconstruction)
    evaluate.command("placement")(evaluate_placement)
    evaluate.command("guidance")(evaluate_guidance)
    evaluate.command("predictions")(evaluate_predictions)
    evaluate.command("critic")(evaluate_critic)
    evaluate.command("design")(evaluate_design)
    bench.command("crystals")(bench_crystals)
