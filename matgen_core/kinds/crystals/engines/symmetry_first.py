"""Engine B, symmetry first: GPTs write the discrete part under the grammar, diffusion draws the continuous part.

    skeleton ~ GPT(properties)                               space group, Wyckoff letters, elements
    geometry ~ geometry_generation.py(skeleton, properties)  proposed in bins, refined by diffusion

Many skeletons are written for each candidate; the critic chooses among them (drafts.py). With required elements a
skeleton's importance weight has a say, too: what the elements were forced into counts less.
"""

from __future__ import annotations

import torch
from torch import Tensor

from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.drafts import Draft
from matgen_core.kinds.crystals.placing.geometry_generation import Placer
from matgen_core.kinds.crystals.writing.grammar import Grammar
from matgen_core.kinds.crystals.writing.skeleton_decoding import Asked, write_skeletons
from matgen_core.learning.checkpoints import Checkpoint
from matgen_core.learning.networks import build_gpt, shared_keys


class SymmetryFirst:
    """The engine.

    Args:
        skeleton: checkpoint of the GPT that writes skeletons.
        proposal: checkpoint of the GPT that guesses geometry.
        geometry: checkpoint of the denoiser that refines it.
    """

    name = "symmetry-first"

    def __init__(self, skeleton: Checkpoint, proposal: Checkpoint, geometry: Checkpoint) -> None:
        self.gpt, self.keys = build_gpt(skeleton), shared_keys(skeleton, proposal, geometry)
        self.placer = Placer(proposal, geometry)
        self.checkpoint = f"{skeleton.name}@{skeleton.digest} {self.placer.checkpoint}"

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
        context = conditions.repeat_interleave(each, dim=0)
        written = write_skeletons(
            self.gpt, grammar, context, 1.0 + settings.guidance, settings.temperature, generator, cancelled
        )
        weights = written.log_importance_weight.tolist() if grammar.requires else [0.0] * len(context)
        return [
            Draft(skeleton, self.name, self.checkpoint, row // each, weight)
            for row, (skeleton, weight) in enumerate(zip(written.skeletons, weights, strict=True))
            if skeleton is not None
        ]
