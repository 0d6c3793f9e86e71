"""Band gap of a composition: is it a metal, and if not, how wide is the gap (after CrabNet, Wang et al. 2021).

    elements with their fractions -> attention among them -> metal logit, mean and log spread of the gap

elements (B, E) int64, 0 for none; fractions (B, E) -> (B, 3). The gap is softplus(mean), in eV; the loss is the
likelihood of a two-part law: a metal with probability p, otherwise a Laplace law around the gap.
Invariant: the answer does not depend on the order of the elements.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class PredictorConfig:
    """Size of the network.

    Args:
        elements: number of chemical elements.
        width: of the features.
        layers: rounds of attention.
        dropout: in training only.
        members: independent networks; their disagreement is part of the spread.
    """

    elements: int
    width: int = 128
    layers: int = 3
    dropout: float = 0.05
    members: int = 3


class CompositionNetwork(nn.Module):
    """One member: (B, E) elements with fractions to metal logit, gap before softplus, log spread."""

    def __init__(self, config: PredictorConfig) -> None:
        super().__init__()
        width = config.width
        self.element = nn.Embedding(config.elements + 1, width, padding_idx=0)
        self.amount = nn.Linear(8, width)
        layer = nn.TransformerEncoderLayer(
            width, 4, 2 * width, config.dropout, nn.functional.gelu, batch_first=True, norm_first=True
        )
        self.attend = nn.TransformerEncoder(layer, config.layers, nn.LayerNorm(width), enable_nested_tensor=False)
        self.answer = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, 3))

    def forward(self, elements: Tensor, fractions: Tensor) -> Tensor:
        """(B, 3): metal logit, gap before softplus (eV), log of the Laplace scale."""
        empty = elements == 0
        powers = [fractions**p for p in (0.25, 0.5, 1.0, 2.0)]
        waves = [torch.sin(3.1416 * k * fractions) for k in (1, 2, 4, 8)]
        x = self.element(elements) + self.amount(torch.stack([*powers, *waves], dim=-1))  # (B, E, width)
        x = self.attend(x, src_key_padding_mask=empty)
        answer: Tensor = self.answer((x * fractions[..., None]).sum(dim=1))
        return answer


class GapPredictor(nn.Module):
    """An ensemble of :class:`CompositionNetwork`."""

    def __init__(self, config: PredictorConfig) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList(CompositionNetwork(config) for _ in range(config.members))

    def forward(self, elements: Tensor, fractions: Tensor) -> Tensor:
        """(members, B, 3), see :class:`CompositionNetwork`."""
        return torch.stack([member(elements, fractions) for member in self.members])

    def loss(self, elements: Tensor, fractions: Tensor, gaps: Tensor) -> Tensor:
        """Negative log-likelihood of gaps (B,) in eV, averaged over members."""
        logit, mean, scale = self(elements, fractions).float().unbind(-1)  # each (members, B)
        metal = (gaps < 0.05).float().expand_as(logit)
        kind = nn.functional.binary_cross_entropy_with_logits(logit, metal)
        scale = scale.clamp(-4.0, 2.0)
        width = ((nn.functional.softplus(mean) - gaps).abs() / scale.exp() + scale) * (1 - metal)
        total: Tensor = kind + width.sum() / (1 - metal).sum().clamp(min=1.0)
        return total

    @torch.no_grad()
    def read(self, elements: Tensor, fractions: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Probability of a metal, gap (eV; 0 where a metal is likelier) and one standard deviation; each (B,)."""
        logit, mean, scale = self(elements, fractions).unbind(-1)
        metal, gap = torch.sigmoid(logit), nn.functional.softplus(mean)  # (members, B)
        each = torch.where(metal > 0.5, torch.zeros_like(gap), gap)
        probability = metal.mean(dim=0)
        value = torch.where(probability > 0.5, torch.zeros_like(probability), gap.mean(dim=0))
        # Variance of the two-part law within a member, and between members.
        laplace = 2 * (2 * scale.clamp(-4.0, 2.0)).exp()
        expected = (1 - metal) * gap
        within = ((1 - metal) * (laplace + gap**2) - expected**2).clamp(min=0.0).mean(dim=0)
        spread: Tensor = (within + each.var(dim=0, correction=0)).sqrt()
        return probability, value, spread
