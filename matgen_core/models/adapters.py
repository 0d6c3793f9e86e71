"""Three ways to teach a pretrained encoder something new (chapter 4, after 4.7): all of it, adapters, or LoRA.

    adapter:  h <- h + W_up relu(W_down norm(h))  after each block's output, inside the forward pass
    LoRA:     W <- W + (alpha / r) B A            on query and value, by the peft library

Any BERT of transformers fits: it needs ``encoder.layer[i].output`` and ``query``/``value``. The backbone's own weights
are frozen and stay bit for bit what they were; adapters and LoRA are saved and swapped alone. Both begin as "no change"
(W_up = 0, B = 0). Reference: Houlsby et al. (2019); Hu et al. (2022).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

STRATEGIES = ("full", "adapter", "lora")
#: Name under which peft keeps the low-rank matrices.
_LORA = "default"


class Adapter(nn.Module):
    """Bottleneck: (…, D) -> (…, D)."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.down, self.up = nn.Linear(width, size), nn.Linear(size, width)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, x: Tensor) -> Tensor:
        """X and what the adapter adds to it."""
        added: Tensor = self.up(torch.relu(self.down(self.norm(x))))
        return x + added


class AdaptedOutput(nn.Module):
    """A block's output with its adapter behind it."""

    def __init__(self, output: nn.Module, adapter: Adapter) -> None:
        super().__init__()
        self.output, self.adapter = output, adapter

    def forward(self, *inputs: Tensor) -> Tensor:
        """What the block's own output takes."""
        adapted: Tensor = self.adapter(self.output(*inputs))
        return adapted


def apply_strategy(encoder: nn.Module, strategy: str, *, size: int = 32, rank: int = 8) -> None:
    """Prepares an encoder in place, so that what requires a gradient is what the strategy trains.

    Args:
        encoder: a transformers BERT or RoBERTa without head, fresh from :func:`strip`.
        strategy: one of STRATEGIES.
        size: of the adapters' bottleneck.
        rank: of LoRA.
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"no strategy {strategy!r}; choose from: {', '.join(STRATEGIES)}")
    encoder.requires_grad_(strategy == "full")
    if strategy == "adapter":
        for layer in _layers(encoder):
            width = int(layer.output.dense.out_features)
            layer.output = AdaptedOutput(layer.output, Adapter(width, size).to(layer.output.dense.weight.device))
    elif strategy == "lora":
        from peft import LoraConfig, inject_adapter_in_model

        config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=["query", "value"], lora_dropout=0.0)
        inject_adapter_in_model(config, encoder, _LORA)


def strip(encoder: nn.Module) -> nn.Module:
    """Takes adapters or LoRA off in place; what is left is the frozen backbone as it was."""
    from peft.tuners.lora import LoraLayer

    for layer in _layers(encoder):
        if isinstance(layer.output, AdaptedOutput):
            layer.output = layer.output.output
        attention = layer.attention.self
        for name in ("query", "value"):
            if isinstance(getattr(attention, name), LoraLayer):
                setattr(attention, name, getattr(attention, name).base_layer)
    if hasattr(encoder, "peft_config"):
        del encoder.peft_config
    return encoder.requires_grad_(True)


def merge(encoder: nn.Module) -> nn.Module:
    """Adds LoRA's product into the weights and takes it off, so that reading costs no more than before."""
    from peft.tuners.lora import LoraLayer

    for module in encoder.modules():
        if isinstance(module, LoraLayer):
            module.merge()
    return strip(encoder)


def trained_weights(encoder: nn.Module) -> dict[str, Tensor]:
    """What the strategy trained, and nothing else: adapters, LoRA's matrices, or everything."""
    return {name: value.detach().clone() for name, value in encoder.named_parameters() if value.requires_grad}


def load_trained(encoder: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Puts back what :func:`trained_weights` took, into an encoder prepared by the same strategy and sizes.

    Raises:
        KeyError, RuntimeError: where they do not fit.
    """
    own: dict[str, Any] = dict(encoder.named_parameters())
    with torch.no_grad():
        for name, value in weights.items():
            own[name].copy_(value)


def _layers(encoder: nn.Module) -> list[Any]:
    return list(encoder.encoder.layer)  # type: ignore[union-attr, arg-type]
