"""Skeleton critic: distributions of properties from a skeleton, or from a formula, before there is any geometry.

    x_i = e(element_i) + p(position_i) + f(share_i),    x_0 = g(space group) + a(atoms in the cell)
    h = Transformer(x_0 .. x_S),    P(property k in bin j) = softmax(W_k [h_0, sum_i share_i h_i])_j
    P(low <= property k <= high) = sum_j P(bin j) · (part of bin j between low and high)

One token for each occupied Wyckoff position, or for each element of a formula; a formula has neither positions nor a
space group. Learnt with smoothed bins as targets (HL-Gauss, Imani & White 2018), so that one law serves metals and
gaps, several polymorphs, and every sort of goal. Shapes: sites (B, S), logits (B, sum of bins).
Invariants: the order of the sites and padding change nothing; probabilities of the bins add up to 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Bins:
    """Bins of one property.

    Args:
        key: of the property.
        edges: K + 1 ascending values in the property's unit; values beyond count in the outermost bin.
        zero: whether the first bin stands for the value 0 (a metal, non-magnetic, on the hull).
    """

    key: str
    edges: tuple[float, ...]
    zero: bool

    def __len__(self) -> int:
        return len(self.edges) - 1

    def inside(self, low: float, high: float) -> Tensor:
        """(K,) part of each bin between two values, both included; the values of a bin are spread evenly over it."""
        edges = torch.tensor(self.edges, dtype=torch.float64)
        # The outermost bins hold what lies beyond them, too.
        low = low if low > self.edges[0] or self.zero else -math.inf
        high = high if high < self.edges[-1] else math.inf
        ends = torch.tensor([low, high], dtype=torch.float64)[:, None]
        below = ((ends - edges[:-1]) / (edges[1:] - edges[:-1])).clamp(0.0, 1.0)
        part = below[1] - below[0]
        if self.zero:
            part[0] = float(low <= 0.0 <= high)
        return part.clamp(min=0.0).float()

    def targets(self, values: Tensor) -> Tensor:
        """(B, K) share of each bin in a normal law around each value, half a bin wide; a zero is all in its bin."""
        edges = torch.tensor(self.edges, dtype=torch.float32, device=values.device)
        clamped = values.clamp(self.edges[0], self.edges[-1] - 1e-6)
        own = torch.bucketize(clamped, edges[1:-1], right=True)  # (B,)
        width = 0.5 * (edges[own + 1] - edges[own])
        below = 0.5 * (1.0 + torch.erf((edges - clamped[:, None]) / (width[:, None] * math.sqrt(2.0))))
        shares = below[:, 1:] - below[:, :-1]
        if self.zero:
            zero = own == 0
            shares[:, 0] = zero.float()
            shares[zero, 1:] = 0.0
        normed: Tensor = shares / shares.sum(dim=1, keepdim=True).clamp(min=1e-9)
        return normed

    def median(self, probabilities: Tensor) -> Tensor:
        """(B,) median of each distribution (B, K); 0 where the zero bin holds half of it."""
        return self.quantile(probabilities, 0.5)

    def quantile(self, probabilities: Tensor, share: float) -> Tensor:
        """(B,) value below which ``share`` of each distribution (B, K) lies."""
        edges = torch.tensor(self.edges, dtype=probabilities.dtype, device=probabilities.device)
        total = probabilities.cumsum(dim=1)
        own = (total < share).sum(dim=1).clamp(max=len(self) - 1)[:, None]
        before = (total - probabilities).gather(1, own)
        inside = ((share - before) / probabilities.gather(1, own).clamp(min=1e-9)).clamp(0.0, 1.0)
        value = (edges[own] + inside * (edges[own + 1] - edges[own])).squeeze(1)
        return torch.where((own.squeeze(1) == 0) & self.zero, torch.zeros_like(value), value)


@dataclass(frozen=True)
class CriticConfig:
    """Size of the network.

    Args:
        elements: how many; numbered from 1, 0 is padding.
        positions: Wyckoff positions of all space groups; numbered from 1, 0 for a formula.
        bins: of each property.
        width: D.
        layers: transformer blocks.
        heads: attention heads.
        dropout: in training only.
        features: known numbers of each element.
        members: networks that were trained apart and are averaged.
    """

    elements: int
    positions: int
    bins: tuple[Bins, ...]
    width: int = 128
    layers: int = 4
    heads: int = 4
    dropout: float = 0.1
    features: int = 17
    members: int = 1


@dataclass(frozen=True)
class Sites:
    """Skeletons or formulas as arrays.

    Args:
        element: (B, S) numbers from 1; 0 is padding.
        position: (B, S) numbers from 1; 0 for a formula.
        share: (B, S) part of the atoms.
        group: (B,) space group; 0 for a formula.
        atoms: (B,) in the primitive cell; 0 for a formula.
    """

    element: Tensor
    position: Tensor
    share: Tensor
    group: Tensor
    atoms: Tensor

    def to(self, device: torch.device) -> Sites:
        """The same on another device."""
        return Sites(*(getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)))


def _waves(share: Tensor) -> Tensor:
    """(B, S) -> (B, S, 8): a share as powers and sines, so that 1/3 and 1/2 are far apart."""
    powers = [share**p for p in (0.25, 0.5, 1.0, 2.0)]
    return torch.stack([*powers, *(torch.sin(torch.pi * k * share) for k in (1, 2, 4, 8))], dim=-1)


class CriticMember(nn.Module):
    """One network.

    Args:
        config: its size.
        described: (elements + 1, features) known numbers of each element, zero for padding; kept with the weights.
    """

    described: Tensor

    def __init__(self, config: CriticConfig, described: Tensor | None = None) -> None:
        super().__init__()
        width, narrow = config.width, 32
        self.config = config
        self.element = nn.Embedding(config.elements + 1, width)
        self.position = nn.Sequential(nn.Embedding(config.positions + 1, narrow), nn.Linear(narrow, width))
        self.group = nn.Sequential(nn.Embedding(231, narrow), nn.Linear(narrow, width))
        self.describe, self.amount, self.cell = (nn.Linear(n, width) for n in (config.features, 8, 1))
        if described is None:
            described = torch.zeros(config.elements + 1, config.features)
        self.register_buffer("described", described.float())
        block = nn.TransformerEncoderLayer(
            width, config.heads, 4 * width, config.dropout, "gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(block, config.layers, nn.LayerNorm(width), enable_nested_tensor=False)
        count = sum(len(bins) for bins in config.bins)
        self.head = nn.Sequential(nn.Linear(2 * width, width), nn.GELU(), nn.Linear(width, count))

    def forward(self, sites: Sites) -> Tensor:
        """Logits (B, sum of bins) of the bins of each property, one after another."""
        share = sites.share[..., None]
        x = self.element(sites.element) + self.describe(self.described[sites.element])
        x = x + self.position(sites.position) + self.amount(_waves(sites.share))  # (B, S, D)
        first = self.group(sites.group) + self.cell((1.0 + sites.atoms.float()).log()[:, None])
        absent = nn.functional.pad(sites.element == 0, (1, 0))  # (B, 1 + S)
        h = self.blocks(torch.cat([first[:, None], x], dim=1), src_key_padding_mask=absent)
        answer: Tensor = self.head(torch.cat([h[:, 0], (h[:, 1:] * share).sum(dim=1)], dim=-1))
        return answer

    def loss(self, sites: Sites, values: Tensor) -> Tensor:
        """Cross-entropy (nats) summed over properties; ``values`` (B, properties), NaN where unknown."""
        logits = self(sites).float().split([len(bins) for bins in self.config.bins], dim=1)
        total = torch.zeros((), device=values.device)
        for bins, raw, column in zip(self.config.bins, logits, values.unbind(dim=1), strict=True):
            known = ~column.isnan()
            target = bins.targets(column.nan_to_num())
            each = -(target * raw.log_softmax(dim=1)).sum(dim=1)
            total = total + (each * known).sum() / known.sum().clamp(min=1)
        return total


class SkeletonCritic(nn.Module):
    """The average of the members' distributions.

    Args:
        config: of every member.
        described: known numbers of each element, as of :class:`CriticMember`.
    """

    def __init__(self, config: CriticConfig, described: Tensor | None = None) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList(CriticMember(config, described) for _ in range(config.members))

    @torch.inference_mode()
    def distributions(self, sites: Sites) -> dict[str, Tensor]:
        """Probabilities (members, B, bins) by property."""
        widths = [len(bins) for bins in self.config.bins]
        split = [member(sites).float().split(widths, dim=1) for member in self.members]
        return {
            bins.key: torch.stack([parts[k].softmax(dim=1) for parts in split])
            for k, bins in enumerate(self.config.bins)
        }
