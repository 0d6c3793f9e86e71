"""Engine B, symmetry first: discrete things by GPTs under the grammar, continuous things by diffusion.

    skeleton ~ GPT(properties)                     space group, Wyckoff letters, elements
    geometry ~ placing.py(skeleton, properties)    a guess in bins, refined by diffusion

Several skeletons are written for each candidate; the one whose geometry is doubted least is kept.
"""

from __future__ import annotations

import torch
from torch import Tensor

from matgen_core.checkpoints import Checkpoint
from matgen_core.data.tokenizers import Grammar
from matgen_core.networks import build_gpt
from matgen_core.stages.placing import Placer
from matgen_core.stages.writing import Asked, write_skeletons
from matgen_core.types import Crystal, SamplingSettings


class SymmetryFirst:
    """The engine.

    Args:
        skeleton: checkpoint of the GPT that writes skeletons.
        proposal: checkpoint of the GPT that guesses geometry.
        geometry: checkpoint of the denoiser that refines it.
    """

    name = "symmetry-first"

    def __init__(self, skeleton: Checkpoint, proposal: Checkpoint, geometry: Checkpoint) -> None:
        self.gpt = build_gpt(skeleton)
        self.placer = Placer(proposal, geometry)
        self.checkpoint = f"{skeleton.name}@{skeleton.digest} {self.placer.checkpoint}"

    def draw(
        self, grammar: Grammar, conditions: Tensor, settings: SamplingSettings, seed: int, cancelled: Asked | None
    ) -> list[Crystal]:
        """As many crystals as there are rows of conditions (B, K), fewer where some could not be finished."""
        generator = torch.Generator().manual_seed(seed)
        asked = conditions.repeat_interleave(settings.skeletons, dim=0)
        written = write_skeletons(
            self.gpt, grammar, asked, settings.guidance, settings.temperature, generator, cancelled
        )
        return self.placer.place_best(written, settings.skeletons, asked, settings, generator, cancelled)
