"""How the molecule encoder is pretrained: masked tokens of the training molecules (chapter 4, after 4.7)."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import RobertaForMaskedLM

from matgen_core.core.errors import BadInput
from matgen_core.kinds.molecules.rows import HELD, MoleculeRows, SmilesBatches, load_rows
from matgen_core.kinds.molecules.smiles import (
    ENCODER_TOKENS,
    MASK,
    MASKED_VOCABULARY,
    UNKNOWN,
    build_tokenizer,
)
from matgen_core.learning.checkpoints import save_encoder
from matgen_core.learning.job import TrainingJob
from matgen_core.learning.trainer import Trainer, TrainingConfig, best_device
from matgen_core.models.chemberta import EncoderConfig, masked_loss, masked_roberta
from matgen_core.models.masking import IGNORED, mask_tokens

NAME = "smiles-bert"
#: Rows of one "epoch", as for the generator.
_SLICE = 25_000
_RATE = 1.5e-3


def build_encoder_trainer(rows: MoleculeRows, folder: Path, training: TrainingConfig) -> tuple[Trainer, EncoderConfig]:
    """The loop for those of these rows that are of MOSES; the first HELD of them are for validation only.

    Raises:
        BadInput: where there are too few rows.
    """
    rows = rows.only(rows.domain == 0)
    held = min(HELD, len(rows) // 10)
    if held == 0:
        raise BadInput(f"{len(rows)} molecules are too few to train on; build more with: matgen data molecules")
    checks, learn = rows.between(0, held), rows.between(held, len(rows))
    config = EncoderConfig(len(MASKED_VOCABULARY), ENCODER_TOKENS)
    torch.manual_seed(training.seed)
    device = best_device()
    model = masked_roberta(config).to(device)
    batches = SmilesBatches(learn, 64, training.seed, max(1, round(len(learn) / _SLICE)))
    generator = torch.Generator().manual_seed(training.seed)

    def hidden(tokens: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        # UNKNOWN may be a random token, so that it is not a stranger where a molecule holds what MOSES does not.
        inputs, labels = mask_tokens(tokens, UNKNOWN, MASK, len(MASKED_VOCABULARY), generator)
        return inputs.to(device), labels.to(device)

    def loss(item: tuple[Tensor, Tensor]) -> Tensor:
        return masked_loss(model, *hidden(item[0], generator))

    once = torch.Generator().manual_seed(1)
    validation = [hidden(tokens, once) for tokens, _ in SmilesBatches(checks, 256, 1)(0)]

    def validate(network: nn.Module) -> dict[str, float]:
        assert isinstance(network, RobertaForMaskedLM)
        nats = right = count = 0.0
        for inputs, labels in validation:
            logits = network(inputs, attention_mask=(inputs != 0).long()).logits.float()
            asked = labels != IGNORED
            nats += float(nn.functional.cross_entropy(logits[asked], labels[asked], reduction="sum"))
            right += float((logits[asked].argmax(dim=-1) == labels[asked]).sum())
            count += float(asked.sum())
        return {"val": nats / count, "val_accuracy": right / count}

    training = replace(training, learning_rate=_RATE)
    return Trainer(model, loss, batches, validate, training, folder, len(batches)), config


def train_encoder(job: TrainingJob) -> Path:
    """Pretrains the encoder, or goes on where ``folder`` stopped, and writes its checkpoint."""
    trainer, config = build_encoder_trainer(load_rows(job.source), job.folder, job.training)
    return export_encoder(job.run(trainer), config, job.checkpoints, trainer.summary())


def export_encoder(
    weights: dict[str, Tensor], config: EncoderConfig, checkpoints: Path, trained: dict[str, float]
) -> Path:
    """Writes weights and tokenizer as transformers opens them."""
    model = masked_roberta(config)
    model.load_state_dict(weights)
    extra: dict[str, Any] = {**asdict(config), "trained": trained}
    return save_encoder(NAME, model, build_tokenizer(MASKED_VOCABULARY), extra, folder=checkpoints)
