"""How engine A's two networks are trained: the autoencoder, then the diffusion over its latents."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn

from matgen_core.diffusion.process import diffusion_loss
from matgen_core.diffusion.schedules import cosine_schedule
from matgen_core.kinds.crystals.known.batches import condition_config, split_rows
from matgen_core.kinds.crystals.known.rows import CrystalRows
from matgen_core.kinds.crystals.placing.geometry import cell_statistics, fit_volumes
from matgen_core.kinds.crystals.writing.grammar import EOS
from matgen_core.kinds.crystals.writing.latents import LatentBatches, posteriors
from matgen_core.kinds.crystals.writing.proposals import PROPOSAL_TOKENS, PROPOSAL_VOCABULARY, ProposalBatches
from matgen_core.learning.checkpoints import Checkpoint
from matgen_core.learning.networks import build_vae
from matgen_core.learning.trainer import Recipe, Trainer, TrainingConfig, best_device
from matgen_core.models.conditioning import drop_conditions
from matgen_core.models.crystal_vae import CrystalVAE, Losses, VAEConfig
from matgen_core.models.denoiser import DenoiserConfig, ResidualDenoiser

#: Price of a nat of z, of its bag and of the property head's squared error, against a nat of the string. A dear latent
#: is one that the decoder learns to do without.
KL_WEIGHT, BAG_WEIGHT, PROPERTY_WEIGHT = 0.04, 0.2, 2.0


def learnt_tokens(tokens: Tensor, geometry: Tensor) -> Tensor:
    """(B, T) the skeleton to its EOS and the geometry: all that does not merely repeat what was written before."""
    ends = (tokens == EOS).cumsum(dim=1)
    return (ends == 0) | (tokens == EOS) | geometry


def crystal_vae(rows: CrystalRows, folder: Path, training: TrainingConfig, batch: int = 32, width: int = 128) -> Recipe:
    """Engine A's latent: whole crystals through 128 numbers and back."""
    learn, held = split_rows(rows)
    volumes = fit_volumes(learn.crystals)
    means, stds = cell_statistics(learn.crystals, volumes)
    asked = condition_config(learn, width)
    config = VAEConfig(
        PROPOSAL_VOCABULARY,
        PROPOSAL_TOKENS,
        asked.keys,
        asked.means,
        asked.stds,
        width,
    )
    torch.manual_seed(training.seed)
    device = best_device()
    model = CrystalVAE(config).to(device)
    batches = ProposalBatches(learn, volumes, means, stds, batch, training.seed)
    checks = ProposalBatches(held, volumes, means, stds, batch, 1, augment=False)

    def terms(item: tuple[Tensor, Tensor, Tensor], network: CrystalVAE) -> Losses:
        tokens, geometry, properties = (part.to(device) for part in item)
        return network.losses(tokens, learnt_tokens(tokens, geometry), properties)

    def loss(item: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        paid = terms(item, model)
        total = paid.string + BAG_WEIGHT * paid.bag + KL_WEIGHT * paid.kl + PROPERTY_WEIGHT * paid.properties
        return total.mean() / 10.0

    def validate(network: nn.Module) -> dict[str, float]:
        assert isinstance(network, CrystalVAE)
        paid = [terms(item, network) for item in checks(0)]
        figures = {key: float(torch.cat([getattr(p, key) for p in paid]).mean()) for key in Losses.__annotations__}
        return {"val": figures["string"], **{key: figures[key] for key in ("bag", "kl", "properties")}}

    trainer = Trainer(model, loss, batches, validate, training, folder, len(batches))
    scale = {"volumes": volumes, "cell_means": means.tolist(), "cell_stds": stds.tolist()}
    return Recipe(trainer, {**asdict(config), **scale})


def crystal_diffusion(
    rows: CrystalRows, vae: Checkpoint, folder: Path, training: TrainingConfig, batch: int = 256, width: int = 384
) -> Recipe:
    """Engine A's diffusion over standardised latents, with properties as conditions.

    Args:
        rows: crystals; those that are too long for the autoencoder are left out.
        vae: the trained autoencoder.
        folder: of the training's state.
        training: how long and how fast.
        batch: latents a step.
        width: of the denoiser's residual stream.
    """
    learn, held = split_rows(rows)
    autoencoder, scale = build_vae(vae)
    strings = [ProposalBatches(r, scale.volumes, scale.means, scale.stds, 1, 0, augment=False) for r in (learn, held)]
    (mean, std), (held_mean, held_std) = (posteriors(autoencoder, batches.strings()) for batches in strings)
    centre, spread = mean.mean(dim=0), (mean.var(dim=0) + (std**2).mean(dim=0)).sqrt()
    config = DenoiserConfig(condition_config(learn, 128), autoencoder.config.latent, width, 6, 0.1)
    torch.manual_seed(training.seed)
    device, schedule = best_device(), cosine_schedule()
    model = ResidualDenoiser(config).to(device)
    batches = LatentBatches(mean, std, strings[0].conditions, centre, spread, batch, training.seed)
    checks = LatentBatches(held_mean, held_std, strings[1].conditions, centre, spread, batch, 1)

    def error(network: nn.Module, z: Tensor, conditions: Tensor, generator: torch.Generator | None = None) -> Tensor:
        conditions = conditions.to(device)
        return diffusion_loss(lambda x, t: network(x, t, conditions), z.to(device), schedule, "v", generator=generator)

    def loss(item: tuple[Tensor, Tensor]) -> Tensor:
        return error(model, item[0], drop_conditions(item[1]))

    def validate(network: nn.Module) -> dict[str, float]:
        figures = {}
        for name, blank in (("val", False), ("val_any", True)):
            generator = torch.Generator().manual_seed(0)  # the same noise for both and every epoch
            found = [
                error(network, z, torch.full_like(c, float("nan")) if blank else c, generator) for z, c in checks(0)
            ]
            figures[name] = float(torch.stack(found).mean())
        return figures

    trainer = Trainer(model, loss, batches, validate, training, folder, len(batches))
    extra = {"latent_means": centre.tolist(), "latent_stds": spread.tolist(), "autoencoder": vae.digest}
    return Recipe(trainer, {**asdict(config), **extra})
