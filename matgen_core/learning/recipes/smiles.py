"""How the SMILES generator is trained: its size, its rows, its loss."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from matgen_core.core.errors import BadInput
from matgen_core.core.properties import MOLECULE_CONDITIONS
from matgen_core.core.settings import DOMAINS
from matgen_core.kinds.molecules.rows import MoleculeRows, SmilesBatches, load_rows
from matgen_core.kinds.molecules.smiles import MAX_TOKENS, VOCABULARY, build_tokenizer
from matgen_core.learning.checkpoints import Checkpoint, load_checkpoint, save_language_model
from matgen_core.learning.job import TrainingJob
from matgen_core.learning.networks import build_smiles
from matgen_core.learning.trainer import Trainer, TrainingConfig, best_device
from matgen_core.models.conditioning import ConditionConfig, drop_conditions
from matgen_core.models.smiles import ConditionalSMILESGenerator, SmilesConfig

NAME = "smiles-gpt"
#: Rows of one "epoch": the trainer validates and keeps the best weights after each.
_SLICE = 25_000
#: Small network, one pass or so over the rows: it bears a higher rate than the crystals' networks.
_RATE = 1.5e-3
#: Of weights that have learnt already: enough to leave the place where the last course ended, not to forget it.
_RATE_ON = 8e-4
#: Shares of the strings without any condition, and with one property alone: the two that are asked for most.
_NOTHING, _ONE = 0.3, 0.3
#: Share of the strings without a domain.
_ANYWHERE = 0.25
#: Tell 10 g/mol apart in a range of 700.
_FREQUENCIES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)


def smiles_config(rows: MoleculeRows) -> SmilesConfig:
    """The network, with conditions normalised over the rows."""
    means, stds = np.nanmean(rows.labels, axis=0), np.nanstd(rows.labels, axis=0)
    conditions = ConditionConfig(
        MOLECULE_CONDITIONS,
        _floats(means),
        _floats(np.maximum(stds, 1e-3)),
        256,
        frequencies=_FREQUENCIES,
        domains=DOMAINS[:-1],
    )
    return SmilesConfig(len(VOCABULARY), MAX_TOKENS, width=256, layers=5, heads=8, dropout=0.0, conditions=conditions)


def build_trainer(
    rows: MoleculeRows, folder: Path, training: TrainingConfig, start: Checkpoint | None = None
) -> tuple[Trainer, SmilesConfig]:
    """The loop for these rows; those that are withheld are for validation only.

    Args:
        rows: molecules in their fixed order, so that a longer file withholds the same ones.
        folder: of the state.
        training: how long; the rate is this recipe's.
        start: weights to begin from, with the size and the normalisation they were trained with.

    Raises:
        BadInput: where there are too few rows.
    """
    held = rows.withheld
    if not held.any() or held.all():
        raise BadInput("{count} molecules are too few to train on; give at least some hundred", count=len(rows))
    checks, learn = rows.only(held), rows.only(~held)
    torch.manual_seed(training.seed)
    device = best_device()
    model = (ConditionalSMILESGenerator(smiles_config(learn)) if start is None else build_smiles(start)).to(device)
    slices = max(1, round(len(learn) / _SLICE))
    batches = SmilesBatches(learn, 64, training.seed, slices)
    # A user's own file may take fewer steps than the usual warm-up.
    warmup = min(training.warmup, max(1, training.epochs * len(batches) // 10))
    training = replace(training, learning_rate=_RATE if start is None else _RATE_ON, warmup=warmup)

    def loss(item: tuple[Tensor, Tensor]) -> Tensor:
        tokens = item[0].to(device)
        conditions = drop_conditions_and_domain(item[1]).to(device)
        # By token, not by string: batches hold strings of one length, and lengths differ from batch to batch.
        return model.loss(tokens, conditions).sum() / (tokens[:, 1:] != 0).sum()

    validation = list(SmilesBatches(checks, 256, 1)(0))

    def validate(network: nn.Module) -> dict[str, float]:
        assert isinstance(network, ConditionalSMILESGenerator)
        free, given = [], []
        for tokens, labels in validation:
            free.append(network.loss(tokens.to(device)))
            given.append(network.loss(tokens.to(device), labels.to(device)))
        return {"val": float(torch.cat(free).mean()), "val_conditional": float(torch.cat(given).mean())}

    return Trainer(model, loss, batches, validate, training, folder, len(batches)), model.config


def drop_conditions_and_domain(conditions: Tensor) -> Tensor:
    """Labels and domain (B, K + 1) with some made "any"; the domain by itself, whatever the properties are."""
    labels = drop_conditions(conditions[:, :-1], all_rate=_NOTHING, only_rate=_ONE)
    anywhere = torch.rand(len(conditions), 1) < _ANYWHERE
    return torch.cat([labels, conditions[:, -1:].masked_fill(anywhere, torch.nan)], dim=1)


def train_smiles(job: TrainingJob) -> Path:
    """Trains the generator, or goes on where ``folder`` stopped, and writes its checkpoint.

    Args:
        job: its source is ``molecules.npz``. What lies in its folder goes before ``start``, from whose weights the
            training begins with a rate that rises and falls anew.
    """
    begun = None if job.start is None else load_checkpoint(NAME, folder=job.start)
    trainer, config = build_trainer(load_rows(job.source), job.folder, job.training, start=begun)
    return export(job.run(trainer), config, job.checkpoints, _together(trainer.summary(), begun))


def _together(now: dict[str, float], start: Checkpoint | None) -> dict[str, float]:
    """What was trained, the former training included."""
    if start is None:
        return {**now, "slice of molecules": _SLICE}
    before = start.config.get("trained", {})
    total = {key: float(before.get(key, 0)) + now[key] for key in now if key in ("epoch", "seconds")}
    return {**now, **total, "continued from epoch": before.get("epoch", 0), "slice of molecules": _SLICE}


def export(weights: dict[str, Tensor], config: SmilesConfig, checkpoints: Path, trained: dict[str, float]) -> Path:
    """Writes weights, tokenizer and conditions as one checkpoint in the transformers format."""
    model = ConditionalSMILESGenerator(config)
    model.load_state_dict(weights)
    extra: dict[str, Any] = {**asdict(config), "trained": trained}
    return save_language_model(
        NAME, model.gpt, build_tokenizer(), model.condition.state_dict(), extra, folder=checkpoints
    )


def _floats(values: np.ndarray[Any, Any]) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
