"""Engine B, symmetry first: GPTs write the discrete part under the grammar, diffusion draws the continuous part.

    skeleton ~ GPT(properties)                               space group, Wyckoff letters, elements
    geometry ~ geometry_generation.py(skeleton, properties)  proposed in bins, refined by diffusion

The GPT writes several skeletons for each candidate, and three filters choose among them:

1. Prefilter, where one property is a target and no element is required: the likelihood ratio of guidance keeps a few of
   many. For two properties at once this ratio says too little (21 of 320 candidates met both with it, 28 without). With
   required elements it prefers strings into which the elements were forced.
2. Rerank, where a gap or an energy is a target: Bayes' rule on the GPT's likelihood (rerank.py).
3. Geometry: the candidate is the skeleton whose geometry has the lowest denoising residual and overlap.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from matgen_core.core.records import Crystal
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.geometry_generation import Placer
from matgen_core.kinds.crystals.grammar import Grammar, Skeleton
from matgen_core.kinds.crystals.reference import load_reference
from matgen_core.kinds.crystals.rerank import SCORED, count_scored, score_skeletons
from matgen_core.kinds.crystals.skeleton_decoding import Asked, Refuses, write_skeletons
from matgen_core.learning.checkpoints import Checkpoint
from matgen_core.learning.networks import build_gpt, shared_keys

#: Skeletons written for each draft where elements are required.
_WRITTEN_WITH_REQUIRED_ELEMENTS = 12
#: Skeletons written for each geometry where the prefilter chooses: a skeleton costs a fifth of its rerank score, and a
#: tenth of its geometry.
_WRITTEN_FOR_PREFILTER = 8


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

    def draw(
        self,
        grammar: Grammar,
        conditions: Tensor,
        settings: CrystalSettings,
        seed: int,
        cancelled: Asked | None,
        refuses: Refuses | None = None,
    ) -> list[Crystal]:
        """As many crystals as rows of conditions (B, K), fewer where some were not finished or were refused."""
        generator, n_placed = torch.Generator().manual_seed(seed), settings.skeletons
        n_goals = count_scored(conditions, self.keys) if settings.drafts > 1 else 0
        rerank, prefilter = n_goals > 0, n_goals == 1 and not grammar.requires
        n_drafts = n_placed * settings.drafts if rerank else n_placed
        n_written = max(n_drafts, n_placed * _WRITTEN_FOR_PREFILTER * prefilter)
        if grammar.requires:
            n_written = n_drafts * _WRITTEN_WITH_REQUIRED_ELEMENTS
        context = conditions.repeat_interleave(n_written, dim=0)
        written = write_skeletons(
            self.gpt, grammar, context, 1.0 + settings.guidance, settings.temperature, generator, cancelled
        )
        scores = written.log_importance_weight + prefilter * written.log_likelihood_ratio
        written = written.best(scores, n_written, n_drafts, refuses)
        if rerank:
            scores = self._rerank(written.skeletons, conditions.repeat_interleave(n_drafts, dim=0), cancelled)
            written = written.best(written.log_importance_weight + scores, n_drafts, n_placed)
        context = conditions.repeat_interleave(n_placed, dim=0)
        return self.placer.place_best(written.skeletons, n_placed, context, settings, generator, cancelled)

    def _rerank(self, written: Sequence[Skeleton | None], conditions: Tensor, cancelled: Asked | None) -> Tensor:
        """(B,) log-probability that each skeleton has the properties asked for; 0 for an unfinished one."""
        kept = [i for i, skeleton in enumerate(written) if skeleton is not None]
        finished = [skeleton for skeleton in written if skeleton is not None]
        known = {key: load_reference().column(key) for key in SCORED}
        scores = torch.zeros(len(written))
        scores[kept] = score_skeletons(self.gpt, finished, conditions[kept], known, cancelled)
        return scores
