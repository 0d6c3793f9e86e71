"""Training rows of the crystal models, and the reference: ``matgen data`` by command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.groups import CRYSTALS, REFERENCE, ReferenceFolder, Rows, Samples, data
from matgen_core.cli.reporting import show_bar
from matgen_core.core.errors import BadInput
from matgen_core.core.settings import CrystalSettings


@data.command("build")
def data_build(
    file: Annotated[Path, typer.Argument(help="CSV with a cif column, or a folder of CIFs")],
    out: Annotated[Path, typer.Option(help="folder for the arrays")] = Path("data/crystals"),
    workers: Annotated[int | None, typer.Option(help="processes; one per core by default")] = None,
    labels: Annotated[
        bool, typer.Option(help="let CHGNet fill in energies and moments the table does not have")
    ] = True,
) -> None:
    """Turn structures into training rows: symmetry, Wyckoff sites, tokens, CHGNet labels. Resumes where it stopped."""
    from matgen_core.kinds.crystals.known.labels import label_rows
    from matgen_core.kinds.crystals.known.row_building import build_rows

    notes: list[str] = []
    table, rejected = build_rows(
        file, out, workers=workers, label=label_rows if labels else None, on_progress=show_bar, notes=notes
    )
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"{len(table)} rows in {out / 'crystals.npz'}, {len(rejected)} rejected (see {out / 'rejected.csv'})")


@data.command("reference")
def data_reference(
    file: Annotated[
        Path,
        typer.Argument(help="CSV of formula and formation_energy_mp2020 (or formation_energy_per_atom): known phases"),
    ],
    rows: Rows = CRYSTALS,
    out: Annotated[Path, typer.Option(help="folder for the reference")] = REFERENCE,
    entries: Annotated[
        Path | None,
        typer.Option(help="CSV of formula, one row per known crystal: how many structures of each formula are known"),
    ] = None,
) -> None:
    """Compute the hull, the sets of known formulas and structures, and the uncertainties of predictions."""
    from matgen_core.kinds.crystals.known.reference_build import build_reference
    from matgen_core.kinds.crystals.known.rows import load_rows

    reference = build_reference(file, load_rows(rows), out, entries)
    typer.echo(f"{out}: " + ", ".join(f"{key} {value}" for key, value in reference.counts.items()))


@data.command("judge")
def data_judge(
    rows: Rows = CRYSTALS,
    count: Annotated[int, typer.Option(min=100, help="crystals to use, each element about equally often")] = 4000,
    cache: Annotated[Path, typer.Option(help="CSV of energies; a build continues from it")] = Path(
        "training/judge.csv"
    ),
    out: ReferenceFolder = REFERENCE,
) -> None:
    """Fit the reference energies of SevenNet, which judges energies, and its errors; about 0.1 s per crystal."""
    from matgen_core.kinds.crystals.checks.energy_judge_build import build_judge
    from matgen_core.kinds.crystals.known.rows import load_rows

    judge = build_judge(load_rows(rows), cache, out, count, on_progress=show_bar)
    typer.echo(f"{len(judge.references)} references in {out}; withheld crystals err by {judge.error} eV/atom")


@data.command("latents")
def data_latents(
    rows: Rows = CRYSTALS,
    out: ReferenceFolder = REFERENCE,
) -> None:
    """Write the latents of the known crystals, for the page Embeddings, by the included autoencoder."""
    from matgen_core.kinds.crystals.known.rows import load_rows
    from matgen_core.kinds.crystals.writing.embed import encode_crystals, load_autoencoder
    from matgen_core.workflows.spaces.space import save_latents

    known = load_rows(rows)
    latents, kept = encode_crystals(known.crystals)
    path = save_latents(known.ids[kept].tolist(), latents, load_autoencoder()[2], out)
    typer.echo(f"{len(kept)} latents of {len(known)} crystals in {path}")


@data.command("maps")
def data_maps(out: ReferenceFolder = REFERENCE) -> None:
    """Compute the t-SNE maps of the page Embeddings; about twenty minutes on one core."""
    from matgen_core.workflows.spaces.explore import count_rebuilt, neighbour_map
    from matgen_core.workflows.spaces.maps import save_maps
    from matgen_core.workflows.spaces.sources import SPACES, open_space

    spaces = {kind: open_space(kind) for kind in SPACES}
    maps = {kind: (space, neighbour_map(space.vectors)) for kind, space in spaces.items()}
    rebuilt = count_rebuilt(spaces["crystals"])
    path = save_maps(maps, rebuilt, out)
    typer.echo(f"{len(maps)} maps in {path}; {rebuilt.formula} of {rebuilt.of} crystals rebuilt")


@data.command("drawn")
def data_drawn(
    out: Annotated[Path, typer.Argument(help="CSV to write, for matgen data build")],
    count: Annotated[int, typer.Option(help="crystals to generate")] = 10_000,
    seed: Annotated[int, typer.Option(help="random seed; different from that of an evaluation")] = 100,
    workers: Annotated[int, typer.Option(help="processes; the rows do not depend on it")] = 1,
    samples: Samples = Path("data/drawn.jsonl"),
) -> None:
    """Generate crystals and keep new ones near the hull (by CHGNet) as training rows."""
    from matgen_core.core.goals import Target
    from matgen_core.evaluation.drawn_rows import keep_drawn, rows_as_csv
    from matgen_core.evaluation.sampling import batches, draw_samples

    wanted = batches(Target(), count, seed, CrystalSettings(cap=1))
    found = draw_samples(wanted, samples, workers, show_bar)
    drawn = [sample for batch in wanted for sample in found[batch.name]]
    kept = keep_drawn(drawn)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(rows_as_csv(kept), encoding="utf-8")
    typer.echo(f"{len(kept)} rows of {len(drawn)} generated in {out}")


@data.command("fetch-mp")
def data_fetch(
    out: Annotated[Path, typer.Argument(help="CSV to write")],
    elements: Annotated[str, typer.Option(help="only these elements; all if empty")] = "",
) -> None:
    """Download structures from the Materials Project with your key (environment variable MP_API_KEY)."""
    key = os.environ.get("MP_API_KEY", "")
    if not key:
        raise BadInput("no key: set the environment variable MP_API_KEY (materialsproject.org, your dashboard)")
    from matgen_core.chem.formulas.composition import parse_elements
    from matgen_core.kinds.crystals.known.materials_project import fetch_table
    from matgen_core.kinds.crystals.known.rows import ELEMENTS

    count = fetch_table(out, key, parse_elements(elements, ELEMENTS) if elements else None)
    typer.echo(f"{count} rows in {out}")


@data.command("coordination")
def data_coordination(
    rows: Rows = CRYSTALS,
    out: ReferenceFolder = REFERENCE,
) -> None:
    """Count bond lengths, neighbours and structure types of the training rows, for the rules of synthesis."""
    from matgen_core.chem.crystals.prototypes import save_prototypes
    from matgen_core.kinds.crystals.known.coordination_statistics import (
        measure_coordination,
        save_coordination,
        share_unlike,
    )
    from matgen_core.kinds.crystals.known.rows import load_rows

    known = load_rows(rows)
    typer.echo(f"{save_prototypes(out)}: names of structure types")
    table = measure_coordination(known.subset(known.splits == "train").crystals)
    unlike = share_unlike(table, known.subset(known.splits != "train").crystals)
    typer.echo(
        f"{save_coordination(table, out)}: {len(table.types)} types; {unlike:.3f} of withheld crystals are unlike"
    )
