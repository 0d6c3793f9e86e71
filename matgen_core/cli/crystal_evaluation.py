"""Quality and speed of the crystal models: ``matgen evaluate`` and ``matgen bench`` by command."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.groups import (
    CRYSTALS,
    MEASURED,
    REFERENCE,
    JsonFolder,
    Processes,
    Rows,
    Samples,
    Seed,
    bench,
    evaluate,
)
from matgen_core.cli.reporting import show_bar, write_measured
from matgen_core.core.settings import CrystalSettings


@evaluate.command("crystals")
def evaluate_crystals(
    rows: Rows = CRYSTALS,
    count: Annotated[int, typer.Option(help="unconditional samples")] = 1000,
    each: Annotated[int, typer.Option(help="samples per target; 0 leaves the targets out")] = 200,
    seed: Seed = 0,
    engine: Annotated[str, typer.Option(help="engine")] = CrystalSettings().engine,
    prefer_stable: Annotated[bool, typer.Option(help="ask for stability where no target does, as the app does")] = True,
    workers: Processes = 1,
    samples: Samples = Path("data/evaluation/crystals.jsonl"),
    out: JsonFolder = MEASURED,
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


@evaluate.command("reconstruction")
def evaluate_reconstruction(
    rows: Rows = CRYSTALS,
    out: JsonFolder = MEASURED,
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


@evaluate.command("placement")
def evaluate_placement(
    count: Annotated[int, typer.Option(min=2, help="drafts for each target")] = 64,
    seed: Seed = 0,
    out: JsonFolder = MEASURED,
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


@evaluate.command("guidance")
def evaluate_guidance(
    count: Annotated[int, typer.Option(min=1, help="crystals for each cell of the grid")] = 32,
    seed: Seed = 0,
    workers: Processes = 1,
    samples: Samples = Path("data/evaluation/guidance.jsonl"),
    out: JsonFolder = MEASURED,
) -> None:
    """Measure hits and stability by guidance and by the distance to the hull that is asked for."""
    from matgen_core.evaluation.guidance import measure_guidance

    write_measured(out / "guidance.json", lambda: measure_guidance(count, seed, samples, workers, show_bar))


@evaluate.command("predictions")
def evaluate_predictions(
    rows: Rows = CRYSTALS,
    count: Annotated[int, typer.Option(help="withheld crystals")] = 1000,
    seed: Seed = 0,
    out: JsonFolder = MEASURED,
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


@evaluate.command("critic")
def evaluate_critic(
    rows: Rows = CRYSTALS,
    out: JsonFolder = MEASURED,
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


@evaluate.command("design")
def evaluate_design(
    rows: Rows = CRYSTALS,
    seconds: Annotated[float, typer.Option(help="for each target and method")] = 40.0,
    seed: Seed = 0,
    workers: Annotated[int, typer.Option(help="processes of one thread, a target each")] = 1,
    out: JsonFolder = MEASURED,
) -> None:
    """Measure the stable candidates that inverse design finds per minute, beside random generation and substitution."""
    from matgen_core.evaluation.design import measure_design
    from matgen_core.evaluation.timing import describe_machine
    from matgen_core.kinds.crystals.known.rows import load_rows

    def measure() -> object:
        measured = measure_design(load_rows(rows), seconds, seed, typer.echo, workers=workers)
        return {"machine": describe_machine(), **measured}

    write_measured(out / "design.json", measure)


@bench.command("crystals")
def bench_crystals(
    rows: Rows = CRYSTALS,
    count: Annotated[int, typer.Option(help="candidates of the whole job")] = 100,
    threads: Annotated[int, typer.Option(help="CPU threads; 0 for torch's own choice")] = 0,
    out: JsonFolder = MEASURED,
) -> None:
    """Measure speed: samplers side by side, the whole job, CHGNet in batches and one by one."""
    import torch

    from matgen_core.evaluation.timing import time_crystals
    from matgen_core.kinds.crystals.known.rows import load_rows

    if threads:
        torch.set_num_threads(threads)
    write_measured(out / "speed-crystals.json", lambda: time_crystals(load_rows(rows), count))
