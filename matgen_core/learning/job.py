"""Job of ``matgen train``: its arguments, and the steps that several recipes share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from torch import Tensor

    from matgen_core.learning.trainer import Trainer, TrainingConfig

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class TrainingJob:
    """One training that was asked for.

    Args:
        source: the file that it learns from.
        folder: of the training's state; what lies there is gone on with.
        training: how long and how fast.
        checkpoints: folder where the checkpoint goes, and where those lie that it needs.
        start: folder of checkpoints to begin from instead of from chance.
        on_epoch: called after each epoch with its number and its figures.
        cancelled: asked at every step.
    """

    source: Path
    folder: Path
    training: TrainingConfig
    checkpoints: Path
    start: Path | None = None
    on_epoch: Callable[[int, dict[str, float]], None] | None = None
    cancelled: Callable[[], bool] | None = None

    def run(self, trainer: Trainer) -> dict[str, Tensor]:
        """The averaged weights of a training that this job reports and can cancel.

        Raises:
            Cancelled: where it was cancelled.
        """
        return trainer.run(self.on_epoch, self.cancelled)

    def run_members(
        self, count: int, rate: float, build: Callable[[Path, TrainingConfig], tuple[Trainer, C]]
    ) -> tuple[list[dict[str, Tensor]], C, dict[str, float]]:
        """Trains the members of an ensemble one after another; they differ in their seed.

        Args:
            count: of members.
            rate: peak learning rate of each.
            build: (folder, training) -> the loop of one member and the network's config.

        Returns:
            The weights of each, the config, and the epochs and seconds for the card.
        """
        members, seconds = [], 0.0
        for seed in range(count):
            each = replace(self.training, seed=seed, learning_rate=rate)
            trainer, config = build(self.folder / f"member-{seed}", each)
            members.append(self.run(trainer))
            seconds += trainer.summary()["seconds"]
        return members, config, {"epoch": self.training.epochs, "seconds": seconds}
