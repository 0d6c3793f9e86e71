"""Networks are trained by command: ``matgen train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.groups import app
from matgen_core.cli.running import at_work
from matgen_core.core.errors import Cancelled
from matgen_core.core.settings import DOMAINS
from matgen_core.learning.recipes.registry import RECIPES

#: The network that takes a user's own molecules.
OWN = "smiles-gpt"


@app.command("train")
def train(
    name: Annotated[
        str,
        typer.Argument(help=", ".join(RECIPES)),
    ],
    rows: Annotated[
        Path,
        typer.Option(
            help="; ".join(f"{name}: {record.source}" for name, record in RECIPES.items())
            + "; smiles-gpt also takes your own molecules: a CSV with a column smiles, or one SMILES per line"
        ),
    ] = Path("data/crystals/crystals.npz"),
    epochs: Annotated[int | None, typer.Option(help="passes over the rows; 40, or 10 of your own molecules")] = None,
    folder: Annotated[Path, typer.Option(help="folder of the training state; continued if present")] = Path("training"),
    start: Annotated[
        Path | None,
        typer.Option(help="folder of checkpoints whose weights to begin from, such as assets/checkpoints (smiles-gpt)"),
    ] = None,
    checkpoints: Annotated[
        Path | None,
        typer.Option(
            help="folder of checkpoints that this one is added to; left out: one in your data folder. With "
            "assets/checkpoints the included weights are replaced"
        ),
    ] = None,
    threads: Annotated[int, typer.Option(help="CPU threads")] = 1,
    keep: Annotated[
        str, typer.Option(help="of your own molecules: name of the generator (matgen molecules --generator NAME)")
    ] = "mine",
    domain: Annotated[
        str, typer.Option(help=f"of your own molecules: what they are like, {', '.join(DOMAINS[:-1])}")
    ] = "drug-like",
) -> None:
    """Train a model, or continue a stopped training. The included weights stay as they are."""
    import torch

    from matgen_core.core.environment import data_path

    torch.set_num_threads(threads)
    if name == OWN and rows.suffix != ".npz":
        _train_own(keep, rows, domain, epochs, folder / f"{name}-{keep}", start)
        return
    _train(name, rows, epochs or 40, folder / name, start, checkpoints or data_path("checkpoints"))


def _train(name: str, rows: Path, epochs: int, folder: Path, start: Path | None, checkpoints: Path) -> None:
    from matgen_core.learning.recipes.registry import train as run
    from matgen_core.learning.trainer import TrainingConfig

    training = TrainingConfig(epochs=epochs)
    with at_work(checkpoints / name / ".write-test", folder=folder) as work:
        try:
            path = run(
                name,
                rows,
                folder,
                training,
                checkpoints=checkpoints,
                start=start,
                on_epoch=_report,
                cancelled=work.cancelled,
            )
        except Cancelled:
            raise _stopped(folder) from None
        typer.echo(f"{path} written")


def _train_own(keep: str, source: Path, domain: str, epochs: int | None, folder: Path, start: Path | None) -> None:
    """The SMILES generator on the user's own molecules, from the shipped weights."""
    with at_work(folder=folder) as work:
        from matgen_core.learning.recipes.own_smiles import EPOCHS, read_own, train_own_smiles
        from matgen_core.workflows.own_properties.own_folder import check_place

        check_place(keep)
        own = read_own(source, domain)
        for reason, count in own.said.most_common():
            typer.echo(f"{count:8,} {reason}", err=True)
        state = folder.with_name(f"{folder.name}-{own.digest}")
        try:
            path = train_own_smiles(
                keep,
                own,
                epochs=epochs or EPOCHS,
                folder=state,
                start=start,
                on_epoch=_report,
                cancelled=work.cancelled,
            )
        except Cancelled:
            raise _stopped(state) from None
        typer.echo(f"{path} written; generate with it: matgen molecules --generator {keep} --domain {domain}")


def _report(epoch: int, figures: dict[str, float]) -> None:
    typer.echo(f"epoch {epoch}: " + ", ".join(f"{key} {value:.4g}" for key, value in figures.items()))


def _stopped(folder: Path) -> typer.Exit:
    typer.echo(f"stopped; its state is in {folder}, and the same command continues from there", err=True)
    return typer.Exit(130)
