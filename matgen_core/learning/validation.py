"""How a conditional language model is validated."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from matgen_core.models.gpt import ConditionalGPT


def conditional_losses(network: nn.Module, batches: Iterable[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Mean loss without conditions, "val", and with every condition, "val_conditional".

    Args:
        network: a :class:`ConditionalGPT`.
        batches: tokens and conditions.
    """
    assert isinstance(network, ConditionalGPT)
    device = next(network.parameters()).device
    given, free = [], []
    for tokens, conditions in batches:
        tokens, conditions = tokens.to(device), conditions.to(device)
        given.append(network.loss(tokens, conditions))
        free.append(network.loss(tokens, torch.full_like(conditions, float("nan"))))
    return {"val": float(torch.cat(free).mean()), "val_conditional": float(torch.cat(given).mean())}
