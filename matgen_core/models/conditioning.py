"""Properties as embeddings, each with its own "any" (chapter 4.3; classifier-free guidance, Ho & Salimans 2022).

    e(c) = sum_k e_k(c_k),    e_k(c_k) = MLP_k(z_k, sin, cos of z_k, whether c_k is near zero)   or   null_k

conditions (B, K) float, NaN for "any" -> tokens (B, K, width), summed (B, width). Every network that is asked for
properties uses this file, so that what "any" means is the same for all.
Invariant: a value that is NaN cannot influence the embedding except by being absent.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class ConditionConfig:
    """What can be asked for.

    Args:
        keys: property keys, in the order of the columns.
        means: of each property over the training rows.
        stds: likewise.
        width: of the embedding.
        near_zero: values below this are flagged: most rows are metals and most are non-magnetic, and zero is a kind.
        frequencies: of the sines and cosines, per standard deviation; high ones tell near values of a wide range apart.
        domains: names of the sets of rows that a candidate can be asked to look like, where there is more than one.
    """

    keys: tuple[str, ...]
    means: tuple[float, ...]
    stds: tuple[float, ...]
    width: int
    near_zero: float = 0.05
    frequencies: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    domains: tuple[str, ...] = ()


class ConditionEmbedding(nn.Module):
    """One small network and one null vector for each property."""

    means: Tensor
    stds: Tensor
    frequencies: Tensor
    domain: nn.Parameter | None

    def __init__(self, config: ConditionConfig) -> None:
        super().__init__()
        self.config = config
        count, inner = len(config.keys), 64
        self.register_buffer("means", torch.tensor(config.means))
        self.register_buffer("stds", torch.tensor(config.stds))
        self.register_buffer("frequencies", torch.tensor(config.frequencies))
        features = 2 + 2 * len(config.frequencies)
        self.inner = nn.Parameter(torch.randn(count, features, inner) / features**0.5)
        self.bias = nn.Parameter(torch.zeros(count, inner))
        self.outer = nn.Parameter(torch.randn(count, inner, config.width) * 0.3 / inner**0.5)
        self.own = nn.Parameter(torch.randn(count, config.width) * 0.02)
        self.null = nn.Parameter(torch.randn(count, config.width) * 0.02)
        domains = torch.randn(len(config.domains), config.width) * 0.02
        self.register_parameter("domain", nn.Parameter(domains) if config.domains else None)

    def tokens(self, conditions: Tensor) -> Tensor:
        """(B, K) -> (B, K, width), one embedding a property."""
        asked = ~conditions.isnan()
        value = torch.where(asked, conditions, self.means)
        z = ((value - self.means) / self.stds).clamp(-6.0, 6.0)[..., None]  # (B, K, 1)
        phase = z * self.frequencies
        flag = (value.abs() < self.config.near_zero).to(z.dtype)[..., None]
        features = torch.cat([z, flag, phase.sin(), phase.cos()], dim=-1)  # (B, K, F)
        hidden = nn.functional.silu(torch.einsum("bkf,kfi->bki", features, self.inner) + self.bias)
        embedded = torch.einsum("bki,kiw->bkw", hidden, self.outer) + self.own
        return torch.where(asked[..., None], embedded, self.null)

    def shift(self, conditions: Tensor) -> Tensor:
        """(B, K) or (B, K + 1) -> (B, width), measured from "any": exactly zero where all are "any".

        A further column is the number of the domain; without it the domain is any.
        """
        count = len(self.config.keys)
        shifted = (self.tokens(conditions[:, :count]) - self.null).sum(dim=1)
        if self.domain is None or conditions.shape[1] == count:
            return shifted
        named = ~conditions[:, count].isnan()
        numbers = torch.where(named, conditions[:, count], 0.0).long()
        return shifted + self.domain[numbers] * named[:, None]

    def forward(self, conditions: Tensor) -> Tensor:
        """(B, K) -> (B, width), the properties together."""
        return self.tokens(conditions).sum(dim=1)


def drop_conditions(
    conditions: Tensor,
    generator: torch.Generator | None = None,
    all_rate: float = 0.10,
    each_rate: float = 0.15,
    only_rate: float = 0.0,
) -> Tensor:
    """Conditions (B, K) with some made "any", so that every subset a user may ask for was seen in training.

    Args:
        conditions: NaN for "any"; left as it is.
        generator: of the choice.
        all_rate: share of rows without any condition.
        each_rate: in the rows that are left, the chance of each property to be "any", whatever the others are.
        only_rate: share of rows that keep one condition and no other. With five properties dropped one by one
            that is a case in two thousand, and yet it is what most users ask.
    """
    kind = torch.rand(len(conditions), 1, generator=generator)
    dropped = torch.rand(conditions.shape, generator=generator) < each_rate
    dropped = torch.where(kind < all_rate, True, dropped)
    if only_rate:
        kept = torch.rand(conditions.shape, generator=generator).to(conditions.device)
        kept = kept.masked_fill(conditions.isnan(), -1.0).argmax(dim=1, keepdim=True)  # one that is known
        others = torch.ones_like(dropped).scatter(1, kept.cpu(), False)
        dropped = torch.where((kind >= all_rate) & (kind < all_rate + only_rate), others, dropped)
    return conditions.masked_fill(dropped.to(conditions.device), float("nan"))
