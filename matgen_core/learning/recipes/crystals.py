"""How the networks of engine B are trained: their sizes, their rows, their losses."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from matgen_core.chem.crystals.symmetry import position_starts
from matgen_core.kinds.crystals.known.batches import SkeletonBatches, condition_config, split_rows
from matgen_core.kinds.crystals.known.rows import ELEMENTS, CrystalRows
from matgen_core.kinds.crystals.placing.geometry import (
    GeometryBatches,
    cell_statistics,
    fit_contacts,
    fit_volumes,
)
from matgen_core.kinds.crystals.writing.grammar import MAX_TOKENS, VOCABULARY
from matgen_core.kinds.crystals.writing.proposals import PROPOSAL_TOKENS, PROPOSAL_VOCABULARY, ProposalBatches
from matgen_core.learning.trainer import Recipe, Trainer, TrainingConfig, best_device
from matgen_core.learning.validation import conditional_losses
from matgen_core.models.conditioning import drop_conditions
from matgen_core.models.geometry import GeometryConfig, GeometryDenoiser, Skeletons
from matgen_core.models.gpt import ConditionalGPT, GPTConfig

# -------------------------------------------------------------------------------------------------------- skeleton


def crystal_gpt(rows: CrystalRows, folder: Path, training: TrainingConfig, batch: int = 64, width: int = 192) -> Recipe:
    """Engine B's discrete half: space group, Wyckoff letters and elements from a property prefix."""
    learn, held = split_rows(rows)
    config = GPTConfig(VOCABULARY, MAX_TOKENS, width, 4, 6, 0.15, condition_config(learn, width))
    torch.manual_seed(training.seed)
    device = best_device()
    model = ConditionalGPT(config).to(device)
    batches = SkeletonBatches(learn, batch, training.seed)
    checks = SkeletonBatches(held, batch, 1)

    def loss(item: tuple[Tensor, Tensor]) -> Tensor:
        tokens, conditions = item[0].to(device), drop_conditions(item[1]).to(device)
        return model.loss(tokens, conditions).mean() / 10.0

    def validate(network: nn.Module) -> dict[str, float]:
        return conditional_losses(network, checks(0))

    trainer = Trainer(model, loss, batches, validate, training, folder, len(batches))
    return Recipe(trainer, asdict(config))


# -------------------------------------------------------------------------------------------------------- geometry

#: Share of the schedule, from clean on, that the denoiser learns: it refines what the geometry GPT proposes, so it
#: never meets pure noise.
REACH = 0.45


def crystal_geometry(
    rows: CrystalRows, folder: Path, training: TrainingConfig, batch: int = 64, width: int = 128
) -> Recipe:
    """Engine B's continuous half: free coordinates and cell of a skeleton, by diffusion."""
    learn, held = split_rows(rows)
    volumes = fit_volumes(learn.crystals)
    means, stds = cell_statistics(learn.crystals, volumes)
    config = GeometryConfig(
        len(ELEMENTS),
        position_starts()[-1],
        width,
        4,
        16,
        7.0,
        0.1,
        _nested(means),
        _nested(stds),
        condition_config(learn, width),
    )
    torch.manual_seed(training.seed)
    device = best_device()
    model = GeometryDenoiser(config).to(device)
    batches = GeometryBatches(learn, volumes, batch, training.seed)
    checks = GeometryBatches(held, volumes, batch, 1)

    def terms(item: tuple[Skeletons, Tensor, Tensor, Tensor], network: GeometryDenoiser, fixed: bool) -> Tensor:
        skeletons = item[0].to(device)
        conditions = item[3] if fixed else drop_conditions(item[3])
        generator = torch.Generator().manual_seed(0) if fixed else None
        x_0 = network.encode(item[1].to(device), item[2].to(device), skeletons)
        noise = torch.randn(x_0.shape, generator=generator).to(device)
        time = REACH * torch.rand(len(x_0), generator=generator).to(device)
        return velocity_errors(network, x_0, noise, time, skeletons, conditions.to(device))

    def loss(item: tuple[Skeletons, Tensor, Tensor, Tensor]) -> Tensor:
        return terms(item, model, fixed=False).mean()

    def validate(network: nn.Module) -> dict[str, float]:
        assert isinstance(network, GeometryDenoiser)
        return {"val": float(torch.cat([terms(item, network, fixed=True) for item in checks(0)]).mean())}

    trainer = Trainer(model, loss, batches, validate, training, folder, len(batches))
    return Recipe(trainer, {**asdict(config), "volumes": volumes, "contacts": fit_contacts(learn.crystals)})


def crystal_proposal(
    rows: CrystalRows, folder: Path, training: TrainingConfig, batch: int = 64, width: int = 192
) -> Recipe:
    """Engine B's first guess at geometry: cell and free coordinates as tokens after the skeleton."""
    learn, held = split_rows(rows)
    volumes = fit_volumes(learn.crystals)
    means, stds = cell_statistics(learn.crystals, volumes)
    config = GPTConfig(PROPOSAL_VOCABULARY, PROPOSAL_TOKENS, width, 4, 6, 0.15, condition_config(learn, width))
    torch.manual_seed(training.seed)
    device = best_device()
    model = ConditionalGPT(config).to(device)
    batches = ProposalBatches(learn, volumes, means, stds, batch, training.seed)
    checks = ProposalBatches(held, volumes, means, stds, batch, 1, augment=False)

    def loss(item: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        tokens, counted = item[0].to(device), item[1].to(device)
        return model.loss(tokens, drop_conditions(item[2]).to(device), counted).mean() / 10.0

    def validate(network: nn.Module) -> dict[str, float]:
        assert isinstance(network, ConditionalGPT)
        nll = [network.loss(t.to(device), c.to(device), m.to(device)) for t, m, c in checks(0)]
        return {"val": float(torch.cat(nll).mean())}

    trainer = Trainer(model, loss, batches, validate, training, folder, len(batches))
    extra = {"volumes": volumes, "cell_means": _nested(means), "cell_stds": _nested(stds)}
    return Recipe(trainer, {**asdict(config), **extra})


def velocity_errors(
    network: GeometryDenoiser, x_0: Tensor, noise: Tensor, time: Tensor, skeletons: Skeletons, conditions: Tensor
) -> Tensor:
    """(B,) mean squared error of the velocity over the entries that exist, cell numbers counted double.

    Args:
        network: the denoiser.
        x_0: (B, 6 S + 6) encoded geometry.
        noise: standard normal, the same shape.
        time: (B,) in [0, 1], of the cosine schedule.
        skeletons: whose geometry it is.
        conditions: (B, K).
    """
    angle = (0.004 + 0.992 * time) * (np.pi / 2)  # alpha = cos, sigma = sin
    alpha, sigma = angle.cos()[:, None], angle.sin()[:, None]
    mask = skeletons.mask
    x_t = (alpha * x_0 + sigma * noise) * mask
    log_snr = 2 * (alpha / sigma).log().squeeze(1)
    error = (network(x_t, log_snr, skeletons, conditions) - (alpha * noise - sigma * x_0)) ** 2
    weight = mask.float()
    weight[:, -6:] *= 2.0
    mean: Tensor = (error * weight).sum(dim=1) / weight.sum(dim=1)
    return mean


def _nested(array: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in array)
