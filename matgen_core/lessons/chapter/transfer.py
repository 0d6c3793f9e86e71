"""The chapter's three ways of transfer: full_finetuning, MatBERTWithAdapters, MatBERTWithLoRA, on its MatBERT.

    AdapterLayer  x + W_up relu(W_down LayerNorm(x))        LoRALayer  x W^T + x A^T B^T

x (B, T, D) -> (B, T, D). The chapter adapts the finished hidden states, writing into a tuple; here each adapter stands
behind its own block, as in the paper. The chapter leaves LoRA's forward pass out; here it goes through the attention.
References: Houlsby et al. (2019); Hu et al. (2022). The app's own: :mod:`matgen_core.models.adapters`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

from matgen_core.lessons.chapter.transformers import MatBERT
from matgen_core.models.adapters import AdaptedOutput, Adapter

Batch = dict[str, Tensor]


def full_finetuning(
    pretrained_model: nn.Module,
    train_loader: Iterable[Batch],
    val_loader: Iterable[Batch],
    loss: Callable[[nn.Module, Batch], Tensor],
    epochs: int = 3,
) -> nn.Module:
    """Updates every weight and keeps those of the best epoch; ``loss`` and ``epochs`` are undefined in the chapter."""
    batches, checks = list(train_loader), list(val_loader)
    optimizer = torch.optim.AdamW(pretrained_model.parameters(), lr=2e-5, weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=len(batches) * epochs)
    best, kept = math.inf, {}
    for _epoch in range(epochs):
        pretrained_model.train()
        for batch in batches:
            optimizer.zero_grad()
            loss(pretrained_model, batch).backward()
            nn.utils.clip_grad_norm_(pretrained_model.parameters(), max_norm=1.0)
            optimizer.step()
            scheduler.step()
        pretrained_model.eval()
        with torch.no_grad():
            error = sum(float(loss(pretrained_model, batch)) for batch in checks) / len(checks)
        if error < best:
            best, kept = error, {k: v.clone() for k, v in pretrained_model.state_dict().items()}
    pretrained_model.load_state_dict(kept)
    return pretrained_model


class AdapterLayer(Adapter):
    """The chapter's adapter; it begins as "no change", so that the pretrained network is where it was."""

    def __init__(self, d_model: int, adapter_size: int = 64) -> None:
        super().__init__(d_model, adapter_size)


class MatBERTWithAdapters(nn.Module):
    """A frozen MatBERT with an adapter behind each block."""

    def __init__(self, pretrained_matbert: MatBERT, adapter_size: int = 64) -> None:
        super().__init__()
        self.matbert = pretrained_matbert.requires_grad_(False)
        layers: Any = pretrained_matbert.bert.encoder.layer
        width = pretrained_matbert.bert.config.hidden_size
        adapters = [AdapterLayer(width, adapter_size) for _ in layers]
        self.adapters = nn.ModuleList(adapters)
        for layer, adapter in zip(layers, adapters, strict=True):
            layer.output = AdaptedOutput(layer.output, adapter)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """Hidden states (B, T, D) of the last block."""
        hidden: Tensor = self.matbert(input_ids, attention_mask).last_hidden_state
        return hidden


class LoRALayer(nn.Module):
    """A low-rank change of one weight matrix; zero at the beginning, since B is."""

    def __init__(self, in_features: int, out_features: int, rank: int = 8) -> None:
        super().__init__()
        self.lora_A = nn.Parameter(torch.randn(rank, in_features) / rank)
        self.lora_B = nn.Parameter(torch.zeros(out_features, rank))

    def forward(self, x: Tensor, frozen_weight: Tensor) -> Tensor:
        """(…, in) -> (…, out) by the frozen weight (out, in) and its change B A."""
        return x @ frozen_weight.T + (x @ self.lora_A.T) @ self.lora_B.T


class LoRALinear(nn.Module):
    """A frozen linear layer with its LoRA; what the chapter's forward pass leaves out."""

    def __init__(self, linear: nn.Linear, lora: LoRALayer) -> None:
        super().__init__()
        self.linear, self.lora = linear, lora

    def forward(self, x: Tensor) -> Tensor:
        """As of the linear layer."""
        changed: Tensor = self.lora(x, self.linear.weight) + self.linear.bias
        return changed


class MatBERTWithLoRA(nn.Module):
    """A frozen MatBERT with LoRA on query and value of every block."""

    def __init__(self, pretrained_matbert: MatBERT, rank: int = 8) -> None:
        super().__init__()
        self.matbert = pretrained_matbert.requires_grad_(False)
        self.lora_layers = nn.ModuleDict()
        layers: Any = pretrained_matbert.bert.encoder.layer
        for index, layer in enumerate(layers):
            for short, name in (("q", "query"), ("v", "value")):
                linear = getattr(layer.attention.self, name)
                lora = LoRALayer(linear.in_features, linear.out_features, rank)
                self.lora_layers[f"layer_{index}_{short}"] = lora
                setattr(layer.attention.self, name, LoRALinear(linear, lora))

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """Hidden states (B, T, D) of the last block."""
        hidden: Tensor = self.matbert(input_ids, attention_mask).last_hidden_state
        return hidden
