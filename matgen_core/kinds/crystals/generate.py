"""From a target to crystals: where networks and samplers meet.

One interface for every engine: ``generate(target, count, seed, settings)`` gives candidates with nothing read of them
yet. "symmetry-first" writes skeletons with a GPT under the grammar, then draws geometries by diffusion;
"latent-diffusion" draws a latent by diffusion, from which a decoder writes the skeleton under the same grammar;
"substitution" exchanges elements of known crystals. A mixture lets its engines draw in turn.
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
from matgen_core.core.registry import load
from matgen_core.core.settings import CrystalSettings
from matgen_core.core.settings import check_settings as check_declared
from matgen_core.diffusion.samplers import METHODS
from matgen_core.kinds.crystals.conditions import draw_conditions
from matgen_core.kinds.crystals.engines.registry import ENGINES, checkpoints_of, parts_of
from matgen_core.kinds.crystals.grammar import Grammar
from matgen_core.kinds.crystals.reference import load_reference
from matgen_core.kinds.crystals.skeleton_decoding import Asked, Refuses
from matgen_core.learning.checkpoints import available, condition_keys, load_checkpoint


class Engine(Protocol):
    """What every engine can do."""

    name: str
    checkpoint: str
    #: Properties of the columns of its conditions.
    keys: tuple[str, ...]

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
    engines = [load_engine(name) for name in parts_of(settings.engine)]
    made: list[Candidate] = []

    def draw(first: int, count: int) -> list[Candidate]:
        for place, engine in enumerate(engines):
            numbers = [i for i in range(count) if (first + i) % len(engines) == place]
            if not numbers:
                continue
            rng = np.random.default_rng((seed, first))
            drawn = draw_conditions(target, engine.keys, count, rng, load_reference(), settings.prefer_stable)
            conditions = torch.from_numpy(drawn[numbers])
            crystals = engine.draw(grammar, conditions, settings, seed * 100_003 + first, cancelled, refuses)
            made.extend(
                Candidate(f"{seed}-{first + i:04d}", crystal, Origin(engine.name, engine.checkpoint, seed, first + i))
                for i, crystal in zip(numbers, crystals, strict=False)
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
    ENGINES.check(settings.engine)
    if settings.sampler not in METHODS:
        raise BadTarget(
            "no sampler {sampler!r}; choose from: {methods}", sampler=settings.sampler, methods=join(METHODS, ", ")
        )
    check_declared(settings)


@lru_cache(maxsize=4)
def load_engine(name: str) -> Engine:
    """The engine of that name, loaded once; a mixture is loaded by its parts.

    Raises:
        BadTarget: for an unknown name, and for a mixture.
        UnknownCheckpoint, DamagedCheckpoint: where its weights are not there or not whole.
    """
    entry = ENGINES[name]
    if entry.mixes:
        raise BadTarget("{name} is a mixture; choose from: {engines}", name=name, engines=join(entry.mixes, ", "))
    engine: Engine = load(entry.path)(*(load_checkpoint(part) for part in entry.checkpoints))
    return engine


def told_of(name: str) -> frozenset[str]:
    """Properties that the networks of an engine, or of those it mixes, were trained on.

    Raises:
        BadTarget: for an unknown name.
        UnknownCheckpoint, DamagedCheckpoint: where a checkpoint is not there or not whole.
    """
    return frozenset(key for checkpoint in checkpoints_of(name) for key in condition_keys(checkpoint))


def trained_engines() -> tuple[str, ...]:
    """Engines whose checkpoints are here; the usual one in any case, so that what it lacks is said."""
    here = set(available())
    return tuple(name for name in ENGINES if name == CrystalSettings().engine or here >= checkpoints_of(name))
