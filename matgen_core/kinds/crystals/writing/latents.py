"""Crystals as latent vectors, and batches of them for the diffusion over latents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from matgen_core.kinds.crystals.known.batches import pad

if TYPE_CHECKING:
    from matgen_core.models.crystal_vae import CrystalVAE


@torch.no_grad()
def posteriors(vae: CrystalVAE, strings: Sequence[list[int]], size: int = 128) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (N, D) of each string's latent, in the order of the strings.

    Args:
        vae: in evaluation mode.
        strings: tokens of :func:`~matgen_core.kinds.crystals.writing.proposals.encode_geometry`.
        size: strings encoded together, alike in length.
    """
    device = next(vae.parameters()).device
    means, stds = torch.zeros(2, len(strings), vae.config.latent)
    order = np.argsort([len(string) for string in strings], kind="stable")
    for start in range(0, len(order), size):
        numbers = order[start : start + size]
        mean, std = vae.encode(pad([strings[i] for i in numbers]).to(device))
        means[numbers], stds[numbers] = mean.cpu(), std.cpu()
    return means, stds


class LatentBatches:
    """Standardised latents with their conditions, (z (B, D), conditions (B, K)); drawn anew from q(z | t) each epoch.

    Args:
        means: (N, D) of the posteriors.
        stds: (N, D) likewise.
        conditions: (N, K), NaN where unknown.
        centre: (D,) subtracted from every latent.
        scale: (D,) by which it is then divided.
        size: latents a batch.
        seed: of order and draws.
    """

    def __init__(
        self, means: Tensor, stds: Tensor, conditions: Tensor, centre: Tensor, scale: Tensor, size: int, seed: int
    ) -> None:
        self.means, self.stds, self.conditions = (means - centre) / scale, stds / scale, conditions
        self.size, self.seed = size, seed

    def __len__(self) -> int:
        return -(-len(self.means) // self.size)

    def __call__(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Every row once."""
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        for numbers in torch.randperm(len(self.means), generator=generator).split(self.size):
            noise = torch.randn(len(numbers), self.means.shape[1], generator=generator)
            yield self.means[numbers] + self.stds[numbers] * noise, self.conditions[numbers]
