"""Engine A, latent diffusion: the model of chapter 4.3 at full size.

    z ~ p(z | properties)                                    diffusion over latents, guided towards the properties
    skeleton ~ p(skeleton | z)                               decoder, under the grammar
    geometry ~ geometry_generation.py(skeleton, properties)  as in engine B: a latent holds too coarse a geometry

The decoder obeys the grammar whatever z is, so every crystal keeps the constraints. Several latents are drawn for each
candidate, and the geometry with the lowest doubt is kept. :func:`write_crystals` decodes skeleton and geometry from a
latent only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from matgen_core.core.errors import DamagedCheckpoint
from matgen_core.core.records import Crystal
from matgen_core.core.settings import CrystalSettings
from matgen_core.diffusion.samplers import guide, sample
from matgen_core.diffusion.schedules import cosine_schedule
from matgen_core.kinds.crystals.drafts import Draft
from matgen_core.kinds.crystals.placing.geometry import to_crystals, to_skeletons
from matgen_core.kinds.crystals.placing.geometry_generation import Placer
from matgen_core.kinds.crystals.writing.grammar import Grammar, Skeleton
from matgen_core.kinds.crystals.writing.skeleton_decoding import (
    GEOMETRY_BATCH,
    Asked,
    propose,
    similar_lengths,
    write_skeletons,
)
from matgen_core.learning.checkpoints import Checkpoint
from matgen_core.learning.networks import build_latent_denoiser, build_vae, shared_keys
from matgen_core.models.denoiser import ResidualDenoiser
from matgen_core.models.geometry import CellScale

if TYPE_CHECKING:
    from matgen_core.models.crystal_vae import CrystalVAE

#: Factor on the temperature of the decoder: the latents already vary.
_COOLER = 0.6


class LatentDiffusion:
    """The engine.

    Args:
        autoencoder: checkpoint of the network between crystals and latents.
        diffusion: checkpoint of the denoiser of latents, trained on those of this autoencoder.
        proposal: checkpoint of the GPT that guesses geometry.
        geometry: checkpoint of the denoiser that refines it.

    Raises:
        DamagedCheckpoint: where the denoiser was trained on another autoencoder's latents.
    """

    name = "latent-diffusion"

    def __init__(
        self, autoencoder: Checkpoint, diffusion: Checkpoint, proposal: Checkpoint, geometry: Checkpoint
    ) -> None:
        if (trained_on := diffusion.config.get("autoencoder")) != autoencoder.digest:
            raise DamagedCheckpoint(
                "checkpoint {diffusion!r} was trained on autoencoder {trained_on}, not on {digest}; "
                "train it again with: matgen train {diffusion}",
                diffusion=diffusion.name,
                trained_on=trained_on,
                digest=autoencoder.digest,
            )
        self.keys = shared_keys(diffusion, proposal, geometry)
        self.vae, self.scale = build_vae(autoencoder)
        self.denoiser, self.centre, self.spread = build_latent_denoiser(diffusion)
        self.placer = Placer(proposal, geometry)
        own = " ".join(f"{c.name}@{c.digest}" for c in (autoencoder, diffusion))
        self.checkpoint = f"{own} {self.placer.checkpoint}"

    def draft(
        self,
        grammar: Grammar,
        conditions: Tensor,
        settings: CrystalSettings,
        seed: int,
        cancelled: Asked | None = None,
    ) -> list[Draft]:
        """At most ``settings.drafts`` skeletons for each row of conditions (B, K)."""
        generator, each = torch.Generator().manual_seed(seed), settings.drafts
        asked = conditions.repeat_interleave(each, dim=0)
        latents = draw_latents(self.denoiser, asked, settings, generator, cancelled) * self.spread + self.centre
        temperature = _COOLER * settings.temperature
        written = write_skeletons(self.vae, grammar, latents, 1.0, temperature, generator, cancelled)
        return [
            Draft(skeleton, self.name, self.checkpoint, row // each)
            for row, skeleton in enumerate(written.skeletons)
            if skeleton is not None
        ]


@torch.no_grad()
def draw_latents(
    denoiser: ResidualDenoiser,
    conditions: Tensor,
    settings: CrystalSettings,
    generator: torch.Generator,
    cancelled: Asked | None = None,
) -> Tensor:
    """Standardised latents (B, D) for conditions (B, K), NaN for "any"."""
    noise = torch.randn(len(conditions), denoiser.config.dim, generator=generator)
    null = torch.full_like(conditions, float("nan"))
    # Guidance without a goal is the free network twice.
    weight = 1.0 + settings.guidance if bool((~conditions.isnan()).any()) else 1.0
    return sample(
        guide(denoiser, conditions, null, weight),
        noise,
        cosine_schedule(),
        settings.sampler,
        settings.steps,
        "v",
        generator,
        cancelled=cancelled,
    )


def write_crystals(
    vae: CrystalVAE,
    scale: CellScale,
    grammar: Grammar,
    latents: Tensor,
    settings: CrystalSettings,
    generator: torch.Generator,
    cancelled: Asked | None = None,
) -> list[Crystal | None]:
    """What each latent (B, D) stands for; None where its string could not be finished."""
    written = write_skeletons(vae, grammar, latents, 1.0, settings.temperature, generator, cancelled).skeletons
    kept = [i for i, skeleton in enumerate(written) if skeleton is not None]
    skeletons = [skeleton for skeleton in written if skeleton is not None]
    crystals: list[Crystal | None] = [None] * len(written)
    for numbers in similar_lengths(skeletons, max(1, GEOMETRY_BATCH // settings.geometries)):
        rows = [kept[i] for i in numbers]
        placed = _place(vae, scale, [skeletons[i] for i in numbers], latents[rows], settings, generator, cancelled)
        for row, crystal in zip(rows, placed, strict=True):
            crystals[row] = crystal
    return crystals


def _place(
    vae: CrystalVAE,
    scale: CellScale,
    skeletons: Sequence[Skeleton],
    latents: Tensor,
    settings: CrystalSettings,
    generator: torch.Generator,
    cancelled: Asked | None,
) -> list[Crystal]:
    """The likeliest of ``settings.geometries`` geometries of each skeleton."""
    each = settings.geometries
    guess = propose(vae, skeletons, latents, settings.geometry_temperature, generator, cancelled, each)
    guess = guess.pick(guess.likelihood.view(-1, each).argmax(dim=1, keepdim=True), each)
    return to_crystals(skeletons, guess.coordinates, scale.matrices(guess.cell, to_skeletons(skeletons, scale.volumes)))
