"""Band gap of a crystal: MatBERT's vector of the formula beside CHGNet's features of the structure.

    v = [pool(BERT(formula)), m · (W z + b)],   z = (s - mean) / std,   gap law = head(v)

s (B, F) are CHGNet's crystal features: the mean over the atoms of what its last layer holds. m is 1 where there is a
structure and 0 where there is only a formula, so that the same network learns from both. The law is that of
:class:`~matgen_core.models.bert.Head`: a probability of a metal, and a positive value with a Laplace scale.
Invariant: without a structure the features change nothing.  Source of the features: CHGNet (Deng et al. 2023).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from matgen_core.models.bert import Head, HeadConfig, MatBERT, MatBERTConfig


@dataclass(frozen=True)
class CrystalGapConfig:
    """Size of the network.

    Args:
        encoder: of the formula.
        head: of the gap.
        features: F, of a structure.
        seen: width of a structure's features before the head.
        dropout: of structures in training, so that it also learns from the formula.
    """

    encoder: MatBERTConfig
    head: HeadConfig
    features: int = 64
    seen: int = 128
    dropout: float = 0.2


class CrystalGapReader(nn.Module):
    """One member.

    Args:
        config: its size.
        described: known numbers of each token, as of :class:`~matgen_core.models.bert.MatBERT`.
        means: (F,) of the features over the training rows; kept with the weights.
        stds: (F,) likewise.
    """

    means: Tensor
    stds: Tensor

    def __init__(
        self,
        config: CrystalGapConfig,
        described: Tensor | None = None,
        means: Tensor | None = None,
        stds: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.backbone = MatBERT(config.encoder, described)
        self.register_buffer("means", torch.zeros(config.features) if means is None else means.float())
        self.register_buffer("stds", torch.ones(config.features) if stds is None else stds.float())
        self.see = nn.Sequential(
            nn.Linear(config.features, config.seen), nn.GELU(), nn.Linear(config.seen, config.seen)
        )
        self.head = Head(config.head, (2 * config.encoder.width + config.seen) // 2)

    def forward(self, tokens: Tensor, fractions: Tensor, features: Tensor) -> Tensor:
        """Raw answers (B, 3) of the head; ``features`` (B, F) are NaN for a formula without a structure."""
        pooled = self.backbone.pool(self.backbone(tokens, fractions), tokens, fractions)
        return self.answer(pooled, features)

    def answer(self, pooled: Tensor, features: Tensor) -> Tensor:
        """Raw answers (B, 3) from the formula's vector (B, 2 D)."""
        there = ~features.isnan().any(dim=1, keepdim=True)
        if self.training:
            there = there & (torch.rand(there.shape, device=there.device) >= self.config.dropout)
        seen = self.see((features.nan_to_num() - self.means) / self.stds) * there
        raw: Tensor = self.head(torch.cat([pooled, seen.to(pooled.dtype)], dim=-1))
        return raw

    def loss(self, tokens: Tensor, fractions: Tensor, features: Tensor, gaps: Tensor) -> Tensor:
        """Negative log-likelihood of gaps (B,) in eV, NaN where unknown."""
        return self.head.loss(self(tokens, fractions, features).float(), gaps)


class CrystalGapEnsemble(nn.Module):
    """Members that were trained apart; their disagreement is part of the spread.

    Args:
        config: of every member.
        members: how many.
    """

    def __init__(self, config: CrystalGapConfig, members: int) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList(CrystalGapReader(config) for _ in range(members))

    @torch.inference_mode()
    def read_law(
        self, tokens: Tensor, fractions: Tensor, features: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Probability of a metal, gap and standard deviation, and the two if it is none; each (B,), eV."""
        raw = torch.stack([member(tokens, fractions, features) for member in self.members])
        law = self.members[0].head
        assert isinstance(law, Head)
        chance, value, variance = law.read(raw)
        away, away_variance = law.otherwise(raw)
        return chance, value, variance.sqrt(), away, away_variance.sqrt()
