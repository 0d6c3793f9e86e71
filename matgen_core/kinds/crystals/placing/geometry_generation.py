"""Geometry of a skeleton: a GPT proposes it in bins, a diffusion network refines it.

    proposals ~ proposal GPT(skeleton, properties)   cell and free coordinates, in bins
    geometry  = diffusion from the noised proposal   (SDEdit, Meng et al. 2022)

Both engines generate their geometry here. Several geometries are generated for a skeleton; the one with the lowest sum
of denoising residual and overlap penalty is kept. No predictor takes part.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from matgen_core.core.errors import Cancelled
from matgen_core.core.records import Crystal
from matgen_core.core.settings import CrystalSettings
from matgen_core.diffusion.samplers import sample
from matgen_core.diffusion.schedules import cosine_schedule
from matgen_core.kinds.crystals.placing.geometry import to_crystals, to_skeletons
from matgen_core.kinds.crystals.writing.grammar import Skeleton
from matgen_core.kinds.crystals.writing.skeleton_decoding import GEOMETRY_BATCH, Asked, propose, similar_lengths
from matgen_core.learning.checkpoints import Checkpoint
from matgen_core.learning.networks import build_geometry, build_gpt
from matgen_core.models.contacts import overlap_penalty
from matgen_core.models.geometry import GeometryDenoiser, Skeletons, select

#: Step of the noise schedule at which the denoising residual is measured.
_RESIDUAL_STEP = 10


class Placer:
    """Gives skeletons their geometry.

    Args:
        proposal: checkpoint of the GPT that proposes geometry.
        geometry: checkpoint of the denoiser that refines it.
    """

    def __init__(self, proposal: Checkpoint, geometry: Checkpoint) -> None:
        self.proposal = build_gpt(proposal)
        self.denoiser, self.volumes, self.contacts = build_geometry(geometry)
        self.checkpoint = f"{proposal.name}@{proposal.digest} {geometry.name}@{geometry.digest}"

    def place(
        self,
        skeletons: Sequence[Skeleton],
        conditions: Tensor,
        settings: CrystalSettings,
        generator: torch.Generator,
        cancelled: Asked | None = None,
    ) -> tuple[list[Crystal], list[float]]:
        """The best of ``settings.geometries`` geometries of each skeleton, and its doubt."""
        best = self.place_each(skeletons, conditions, settings, generator, cancelled)
        if len(best) < len(skeletons):
            raise Cancelled
        return [best[i][0] for i in range(len(skeletons))], [best[i][1] for i in range(len(skeletons))]

    def place_each(
        self,
        skeletons: Sequence[Skeleton],
        conditions: Tensor,
        settings: CrystalSettings,
        generator: torch.Generator,
        cancelled: Asked | None = None,
    ) -> dict[int, tuple[Crystal, float]]:
        """Crystal and doubt by the skeleton's number; once cancelled fewer, or Cancelled where there is none."""
        best: dict[int, tuple[Crystal, float]] = {}
        for numbers in similar_lengths(skeletons, max(1, GEOMETRY_BATCH // settings.geometries)):
            batch = [skeletons[i] for i in numbers]
            try:
                placed, doubts = self._place(batch, conditions[numbers], settings, generator, cancelled)
            except Cancelled:
                if not best:
                    raise
                break
            best.update(zip(numbers, zip(placed, doubts, strict=True), strict=True))
        return best

    @torch.no_grad()
    def _place(
        self,
        skeletons: Sequence[Skeleton],
        conditions: Tensor,
        settings: CrystalSettings,
        generator: torch.Generator,
        cancelled: Asked | None,
    ) -> tuple[list[Crystal], list[float]]:
        each, kept = settings.geometries, min(settings.refined, settings.geometries)
        proposal = propose(
            self.proposal, skeletons, conditions, settings.geometry_temperature, generator, cancelled, each
        )
        batch = to_skeletons(skeletons, self.volumes).repeat(each)
        x = self.denoiser.lift(proposal.coordinates, proposal.cell, batch)
        overlap = overlap_penalty(self.denoiser, x, batch, self.contacts)
        rows = _best(overlap - 1e-3 * proposal.likelihood, each, kept)  # the likelier one at equal overlap
        batch, x = select(batch, rows), x[rows]
        context = conditions.repeat_interleave(kept, dim=0)
        x = refine(self.denoiser, x, batch, context, settings, generator, cancelled)
        doubt = denoising_residual(self.denoiser, x, batch, context)
        doubt += settings.overlap_weight * overlap_penalty(self.denoiser, x, batch, self.contacts)
        coordinates, matrices = self.denoiser.geometry(x, batch)
        winners = _best(doubt, kept, 1)
        return to_crystals(skeletons, coordinates[winners], matrices[winners]), doubt[winners].tolist()


def _best(scores: Tensor, each: int, count: int) -> Tensor:
    """Rows of the ``count`` lowest scores (B,) in every group of ``each``."""
    columns = scores.view(-1, each).topk(count, dim=1, largest=False).indices
    return (columns + torch.arange(len(columns))[:, None] * each).flatten()


# -------------------------------------------------------------------------------------------------------- refining


def refine(
    denoiser: GeometryDenoiser,
    x: Tensor,
    batch: Skeletons,
    conditions: Tensor,
    settings: CrystalSettings,
    generator: torch.Generator,
    cancelled: Asked | None = None,
) -> Tensor:
    """Noises proposals x (B, 6 S + 6) to ``settings.refine_from`` of the schedule and denoises them."""
    schedule = cosine_schedule()
    first = round(settings.refine_from * len(schedule)) - 1
    if first < 0:
        return x
    log_snr, alpha_bar = schedule.log_snr.float(), float(schedule.alpha_bar[first])
    noise = torch.randn(x.shape, generator=generator) * settings.geometry_temperature
    noised = (alpha_bar**0.5 * x + (1 - alpha_bar) ** 0.5 * noise) * batch.mask

    def velocity(x: Tensor, t: Tensor) -> Tensor:
        answer: Tensor = denoiser(x, log_snr[t], batch, conditions)
        return answer

    steps = min(settings.steps, first + 1)
    return sample(
        velocity,
        noised,
        schedule,
        settings.sampler,
        steps,
        "v",
        generator,
        settings.geometry_temperature,
        cancelled=cancelled,
        first=first,
        mask=batch.mask,
    )


@torch.no_grad()
def denoising_residual(denoiser: GeometryDenoiser, x: Tensor, batch: Skeletons, conditions: Tensor) -> Tensor:
    """(B,) mean square distance by which one denoising step at low noise moves a geometry, in units of that noise.

    A geometry like those of the training crystals hardly moves.

    Args:
        denoiser: network that predicts v.
        x: (B, 6 S + 6) geometries.
        batch: their skeletons.
        conditions: (B, K), NaN for "any".
    """
    schedule = cosine_schedule()
    alpha_bar = schedule.alpha_bar[_RESIDUAL_STEP].float()
    alpha, sigma = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
    answer = denoiser(alpha * x, schedule.log_snr[_RESIDUAL_STEP].float().expand(len(x)), batch, conditions)
    moved = ((alpha * alpha * x - sigma * answer - x) / sigma) ** 2 * batch.mask
    mean: Tensor = moved.sum(dim=1) / batch.mask.sum(dim=1)
    return mean
