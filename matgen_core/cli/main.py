"""The same core by command: ``matgen crystals``, ``data``, ``train``, ``evaluate``, ``bench``, ``app``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from matgen_core.checkpoints import FOLDER as CHECKPOINTS
from matgen_core.chem.composition import parse_elements
from matgen_core.cli.compositions import register as register_compositions
from matgen_core.cli.design import register as register_design
from matgen_core.cli.finetune import register as register_finetune
from matgen_core.cli.following_up import register as register_following_up
from matgen_core.cli.health import register as register_health
from matgen_core.cli.molecules import register
from matgen_core.cli.runs import app as runs
from matgen_core.cli.screening import register as register_screening
from matgen_core.data.crystals import ELEMENTS, build_rows, load_rows
from matgen_core.data.exports import check_writable, file_name, to_cif, to_csv
from matgen_core.data.labels import label_rows
from matgen_core.data.reference import FOLDER, build_reference
from matgen_core.installation import HOME
from matgen_core.pipeline import design
from matgen_core.properties import outside_data, parse_goal
from matgen_core.stages.assess import met_all
from matgen_core.types import BadInput, Candidate, Constraints, MatGenError, Progress, SamplingSettings, Target

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Inverse design of materials.")
data = typer.Typer(no_args_is_help=True, help="Build training rows and the reference of what is known.")
evaluate = typer.Typer(no_args_is_help=True, help="Measure what the shipped models reach.")
bench = typer.Typer(no_args_is_help=True, help="Measure how fast they are.")
app.add_typer(data, name="data")
app.add_typer(evaluate, name="evaluate")
app.add_typer(bench, name="bench")
register(app, data, evaluate, bench)
register_compositions(app, data, evaluate)
register_design(app, evaluate)
register_finetune(app, evaluate)
register_screening(app, bench)
register_following_up(app)
register_health(app)
app.add_typer(runs, name="runs")


def main() -> None:
    """The ``matgen`` command: one clear line and a non-zero exit for whatever the user can mend."""
    try:
        app()
    except MatGenError as error:
        typer.echo(f"matgen: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        typer.echo(f"matgen: {error.strerror or error}: {error.filename or ''}".rstrip(": "), err=True)
        sys.exit(2)


@app.command()
def crystals(
    band_gap: Annotated[str, typer.Option(help="eV: a value, a range 1:3, 1:, :3, or any")] = "any",
    formation_energy: Annotated[str, typer.Option(help="eV/atom")] = "any",
    magnetic_moment: Annotated[str, typer.Option(help="mean |site moment|, µB/atom")] = "any",
    e_above_hull: Annotated[str, typer.Option(help="eV/atom")] = "any",
    include: Annotated[str, typer.Option(help="elements that must be there: Fe,O")] = "",
    exclude: Annotated[str, typer.Option(help="elements that must not: Pb,Cd")] = "",
    system: Annotated[str, typer.Option(help="exactly these elements: Li-Fe-O")] = "",
    formula: Annotated[str, typer.Option(help="exactly this formula: Fe3O4")] = "",
    min_atoms: Annotated[int, typer.Option(help="in the primitive cell")] = 1,
    max_atoms: Annotated[int, typer.Option(help="in the primitive cell")] = 20,
    crystal_system: Annotated[str, typer.Option(help="cubic, hexagonal, …")] = "any",
    count: Annotated[int, typer.Option(help="candidates to draw")] = 16,
    seed: Annotated[int, typer.Option(help="the same seed gives the same candidates")] = 0,
    engine: Annotated[str, typer.Option(help="symmetry-first or latent-diffusion")] = SamplingSettings().engine,
    guidance: Annotated[float, typer.Option(help="1: plain; more presses harder")] = SamplingSettings().guidance,
    sampler: Annotated[str, typer.Option(help="ddpm, ddim or dpm-solver")] = SamplingSettings().sampler,
    steps: Annotated[int, typer.Option(help="denoising steps")] = SamplingSettings().steps,
    drafts: Annotated[int, typer.Option(help="skeletons compared for each one tried")] = SamplingSettings().drafts,
    skeletons: Annotated[int, typer.Option(help="skeletons tried a candidate")] = SamplingSettings().skeletons,
    geometries: Annotated[int, typer.Option(help="geometries tried a skeleton")] = SamplingSettings().geometries,
    prefer_stable: Annotated[bool, typer.Option(help="ask for stability where no goal does")] = True,
    out: Annotated[Path | None, typer.Option(help="CSV to write")] = None,
    cif_dir: Annotated[Path | None, typer.Option(help="folder for one CIF a candidate")] = None,
) -> None:
    """Draw crystals for a target, read their properties and judge them."""
    texts = {
        "band_gap": band_gap, "formation_energy": formation_energy, "magnetic_moment": magnetic_moment,
        "e_above_hull": e_above_hull,
    }  # fmt: skip
    goals = {key: goal for key, text in texts.items() if (goal := parse_goal(key.replace("_", "-"), text))}
    constraints = Constraints(
        parse_elements(include, ELEMENTS), parse_elements(exclude, ELEMENTS),
        parse_elements(system, ELEMENTS) if system else None, formula or None, min_atoms, max_atoms,
        None if crystal_system == "any" else crystal_system,
    )  # fmt: skip
    for key, goal in goals.items():
        if warning := outside_data(key, goal):
            typer.echo(f"note: {warning}", err=True)
    for path in (out, cif_dir and cif_dir / ".write-test"):
        if path is not None:
            check_writable(path)
    settings = SamplingSettings(
        engine=engine, guidance=guidance, sampler=sampler, steps=steps, drafts=drafts, skeletons=skeletons,
        geometries=geometries, prefer_stable=prefer_stable,
    )  # fmt: skip
    target = Target(goals, constraints)
    with cancel_on_interrupt() as cancelled:
        found = design(target, count, seed=seed, settings=settings, on_progress=_print_progress, cancelled=cancelled)
    met = sum(met_all(c) for c in found)
    typer.echo(f"{len(found)} candidates" + (f", {met} meet every target" if goals else ""))
    _save(found, out, cif_dir)


def _save(found: Sequence[Candidate], out: Path | None, cif_dir: Path | None) -> None:
    """Files; where one cannot be written after all (a full disk), the table goes to the terminal: nothing is lost."""
    try:
        if out is not None:
            out.write_text(to_csv(found), encoding="utf-8")
        if cif_dir is not None:
            for candidate in found:
                (cif_dir / file_name(candidate, "cif")).write_text(to_cif(candidate), encoding="utf-8")
    except OSError as error:
        typer.echo(to_csv(found))
        place = error.filename or out or cif_dir
        raise BadInput(
            f"{place} cannot be written ({error.strerror}); all {len(found)} candidates stand above as a table"
        ) from None
    if out is None and cif_dir is None:
        typer.echo(to_csv(found))


@contextmanager
def cancel_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Ctrl-C ends the work at the next step and keeps what was found; a second one ends it at once."""
    stop = threading.Event()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        typer.echo("\nstopping; what was found is kept (Ctrl-C again to end at once)", err=True)

    if threading.current_thread() is not threading.main_thread():  # only there may a signal be caught
        yield stop.is_set
        return
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield stop.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _print_progress(progress: Progress) -> None:
    if sys.stderr.isatty():
        typer.echo(f"\r{progress.done}/{progress.total} {progress.stage}   ", nl=progress.stage == "done", err=True)


# ------------------------------------------------------------------------------------------------------------ data


@data.command("build")
def data_build(
    file: Annotated[Path, typer.Argument(help="CSV with a cif column, or a folder of CIFs")],
    out: Annotated[Path, typer.Option(help="folder for the arrays")] = Path("data/crystals"),
    workers: Annotated[int | None, typer.Option(help="processes; one a core by default")] = None,
    labels: Annotated[
        bool, typer.Option(help="let CHGNet fill in energies and moments the table does not have")
    ] = True,
) -> None:
    """Turn structures into training rows: symmetry, Wyckoff sites, tokens, CHGNet labels. Goes on where it stopped."""
    table, rejected = build_rows(file, out, workers=workers, label=label_rows if labels else None, on_progress=_bar)
    typer.echo(f"{len(table)} rows in {out / 'crystals.npz'}, {len(rejected)} rejected (see {out / 'rejected.csv'})")


@data.command("reference")
def data_reference(
    file: Annotated[
        Path,
        typer.Argument(help="CSV of formula and formation_energy_mp2020 (or formation_energy_per_atom): known phases"),
    ],
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    out: Annotated[Path, typer.Option(help="folder for the reference")] = FOLDER,
) -> None:
    """Compute the hull, the sets of known formulas and structure types, and the readings' spreads."""
    reference = build_reference(file, load_rows(rows), out)
    typer.echo(f"{out}: " + ", ".join(f"{key} {value}" for key, value in reference.counts.items()))


@data.command("latents")
def data_latents(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    out: Annotated[Path, typer.Option(help="folder of the reference")] = FOLDER,
) -> None:
    """Write the latents of the known crystals, for the embedding explorer, by the shipped autoencoder."""
    from matgen_core.data.spaces import save_latents
    from matgen_core.stages.embed import encode_crystals, load_autoencoder

    known = load_rows(rows)
    latents, kept = encode_crystals(known.crystals)
    path = save_latents(known.ids[kept].tolist(), latents, load_autoencoder()[2], out)
    typer.echo(f"{len(kept)} latents of {len(known)} crystals in {path}")


@data.command("fetch-mp")
def data_fetch(
    out: Annotated[Path, typer.Argument(help="CSV to write")],
    elements: Annotated[str, typer.Option(help="only these elements; all if empty")] = "",
) -> None:
    """Download structures from the Materials Project with your key (environment variable MP_API_KEY)."""
    from matgen_core.data.materials_project import fetch_table

    key = os.environ.get("MP_API_KEY", "")
    if not key:
        raise BadInput("no key: set the environment variable MP_API_KEY (materialsproject.org, your dashboard)")
    count = fetch_table(out, key, parse_elements(elements, ELEMENTS) if elements else None)
    typer.echo(f"{count} rows in {out}")


def _bar(done: int, total: int) -> None:
    width = 30 * done // max(1, total)
    end = "\n" if done >= total else ""
    typer.echo(f"\r[{'#' * width}{'.' * (30 - width)}] {done}/{total}{end}", nl=False, err=True)


# ----------------------------------------------------------------------------------------------------------- train


@app.command()
def train(
    name: Annotated[
        str,
        typer.Argument(
            help="crystal-gpt, crystal-proposal, crystal-geometry, crystal-vae, crystal-diffusion, "
            "smiles-gpt, smiles-bert, matbert, matbert-atoms, matgpt, measured-gap"
        ),
    ],
    rows: Annotated[
        Path,
        typer.Option(help="crystals.npz; molecules.npz for the smiles- ones; formulas.csv.gz for the mat- ones"),
    ] = Path("data/crystals/crystals.npz"),
    epochs: Annotated[int, typer.Option(help="passes over the rows")] = 40,
    folder: Annotated[Path, typer.Option(help="where the state lies; continued if it is there")] = Path("training"),
    start: Annotated[
        Path | None,
        typer.Option(help="folder of checkpoints whose weights to begin from, such as assets/checkpoints (smiles-gpt)"),
    ] = None,
    checkpoints: Annotated[Path, typer.Option(help="where the checkpoint goes")] = CHECKPOINTS,
    threads: Annotated[int, typer.Option(help="CPU threads")] = 1,
) -> None:
    """Train a model, or go on where a training stopped."""
    import torch

    from matgen_core.recipes.crystals import train as run
    from matgen_core.training import TrainingConfig

    torch.set_num_threads(threads)

    def report(epoch: int, figures: dict[str, float]) -> None:
        typer.echo(f"epoch {epoch}: " + ", ".join(f"{key} {value:.4g}" for key, value in figures.items()))

    training = TrainingConfig(epochs=epochs)
    path = run(name, rows, folder / name, training, checkpoints=checkpoints, start=start, on_epoch=report)
    typer.echo(f"{path} written")


# -------------------------------------------------------------------------------------------------------- evaluate


@data.command("surroundings")
def data_surroundings(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    out: Annotated[Path, typer.Option(help="folder of the reference")] = FOLDER,
) -> None:
    """Count bond lengths, neighbours and structure types of the training rows, for the rules of synthesis."""
    from matgen_core.data.surroundings import measure_surroundings, save_surroundings, share_unlike

    known = load_rows(rows)
    table = measure_surroundings(known.subset(known.splits == "train").crystals)
    unlike = share_unlike(table, known.subset(known.splits != "train").crystals)
    typer.echo(
        f"{save_surroundings(table, out)}: {len(table.types)} types; {unlike:.3f} of withheld crystals are unlike"
    )


@evaluate.command("crystals")
def evaluate_crystals(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    count: Annotated[int, typer.Option(help="unconditional samples")] = 1000,
    each: Annotated[int, typer.Option(help="samples a target; 0 leaves the targets out")] = 200,
    seed: Annotated[int, typer.Option(help="of the draws")] = 0,
    engine: Annotated[str, typer.Option(help="engine")] = SamplingSettings().engine,
    prefer_stable: Annotated[bool, typer.Option(help="ask for stability where no goal does, as the app does")] = True,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure validity, novelty, stability and hit rates as README defines them."""
    import json

    import numpy as np

    from matgen_core.data.reference import SAMPLES
    from matgen_core.evaluation.crystals import measure_targets, measure_unconditional, readings_of

    known = load_rows(rows)
    settings = SamplingSettings(engine=engine, prefer_stable=prefer_stable)
    samples = design(Target(), count, seed=seed, settings=settings, on_progress=_print_progress)
    result: dict[str, object] = {
        "engine": engine,
        "settings": asdict(settings),
        "checkpoint": samples[0].origin.checkpoint,
    }
    result["unconditional"] = measure_unconditional(samples, known)
    typer.echo(json.dumps(result["unconditional"], indent=1))
    if engine == SamplingSettings().engine and prefer_stable:
        np.savez_compressed(FOLDER / SAMPLES, allow_pickle=False, **readings_of(samples))
    if each:
        result["targets"] = measure_targets(each, seed, settings, samples, known, typer.echo)
    out.mkdir(parents=True, exist_ok=True)
    name = f"crystals-{engine}{'' if prefer_stable else '-any'}.json"
    (out / name).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    typer.echo(f"{out / name} written")


@evaluate.command("reconstruction")
def evaluate_reconstruction(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure what engine A's autoencoder brings back of crystals withheld from it."""
    import json

    from matgen_core.data.datasets import split_rows
    from matgen_core.evaluation.reconstruction import measure_reconstruction
    from matgen_core.stages.embed import load_autoencoder

    held = split_rows(load_rows(rows))[1]
    vae, scale, digest = load_autoencoder()
    result = {"checkpoint": f"crystal-vae@{digest}", "rows": len(held), **measure_reconstruction(vae, scale, held)}
    out.mkdir(parents=True, exist_ok=True)
    (out / "reconstruction.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    typer.echo(json.dumps(result, indent=1))


@evaluate.command("readings")
def evaluate_readings(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    count: Annotated[int, typer.Option(help="withheld crystals")] = 1000,
    seed: Annotated[int, typer.Option(help="of the draws")] = 0,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure how far readings on generated geometry err; their spreads go to the shipped reference."""
    import json

    from matgen_core.data.reference import GENERATED
    from matgen_core.data.spreads import write_spreads
    from matgen_core.evaluation.calibration import measure_readings, read_placed

    spreads, figures = measure_readings(read_placed(load_rows(rows), count, seed))
    write_spreads(spreads, FOLDER / GENERATED)
    figures["spreads"] = asdict(spreads)
    out.mkdir(parents=True, exist_ok=True)
    (out / "readings.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    typer.echo(json.dumps(figures, indent=1))


@bench.command("crystals")
def bench_crystals(
    rows: Annotated[Path, typer.Option(help="crystals.npz of matgen data build")] = Path("data/crystals/crystals.npz"),
    count: Annotated[int, typer.Option(help="candidates of the whole job")] = 100,
    threads: Annotated[int, typer.Option(help="CPU threads; 0 for torch's own choice")] = 0,
    out: Annotated[Path, typer.Option(help="folder of the JSON")] = Path("benchmarks"),
) -> None:
    """Measure speed: samplers side by side, the whole job, CHGNet in batches and one by one."""
    import json

    import torch

    from matgen_core.evaluation.timing import time_crystals

    if threads:
        torch.set_num_threads(threads)
    result = time_crystals(load_rows(rows), count)
    out.mkdir(parents=True, exist_ok=True)
    (out / "speed-crystals.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    typer.echo(json.dumps(result, indent=1))


@app.command("app")
def run_app(
    port: Annotated[int, typer.Option(help="port")] = 8501,
    address: Annotated[str, typer.Option(help="whom to serve; 0.0.0.0 for other machines, too")] = "localhost",
) -> None:
    """Open the app in the browser."""
    # In a process of its own, so that this package needs no streamlit.
    command = [sys.executable, "-m", "pages.ui.serve", "--server.port", str(port), "--server.address", address]
    raise typer.Exit(subprocess.run(command, cwd=HOME, check=False).returncode)


if __name__ == "__main__":
    main()
