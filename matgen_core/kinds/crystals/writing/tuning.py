"""The skeleton GPT as a generator whose copy can be tuned: it writes skeletons and says how likely each is.

A skeleton is scored before it has a geometry, which costs a hundred times as much: by its formula, and by what the
critic expects of it. Placing, relaxing and judging come with the run that draws from the tuned copy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import Tensor, nn

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.formulas.oxidation import NONE, balance
from matgen_core.core.errors import BadInput
from matgen_core.core.records import Candidate, Crystal, Origin, candidate_id
from matgen_core.kinds.crystals.checks.critic import predict_drafts
from matgen_core.kinds.crystals.engines.symmetry_first import SymmetryFirst
from matgen_core.kinds.crystals.generate import load_engine
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.writing.conditions import draw_conditions
from matgen_core.kinds.crystals.writing.grammar import PAD, Grammar, encode, skeleton_of, without_geometry
from matgen_core.kinds.crystals.writing.skeleton_decoding import write_skeletons
from matgen_core.kinds.protocol import Cancelled, Written

if TYPE_CHECKING:
    from matgen_core.core.settings import CrystalSettings
    from matgen_core.kinds.protocol import Brief
    from matgen_core.models.gpt import ConditionalGPT


class TunableSkeletons:
    """See :class:`matgen_core.kinds.protocol.Tunable`; skeletons are drawn at temperature 1, without guidance.

    Args:
        brief: of a run for the target.
    """

    def __init__(self, brief: Brief[CrystalSettings]) -> None:
        engine = load_engine(SymmetryFirst.name)
        if not isinstance(engine, SymmetryFirst):
            raise BadInput("the engine {name} writes no skeletons", name=SymmetryFirst.name)
        self._brief: Brief[CrystalSettings] = brief
        self._keys: tuple[str, ...] = engine.keys
        self._grammar: Grammar = Grammar(brief.generation_target.constraints)
        self.prior: nn.Module = engine.gpt
        self.checkpoint: str = engine.checkpoint.split()[0]

    def write(self, network: nn.Module, size: int, first: int, cancelled: Cancelled = None) -> Written[Crystal]:
        """Skeletons of a network."""
        writer = cast("ConditionalGPT", network)
        seed, target = self._brief.seed, self._brief.generation_target
        drawn = draw_conditions(
            target, self._keys, size, np.random.default_rng((seed, first)), load_reference(),
            self._brief.settings.prefer_stable,
        )  # fmt: skip
        conditions = torch.from_numpy(drawn)
        generator = torch.Generator().manual_seed(seed * 100_003 + first)
        written = write_skeletons(writer, self._grammar, conditions, 1.0, 1.0, generator, cancelled)
        strings, made = list[list[int]](), list[Candidate[Crystal] | None]()
        for i, skeleton in enumerate(written.skeletons):
            if skeleton is None:
                strings.append([PAD])
                made.append(None)
                continue
            strings.append(encode(skeleton))
            origin = Origin(SymmetryFirst.name, self.checkpoint, seed, first + i)
            made.append(Candidate(candidate_id(seed, first + i, 5), without_geometry(skeleton), origin))
        width = max(2, *map(len, strings))
        return Written(torch.tensor([s + [PAD] * (width - len(s)) for s in strings]), conditions, tuple(made))

    def log_likelihood(self, network: nn.Module, written: Written[Crystal]) -> Tensor:
        """(B,) in nats."""
        return -cast("ConditionalGPT", network).loss(written.strings, written.conditions)

    def read(self, names: Sequence[str], conditions: Tensor) -> Written[Crystal] | None:
        """None: a formula alone is no skeleton."""
        return None

    def cross(self, parents: Mapping[str, float], size: int, first: int, conditions: Tensor) -> Written[Crystal] | None:
        """None: nothing is crossed."""
        return None

    def assess(self, candidates: Sequence[Candidate[Crystal]]) -> list[Candidate[Crystal] | None]:
        """What the critic expects of each; None where no charges balance."""
        found: list[Candidate[Crystal] | None] = [None] * len(candidates)
        good = [i for i, c in enumerate(candidates) if balance(reduced_formula(c.material)).kind != NONE]
        expected = predict_drafts([skeleton_of(candidates[i].material) for i in good]) if good else []
        for i, predictions in zip(good, expected, strict=True):
            found[i] = candidates[i].add_predictions(*predictions)
        return found
