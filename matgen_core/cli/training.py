"""Networks are trained by command: ``matgen train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matgen_core.cli.running import at_work
from matgen_core.core.errors import Cancelled
from matgen_core.core.installation import ASSETS
from matgen_core.learning.recipes.registry import RECIPES

CHECKPOINTS = ASSETS / "checkpoints"


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


def register(app: typer.Typer) -> None:
    """Hangs the command into ``matgen``."""
    app.command("train")(train)
