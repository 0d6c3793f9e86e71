"""One training loop for every network: resumable, with a running average of the weights and a curve on disk.

The loop knows no network: it is given a loss, batches and a validation. What it needs to go on lies in one folder
(``state.pt``, ``curve.csv``), written every few minutes and at the end.
"""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from matgen_core.core.errors import BadInput, Cancelled

#: A batch is whatever the loss takes; batches of one epoch are drawn by epoch number, so that a resumed run differs
#: from an unbroken one by no more than the rest of the epoch it was stopped in.
Batches = Callable[[int], Iterable[Any]]


@dataclass(frozen=True)
class TrainingConfig:
    """How long and how fast to learn.

    Args:
        epochs: passes over the rows; the learning rate falls to zero over them (cosine).
        learning_rate: peak, of AdamW.
        warmup: steps of linear rise.
        weight_decay: on matrices only.
        clip: largest gradient norm.
        ema: decay of the running average of the weights, per step; 0 for none.
        bfloat16: autocast, where the device has it.
        save_every: seconds between states on disk.
        seed: of initialisation, batches and dropout.
    """

    epochs: int = 60
    learning_rate: float = 6e-4
    warmup: int = 300
    weight_decay: float = 0.05
    clip: float = 1.0
    ema: float = 0.999
    bfloat16: bool = True
    save_every: float = 300.0
    seed: int = 0


def best_device() -> torch.device:
    """The accelerator, where there is one, otherwise the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


class Trainer:
    """The state of one training: network, optimiser, average and curve.

    Args:
        model: the network, already on its device.
        loss: from a batch to a scalar, with gradient.
        batches: epoch number to the batches of that epoch.
        validate: from the network holding averaged weights to named figures, written into the curve.
        config: how long and how fast.
        folder: where the state lies; a state in it is continued.
        steps_per_epoch: for the learning rate's course.
    """

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[[Any], Tensor],
        batches: Batches,
        validate: Callable[[nn.Module], dict[str, float]],
        config: TrainingConfig,
        folder: Path,
        steps_per_epoch: int,
    ) -> None:
        self.model, self.loss, self.batches, self.validate = model, loss, batches, validate
        self.config, self.folder, self.total = config, folder, config.epochs * steps_per_epoch
        self.optimizer = _optimizer(model, config)
        self.average = {key: value.detach().clone() for key, value in model.state_dict().items()}
        self.epoch = self.step = 0
        self.best = math.inf
        folder.mkdir(parents=True, exist_ok=True)
        self._resume()

    def run(
        self,
        on_epoch: Callable[[int, dict[str, float]], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> dict[str, Tensor]:
        """Trains to the last epoch and returns the averaged weights.

        Raises:
            Cancelled: where ``cancelled`` said so; the state is saved, and the next run goes on from it.
        """
        saved = time.monotonic()
        while self.epoch < self.config.epochs:
            started, losses = time.monotonic(), []
            self.model.train()
            for batch in self.batches(self.epoch):
                if cancelled and cancelled():
                    self.save()
                    raise Cancelled
                losses.append(self._learn(batch))
                if time.monotonic() - saved > self.config.save_every:
                    self.save()
                    saved = time.monotonic()
            self.epoch += 1
            figures = {"train": sum(losses) / max(1, len(losses)), **self._validated()}
            figures["seconds"] = time.monotonic() - started
            self._write_curve(figures)
            self.save()
            saved = time.monotonic()
            if on_epoch:
                on_epoch(self.epoch, figures)
        return self.average

    def summary(self) -> dict[str, float]:
        """What the last finished epoch reached, with the number of weights and the time of all epochs, for the card."""
        path = self.folder / "curve.csv"
        rows = list(csv.DictReader(path.open(encoding="utf-8"))) if path.is_file() else []
        last = {key: float(value) for key, value in rows[-1].items()} if rows else {}
        last["seconds"] = round(sum(float(row["seconds"]) for row in rows))
        return {"parameters": sum(p.numel() for p in self.model.parameters()), **last}

    def save(self) -> None:
        """Writes the state so that an interrupted write leaves the former one whole."""
        state = {
            "model": self.model.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
            "step": self.step,
            "best": self.best,
            "config": asdict(self.config),
        }
        partial = self.folder / "state.part"
        torch.save(state, partial)
        partial.replace(self.folder / "state.pt")

    def _resume(self) -> None:
        path = self.folder / "state.pt"
        if not path.is_file():
            return
        try:
            state = torch.load(path, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
        except (RuntimeError, KeyError, ValueError) as error:
            raise BadInput(f"{path} does not continue this training ({str(error)[:120]}); use another folder") from None
        self.average, self.epoch, self.step, self.best = (state[k] for k in ("average", "epoch", "step", "best"))

    def _learn(self, batch: Any) -> float:
        config = self.config
        rate = config.learning_rate * min(1.0, (self.step + 1) / config.warmup)
        rate *= 0.5 * (1.0 + math.cos(math.pi * min(1.0, self.step / self.total)))
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        device = next(self.model.parameters()).device
        with torch.autocast(device.type, torch.bfloat16, enabled=config.bfloat16):
            loss = self.loss(batch)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), config.clip)
        if torch.isfinite(norm):  # one bad batch must not spoil the weights
            self.optimizer.step()
        self.step += 1
        self._average()
        return float(loss.detach())

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.config.ema, (1 + self.step) / (10 + self.step))
        for key, value in self.model.state_dict().items():
            if value.is_floating_point() and self.config.ema:
                self.average[key].lerp_(value, 1.0 - decay)
            else:
                self.average[key].copy_(value)

    def _validated(self) -> dict[str, float]:
        own = {key: value.clone() for key, value in self.model.state_dict().items()}
        self.model.load_state_dict(self.average)
        self.model.eval()
        with torch.no_grad():
            figures = self.validate(self.model)
        self.model.load_state_dict(own)
        if figures.get("val", math.inf) < self.best:
            self.best = figures["val"]
            torch.save(self.average, self.folder / "best.pt")
        return figures

    def _write_curve(self, figures: dict[str, float]) -> None:
        path = self.folder / "curve.csv"
        new = not path.is_file()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["epoch", *figures])
            writer.writerow([self.epoch, *(f"{value:.6g}" for value in figures.values())])


def _optimizer(model: nn.Module, config: TrainingConfig) -> torch.optim.AdamW:
    matrices = [p for p in model.parameters() if p.requires_grad and p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.requires_grad and p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": config.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98))


@dataclass(frozen=True)
class Recipe:
    """One network's training, ready to run.

    Args:
        trainer: the loop with everything it needs.
        config: what goes into the checkpoint's ``config.json``.
    """

    trainer: Trainer
    config: Mapping[str, Any]
