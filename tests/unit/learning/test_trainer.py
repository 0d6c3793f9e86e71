"""The loop learns, goes on where it stopped, keeps the best average and survives a bad batch."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.learning.trainer import Trainer, TrainingConfig

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(64, 3, generator=GENERATOR)
Y = X @ torch.tensor([[1.0], [-2.0], [0.5]])


def trainer(folder: Path, epochs: int = 20, poison: bool = False) -> Trainer:
    torch.manual_seed(0)
    model = nn.Linear(3, 1)

    def loss(batch: tuple[Tensor, Tensor]) -> Tensor:
        x, y = batch
        return ((model(x) - y) ** 2).mean()

    def batches(epoch: int) -> list[tuple[Tensor, Tensor]]:
        order = torch.randperm(64, generator=torch.Generator().manual_seed(epoch))
        found = [(X[rows], Y[rows]) for rows in order.split(16)]
        return [*found, (X * float("nan"), Y)] if poison else found

    def validate(network: nn.Module) -> dict[str, float]:
        return {"val": float(((network(X) - Y) ** 2).mean())}

    config = TrainingConfig(epochs, learning_rate=0.1, warmup=1, weight_decay=0.0, ema=0.5, bfloat16=False)
    return Trainer(model, loss, batches, validate, config, folder, 4)


def test_it_learns_a_line_and_writes_the_curve(tmp_path: Path) -> None:
    weights = trainer(tmp_path).run()
    torch.testing.assert_close(weights["weight"], torch.tensor([[1.0, -2.0, 0.5]]), atol=0.05, rtol=0)
    rows = list(csv.DictReader((tmp_path / "curve.csv").open()))
    assert [int(row["epoch"]) for row in rows] == list(range(1, 21))
    assert float(rows[-1]["val"]) < float(rows[0]["val"])


def test_a_resumed_training_ends_where_an_unbroken_one_does(tmp_path: Path) -> None:
    whole = trainer(tmp_path / "whole").run()
    broken = trainer(tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        broken.run(on_epoch=_stop_after_seven)
    resumed = trainer(tmp_path / "broken")
    assert resumed.epoch == 7
    assert all(torch.equal(resumed.run()[key], value) for key, value in whole.items())


def _stop_after_seven(epoch: int, _figures: dict[str, float]) -> None:
    if epoch == 7:
        raise KeyboardInterrupt


def test_cancelling_keeps_the_state(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        trainer(tmp_path).run(cancelled=lambda: True)
    assert (tmp_path / "state.pt").is_file()


def test_a_batch_of_nan_does_not_spoil_the_weights(tmp_path: Path) -> None:
    weights = trainer(tmp_path, epochs=2, poison=True).run()
    assert all(torch.isfinite(value).all() for value in weights.values())


def test_a_state_of_another_network_is_refused_by_name(tmp_path: Path) -> None:
    trainer(tmp_path, epochs=1).run()
    with pytest.raises(BadInput, match="use another folder"):
        Trainer(nn.Linear(5, 1), lambda b: b, lambda e: [], lambda m: {}, TrainingConfig(), tmp_path, 1)
