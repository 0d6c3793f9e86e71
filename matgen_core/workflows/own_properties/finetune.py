"""A predictor of the user's own property from a table of formulas or SMILES: full, adapter or LoRA, one argument.

:mod:`matgen_core.workflows.own_properties.predictors` gives the result a name and keeps it on disk.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from matgen_core.core.declaring import check_settings
from matgen_core.core.messages import Message, Text
from matgen_core.core.settings import FinetuneConfig as FinetuneConfig
from matgen_core.kinds.compositions.predict import load_reader
from matgen_core.kinds.compositions.rows import encode_amounts
from matgen_core.learning.checkpoints import load_checkpoint, load_encoder
from matgen_core.learning.networks import build_matbert
from matgen_core.models.adapters import apply_strategy
from matgen_core.models.bert import Head, HeadConfig, MatBERT
from matgen_core.workflows.own_properties.training_examples import Examples

KINDS = ("formula", "smiles")
#: The encoder that learnt from formulas alone.
FORMULAS = "matbert-formulas"
#: What the usual encoder of formulas was taught, of these very formulas: its error on them is no test of transfer.
TAUGHT = ("band_gap", "formation_energy", "magnetic_moment", "max_site_moment", "e_above_hull")
_RATES = {"full": 3e-4, "adapter": 1e-3, "lora": 1e-3}


@dataclass(frozen=True)
class Backbone:
    """A pretrained encoder and how texts become its input.

    Args:
        kind: one of KINDS.
        name: checkpoint and digest.
        network: MatBERT, or a RoBERTa.
        tokenizer: of the RoBERTa.
    """

    kind: str
    name: str
    network: nn.Module
    tokenizer: object = None

    @property
    def encoder(self) -> nn.Module:
        """The transformers encoder inside."""
        return self.network.bert if isinstance(self.network, MatBERT) else self.network

    @property
    def width(self) -> int:
        """D; pooled vectors have 2 D numbers."""
        return int(self.encoder.config.hidden_size)  # type: ignore[union-attr, arg-type]

    def encode(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Tokens (B, T), with fractions (formulas) or a mask (SMILES) of the same shape."""
        if self.kind == "formula":
            return encode_amounts(texts)
        assert callable(self.tokenizer)
        longest = int(self.encoder.config.max_position_embeddings) - 2  # type: ignore[union-attr, arg-type]
        batch = self.tokenizer(list(texts), padding=True, truncation=True, max_length=longest, return_tensors="pt")
        return batch["input_ids"], batch["attention_mask"]

    def pool(self, tokens: Tensor, second: Tensor) -> Tensor:
        """(B, 2 D): [CLS] and the mean."""
        if isinstance(self.network, MatBERT):
            return self.network.pool(self.network(tokens, second), tokens, second)
        hidden = self.network(input_ids=tokens, attention_mask=second).last_hidden_state
        weights = second[..., None].to(hidden.dtype)
        return torch.cat([hidden[:, 0], (hidden * weights).sum(dim=1) / weights.sum(dim=1)], dim=-1)


def beginnings_for(column: str, kind: str) -> tuple[str, ...]:
    """From what a property may be taught, so that the error on withheld rows is a test: never from itself.

    Args:
        column: of the known crystals; empty for a table of the reader's own.
        kind: of the materials, "formula" or "smiles"; the encoder of SMILES was taught no property.
    """
    if kind != "formula":
        return ("nothing", "formulas")
    return ("nothing", "formulas") if column in TAUGHT else ("nothing", "formulas", "properties")


def open_backbone(kind: str, taught: bool = True) -> Backbone:
    """A fresh copy of the shipped encoder for formulas or SMILES.

    Args:
        kind: one of KINDS.
        taught: for formulas, whether the encoder was taught gap, energy and moment (:data:`TAUGHT`) after its
            pretraining; that for SMILES never was taught any property.

    Raises:
        UnknownCheckpoint, DamagedCheckpoint: where its weights are not there or not whole.
    """
    if kind == "formula" and not taught:
        checkpoint = load_checkpoint(FORMULAS)
        return Backbone(kind, f"{checkpoint.name}@{checkpoint.digest}", build_matbert(checkpoint).eval())
    if kind == "formula":
        reader = load_reader()
        source = reader.network.members[0].backbone
        assert isinstance(source, MatBERT)
        network = MatBERT(source.config)
        network.load_state_dict(source.state_dict())
        return Backbone(kind, reader.name, network.eval())
    encoder, tokenizer, digest = load_encoder("smiles-bert")
    return Backbone(kind, f"smiles-bert@{digest}", encoder.eval(), tokenizer)


# --------------------------------------------------------------------------------------------------------- training


@dataclass
class Tuned:
    """A predictor: backbone with what was trained, and its head.

    Args:
        backbone: with the strategy applied.
        head: reads the pooled vector.
        config: how it was trained.
        scale: what spreads are multiplied with.
        report: what was measured: mae, mae_of_median (of guessing it), trained and all parameters, seconds, rows.
        curve: (epoch, training loss, error on the withheld rows).
    """

    backbone: Backbone
    head: Head
    config: FinetuneConfig
    scale: float = 1.0
    report: dict[str, float] = field(default_factory=dict)
    curve: list[tuple[int, float, float]] = field(default_factory=list)

    @property
    def doubt(self) -> Text:
        """What a user must know before using it; empty where it predicts withheld rows better than the median."""
        error, guess = self.report.get("mae"), self.report.get("mae_of_median")
        if error is None or guess is None or error < guess:
            return ""
        return Message(
            "the predictor errs by {error:.3g} on withheld rows, guessing the median by {guess:.3g}: it has learnt "
            "nothing of use; give more rows or epochs, or another column",
            error=error,
            guess=guess,
        )

    @torch.inference_mode()
    def read(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Values and spreads (N,) of cleaned texts."""
        self.backbone.network.eval()
        values, spreads = [], []
        for first in range(0, len(texts), 256):
            raw = self.head(self.backbone.pool(*self.backbone.encode(texts[first : first + 256])))
            _, value, variance = self.head.read(raw[None].float())
            values.append(value.numpy())
            spreads.append(variance.sqrt().numpy() * self.scale)
        return np.concatenate(values), np.concatenate(spreads)


def finetune(
    examples: Examples,
    config: FinetuneConfig,
    *,
    held: NDArray[np.bool_] | None = None,
    on_epoch: Callable[[Tuned], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Tuned:
    """Teaches a fresh copy of the backbone the examples.

    Args:
        examples: rows.
        config: how.
        held: (N,) rows withheld; drawn by the seed where None.
        on_epoch: called after each epoch with the predictor as it is.
        cancelled: asked at every step; what was learnt so far is returned.

    Raises:
        BadInput: for an unknown strategy or settings out of range.
    """
    check_settings(config)
    rng = np.random.default_rng(config.seed)
    count = len(examples.texts)
    if held is None:
        held = np.zeros(count, dtype=bool)
        held[rng.permutation(count)[: max(1, round(config.held * count))]] = True
    torch.manual_seed(config.seed)
    tuned = _begin(examples, config, held)
    learn = np.flatnonzero(~held)
    trained = [p for p in (*tuned.backbone.network.parameters(), *tuned.head.parameters()) if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1.0, weight_decay=0.01)
    total = config.epochs * -(-len(learn) // config.batch)
    peak = config.learning_rate or _RATES[config.strategy]
    values, begun, step = torch.from_numpy(examples.values), time.monotonic(), 0
    stopped = False
    for epoch in range(1, config.epochs + 1):
        tuned.backbone.network.train()
        losses = []
        for part in np.array_split(rng.permutation(learn), -(-len(learn) // config.batch)):
            if cancelled and cancelled():
                stopped = True
                break
            rate = peak * min(1.0, (step + 1) / max(1, total // 20)) * 0.5 * (1 + np.cos(np.pi * step / total))
            for group in optimizer.param_groups:
                group["lr"] = rate
            inputs = tuned.backbone.encode([examples.texts[i] for i in part])
            loss = tuned.head.loss(tuned.head(tuned.backbone.pool(*inputs)), values[part])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            losses.append(float(loss.detach()))
            step += 1
        if stopped:
            break
        error = _errors(tuned, examples, held)
        tuned.curve.append((epoch, float(np.mean(losses)), float(np.abs(error).mean())))
        if on_epoch:
            on_epoch(tuned)
    return _measured(tuned, examples, held, trained, time.monotonic() - begun)


def _begin(examples: Examples, config: FinetuneConfig, held: NDArray[np.bool_]) -> Tuned:
    backbone = open_backbone(examples.kind, config.taught)
    if not config.pretrained:
        backbone.network.apply(_forget)
        backbone.encoder.init_weights()  # type: ignore[operator]
    values = examples.values[~held]
    zero = bool((values >= 0).all() and (values < 0.05).mean() > 0.1)
    used = values[values >= 0.05] if zero else values
    head = Head(HeadConfig("value", float(used.mean()), float(max(1e-6, used.std())), zero), backbone.width)
    backbone.network.requires_grad_(config.strategy == "full")
    apply_strategy(backbone.encoder, config.strategy, size=config.size, rank=config.rank)
    return Tuned(backbone, head, config)


def _forget(module: nn.Module) -> None:
    if isinstance(module, nn.Linear | nn.LayerNorm):
        module.reset_parameters()


def _errors(tuned: Tuned, examples: Examples, held: NDArray[np.bool_]) -> NDArray[np.float32]:
    texts = [text for text, out in zip(examples.texts, held, strict=True) if out]
    return np.asarray(tuned.read(texts)[0] - examples.values[held])


def _measured(
    tuned: Tuned, examples: Examples, held: NDArray[np.bool_], trained: Sequence[nn.Parameter], seconds: float
) -> Tuned:
    texts = [text for text, out in zip(examples.texts, held, strict=True) if out]
    value, spread = tuned.read(texts)
    error = np.abs(value - examples.values[held])
    ratio = float(np.quantile(error / np.maximum(spread, 1e-9), 0.95)) / 2
    tuned.scale = ratio if np.isfinite(ratio) and ratio > 0 else 1.0
    median = float(np.median(examples.values[~held]))
    tuned.report = {
        "rows": int((~held).sum()),
        "held": int(held.sum()),
        "mae": round(float(error.mean()), 4),
        "mae_of_median": round(float(np.abs(examples.values[held] - median).mean()), 4),
        "trained_parameters": sum(p.numel() for p in trained),
        "parameters": sum(p.numel() for p in (*tuned.backbone.network.parameters(), *tuned.head.parameters())),
        "seconds": round(seconds, 1),
    }
    return tuned
