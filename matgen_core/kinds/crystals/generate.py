"""From a target to crystals: where networks and samplers meet.

One interface for every engine: ``generate(target, count, seed, settings)`` gives candidates with nothing read of them
yet. Engine "symmetry-first" writes skeletons with a GPT under the grammar, then draws geometries by diffusion; engine
"latent-diffusion" draws a latent by diffusion, from which a decoder writes the skeleton under the same grammar.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from matgen_core.core.batching import split_on_oom
from matgen_core.core.errors import BadTarget, Cancelled
from matgen_core.core.goals import Target
from matgen_core.core.messages import join
from matgen_core.core.records import Candidate, Crystal, Origin
from matgen_core.core.settings import CrystalSettings
from matgen_core.core.settings import check_settings as check_declared
from matgen_core.diffusion.samplers import METHODS
from matgen_core.kinds.crystals.conditions import draw_conditions
from matgen_core.kinds.crystals.engines.latent_diffusion import LatentDiffusion
from matgen_core.kinds.crystals.engines.symmetry_first import SymmetryFirst
from matgen_core.kinds.crystals.grammar import Grammar
from matgen_core.kinds.crystals.reference import load_reference
from matgen_core.kinds.crystals.skeleton_decoding import Asked, Refuses
from matgen_core.learning.checkpoints import available, load_checkpoint

#: Engines and the checkpoints they are made of.
_PARTS = {
    "symmetry-first": ("crystal-gpt", "crystal-proposal", "crystal-geometry"),
    "latent-diffusion": ("crystal-vae", "crystal-diffusion", "crystal-proposal", "crystal-geometry"),
}
ENGINES = tuple(_PARTS)


class Engine(Protocol):
    """What every engine can do."""

    name: str
    checkpoint: str

    def draw(
        self,
        grammar: Grammar,
        conditions: Tensor,
        settings: CrystalSettings,
        seed: int,
        cancelled: Asked | None,
        refuses: Refuses | None,
    ) -> list[Crystal]:
        """As many crystals as rows of conditions (B, K), fewer where some were not finished or were refused."""


def generate(
    target: Target,
    count: int,
    *,
    seed: int = 0,
    settings: CrystalSettings | None = None,
    first: int = 0,
    cancelled: Asked | None = None,
    refuses: Refuses | None = None,
) -> tuple[Candidate, ...]:
    """Draws candidates for a target.

    Args:
        target: goals and constraints; already checked by :func:`check_target`.
        count: how many.
        seed: repeats the draw.
        settings: engine, sampler and their numbers.
        first: index of the first candidate, when a run draws in batches.
        cancelled: asked at every token and denoising step; once it says yes, those that have a structure come back.
        refuses: whether a skeleton would be rejected whatever its geometry; another is placed in its stead, or none.

    Raises:
        BadTarget: where the constraints leave nothing.
        Cancelled: where ``cancelled`` said so before any had a structure.
        TooLarge: where not even one fits into memory; a batch that does not is drawn in halves.
    """
    settings = settings or CrystalSettings()
    grammar = Grammar(target.constraints)
    if not grammar.space_groups:
        raise BadTarget("no space group can hold what the constraints ask for; allow more atoms or other systems")
    engine = load_engine(settings.engine)

    made: list[Candidate] = []

    def draw(first: int, count: int) -> list[Candidate]:
        rng = np.random.default_rng((seed, first))
        conditions = torch.from_numpy(draw_conditions(target, count, rng, load_reference(), settings.prefer_stable))
        crystals = engine.draw(grammar, conditions, settings, seed * 100_003 + first, cancelled, refuses)
        made.extend(
            Candidate(f"{seed}-{first + i:04d}", crystal, Origin(engine.name, engine.checkpoint, seed, first + i))
            for i, crystal in enumerate(crystals)
        )
        return []

    try:
        split_on_oom(draw, first, count)
    except Cancelled:
        if not made:
            raise
    return tuple(made)


def check_settings(settings: CrystalSettings) -> None:
    """Raises BadTarget or BadInput, naming the setting, for what no engine can do."""
    if settings.engine not in ENGINES:
        raise BadTarget(
            "no engine {engine!r}; choose from: {engines}", engine=settings.engine, engines=join(ENGINES, ", ")
        )
    if settings.sampler not in METHODS:
        raise BadTarget(
            "no sampler {sampler!r}; choose from: {methods}", sampler=settings.sampler, methods=join(METHODS, ", ")
        )
    check_declared(settings)


@lru_cache(maxsize=2)
def load_engine(name: str) -> Engine:
    """The engine of that name, loaded once.

    Raises:
        BadTarget: for an unknown name.
        UnknownCheckpoint, DamagedCheckpoint: where its weights are not there or not whole.
    """
    if name not in _PARTS:
        raise BadTarget("no engine {name!r}; choose from: {engines}", name=name, engines=join(ENGINES, ", "))
    parts = [load_checkpoint(part) for part in _PARTS[name]]
    return SymmetryFirst(*parts) if name == "symmetry-first" else LatentDiffusion(*parts)


def trained_engines() -> tuple[str, ...]:
    """Engines whose checkpoints are here; the usual one in any case, so that what it lacks is said."""
    here = set(available())
    return tuple(name for name, parts in _PARTS.items() if name == CrystalSettings().engine or here >= set(parts))
