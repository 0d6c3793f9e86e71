"""How MatGPT is trained: atoms of known formulas after the properties asked for (chapter 4, after 4.7)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from matgen_core.kinds.compositions.rows import (
    FORMULA_PROPERTIES,
    MAX_ATOMS,
    VOCABULARY,
    AtomStrings,
    FormulaRows,
)
from matgen_core.learning.trainer import Recipe, Trainer, TrainingConfig, best_device
from matgen_core.learning.validation import conditional_losses
from matgen_core.models.conditioning import ConditionConfig, drop_conditions
from matgen_core.models.gpt import ConditionalGPT, GPTConfig

NAME = "matgpt"
#: Shares of the strings without any condition, and with one property: the two that are asked for most.
_NOTHING, _ONE = 0.3, 0.2


def matgpt(rows: FormulaRows, folder: Path, training: TrainingConfig, batch: int = 128, width: int = 128) -> Recipe:
    """MatGPT and ConditionalMatGPT in one: each property has its own "any"."""
    learn, held = rows.subset(~rows.held), rows.subset(rows.held)
    means, stds = np.nanmean(learn.values, axis=0), np.nanstd(learn.values, axis=0)
    conditions = ConditionConfig(FORMULA_PROPERTIES, tuple(map(float, means)), tuple(map(float, stds)), width)
    config = GPTConfig(len(VOCABULARY), MAX_ATOMS + 2, width, 4, 4, 0.1, conditions)
    torch.manual_seed(training.seed)
    device = best_device()
    model = ConditionalGPT(config).to(device)
    batches, checks = AtomStrings(learn, batch, training.seed), AtomStrings(held, 256, 1)

    def loss(item: tuple[Tensor, Tensor]) -> Tensor:
        tokens = item[0].to(device)
        values = drop_conditions(item[1], all_rate=_NOTHING, only_rate=_ONE).to(device)
        return model.loss(tokens, values).mean() / 10.0

    def validate(network: nn.Module) -> dict[str, float]:
        return conditional_losses(network, checks(0))

    trainer = Trainer(model, loss, batches, validate, training, folder, len(batches))
    return Recipe(trainer, asdict(config))
