"""Engine B, symmetry first: discrete things by GPTs under the grammar, continuous things by diffusion.

    skeleton ~ GPT(properties)                     space group, Wyckoff letters, elements
    geometry ~ placing.py(skeleton, properties)    a guess in bins, refined by diffusion

Several skeletons are written for each candidate. Where properties are asked for, those that likeliest have them go on,
by the writer's own likelihood: of many by what guidance knows anyway, of those few by what answering.py computes. Of
these the one whose geometry is doubted least is kept. Where elements must be there, more are written, and those go on
into which the elements came unforced. (Of two properties at once guidance knows too little: 21 of 320 met both where it
sifted, 28 where it did not. Nor is there sifting where elements must be there: of many strings that were pressed it
takes those that guidance likes, however little ease they have.)
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
from matgen_core.kinds.crystals.rerank import TOLD, count_told, score_answers
from matgen_core.kinds.crystals.skeleton_decoding import Asked, Refuses, write_skeletons
from matgen_core.learning.checkpoints import Checkpoint
from matgen_core.learning.networks import build_gpt

#: So many times as many skeletons are written where elements must be there.
_PRESSED = 12
#: Written at least for each that is placed, where one property is asked for: to write one costs a fifth of what
#: answering.py costs, and a tenth of its geometry.
_SIFTED = 8


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
        self,
        grammar: Grammar,
        conditions: Tensor,
        settings: CrystalSettings,
        seed: int,
        cancelled: Asked | None,
        refuses: Refuses | None = None,
    ) -> list[Crystal]:
        """As many crystals as rows of conditions (B, K), fewer where some were not finished or were refused."""
        generator, kept = torch.Generator().manual_seed(seed), settings.skeletons
        asks = count_told(conditions) if settings.drafts > 1 else 0
        choosy, sifts = asks > 0, asks == 1 and not grammar.requires
        each = kept * settings.drafts if choosy else kept
        many = each * _PRESSED if grammar.requires else max(each, kept * _SIFTED * sifts)
        asked = conditions.repeat_interleave(many, dim=0)
        written = write_skeletons(
            self.gpt, grammar, asked, 1.0 + settings.guidance, settings.temperature, generator, cancelled
        )
        written = written.best(written.ease + sifts * written.fit, many, each, refuses)
        if choosy:
            answers = self._answers(written.skeletons, conditions.repeat_interleave(each, dim=0), cancelled)
            written = written.best(written.ease + answers, each, kept)
        asked = conditions.repeat_interleave(kept, dim=0)
        return self.placer.place_best(written.skeletons, kept, asked, settings, generator, cancelled)

    def _answers(self, written: Sequence[Skeleton | None], asked: Tensor, cancelled: Asked | None) -> Tensor:
        """(B,) how likely each has what is asked."""
        kept = [i for i, skeleton in enumerate(written) if skeleton is not None]
        finished = [skeleton for skeleton in written if skeleton is not None]
        known = {key: load_reference().column(key) for key in TOLD}
        scores = torch.zeros(len(written))
        scores[kept] = score_answers(self.gpt, finished, asked[kept], known, cancelled)
        return scores
