"""How "measured-gap" is made: MatBERT trained on measured band gaps, several times, as one ensemble with its spread.

The members differ in the seed of head and order; all rows that are not withheld teach each of them.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from matgen_core.core.errors import BadInput
from matgen_core.kinds.compositions.predict import MEASURED
from matgen_core.kinds.compositions.rows import encode_amounts
from matgen_core.learning.checkpoints import save_checkpoint
from matgen_core.learning.examples import read_columns
from matgen_core.learning.job import TrainingJob
from matgen_core.models.adapters import merge
from matgen_core.models.bert import MatBERT, ReaderEnsemble
from matgen_core.workflows.own_properties.finetune import FinetuneConfig, Tuned, finetune
from matgen_core.workflows.own_properties.training_examples import Examples, read_examples

KEY, MEMBERS, STRATEGY = "measured_gap", 3, "full"


def train_measured_gap(job: TrainingJob) -> Path:
    """Teaches the members, calibrates and measures on the withheld fifth, and writes the checkpoint.

    Args:
        job: its source is a CSV of formula and target (eV); its folder is not used, since a member takes a minute, so
            that none is gone on with.

    Raises:
        BadInput: where the table cannot be used, or it was cancelled.
    """
    config = FinetuneConfig(STRATEGY, job.training.epochs, seed=job.training.seed)
    texts, values, kind = read_columns(job.source, "target", "", "formula")
    examples = read_examples(texts, values, kind)
    held = np.zeros(len(examples.texts), dtype=bool)
    held[np.random.default_rng(0).permutation(len(held))[: round(config.held * len(held))]] = True

    def report(tuned: Tuned) -> None:
        if job.on_epoch:
            epoch, loss, error = tuned.curve[-1]
            job.on_epoch(epoch, {"train": loss, "val": error})

    members = []
    for seed in range(MEMBERS):
        each = replace(config, seed=config.seed + seed)
        members.append(finetune(examples, each, held=held, on_epoch=report, cancelled=job.cancelled))
        if job.cancelled and job.cancelled():
            raise BadInput("cancelled; nothing was written")
    return _export(members, examples, held, job.checkpoints)


def _export(members: list[Tuned], examples: Examples, held: np.ndarray, checkpoints: Path) -> Path:
    first = members[0].backbone.network
    assert isinstance(first, MatBERT)
    head = replace(members[0].head.config, key=KEY)
    network = ReaderEnsemble(first.config, (head,), len(members))
    for member, tuned in zip(network.members, members, strict=True):
        member.load_state_dict(_weights(tuned))
    network.eval()
    texts = [text for text, out in zip(examples.texts, held, strict=True) if out]
    _, value, spread = (part.numpy() for part in network.read(*encode_amounts(texts))[KEY])
    error = np.abs(value - examples.values[held])
    even = np.arange(len(error)) % 2 == 0  # the rows were drawn in a random order
    scale = float(np.quantile(error[even] / spread[even], 0.95)) / 2
    within = {n: float((error[~even] < n * scale * spread[~even]).mean()) for n in (1, 2)}
    trained = {
        "parameters": sum(p.numel() for p in network.parameters()),
        "rows": int((~held).sum()),
        "withheld": int(held.sum()),
        "seconds": sum(tuned.report["seconds"] for tuned in members),
        "mae": float(error.mean()),
        "mae_of_median": members[0].report["mae_of_median"],
        "within_2_spreads": within[2],
        "within_1_spread": within[1],
    }
    extra = {
        "readings": [asdict(head)],
        "members": len(members),
        "scales": {KEY: round(scale, 4)},
        "domain": {KEY: round(float(np.quantile(spread * scale, 0.95)), 4)},
        "backbone": members[0].backbone.name,
        "taught": asdict(members[0].config),
    }
    weights = {key: value for key, value in network.state_dict().items() if not key.endswith("position_ids")}
    return save_checkpoint(MEASURED, weights, {**asdict(first.config), **extra, "trained": trained}, folder=checkpoints)


def _weights(tuned: Tuned) -> dict[str, Tensor]:
    """Those of a member: the backbone, LoRA merged into it, and the head."""
    if tuned.config.strategy == "lora":
        merge(tuned.backbone.encoder)
    elif tuned.config.strategy != "full":
        raise BadInput(f"an ensemble is made by full fine-tuning or LoRA, not by {tuned.config.strategy}")
    with torch.no_grad():
        backbone = {f"backbone.{k}": v for k, v in tuned.backbone.network.state_dict().items()}
        return backbone | {f"heads.{KEY}.{k}": v for k, v in tuned.head.state_dict().items()}
