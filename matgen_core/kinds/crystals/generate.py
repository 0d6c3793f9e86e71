"""From a target to crystals with a geometry: draft, filter, place.

    drafts   many skeletons for each candidate, by one engine or several
    filter   the critic keeps those likeliest to meet the goals near the hull, spread over formulas and types
    place    diffusion beside known crystals; the lowest energy by CHGNet, which steers, goes on

"symmetry-first" writes skeletons with a GPT under the grammar; "latent-diffusion" draws a latent by diffusion, from
which a decoder writes the skeleton under the same grammar; "substitution" exchanges elements of known crystals. A
mixture takes drafts of several. Relaxation comes next (:mod:`.placing.relax_drawn`).
"""

from __future__ import annotations

import copy as copying
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from matgen_core.core.batching import split_on_oom
from matgen_core.core.errors import BadTarget, Cancelled
from matgen_core.core.goals import Target
from matgen_core.core.messages import join
from matgen_core.core.records import DRAFTED, PLACED, Candidate, Crystal, Origin, candidate_id
from matgen_core.core.registry import load
from matgen_core.core.settings import CrystalSettings
from matgen_core.core.settings import check_settings as check_declared
from matgen_core.diffusion.samplers import METHODS
from matgen_core.kinds.crystals.checks.critic import load_critic, predict_drafts
from matgen_core.kinds.crystals.drafts import Draft, choose_drafts, distinct, scores_of, share_drafts
from matgen_core.kinds.crystals.engines.registry import ENGINES, checkpoints_of, parts_of
from matgen_core.kinds.crystals.in_work import at_stage, steering_predictions
from matgen_core.kinds.crystals.known.reference import load_reference, structure_type
from matgen_core.kinds.crystals.placing.geometry_generation import Placer
from matgen_core.kinds.crystals.placing.placement import Placed, place_drafts, rank_placed, share_placed
from matgen_core.kinds.crystals.writing.conditions import draw_conditions
from matgen_core.kinds.crystals.writing.grammar import Grammar, without_geometry
from matgen_core.kinds.crystals.writing.skeleton_decoding import Asked, IsRejected
from matgen_core.kinds.protocol import Brief, OnStage
from matgen_core.learning.checkpoints import available, condition_keys, load_checkpoint

#: Distance to the hull, eV/atom, that the critic counts as near, where stable crystals are preferred.
_NEAR = 0.05


class Engine(Protocol):
    """What every engine can do."""

    name: str
    checkpoint: str
    #: Properties of the columns of its conditions.
    keys: tuple[str, ...]
    placer: Placer | None

    def draft(
        self,
        grammar: Grammar,
        conditions: Tensor,
        settings: CrystalSettings,
        seed: int,
        cancelled: Asked | None = None,
    ) -> list[Draft]:
        """At most ``settings.drafts`` drafts for each row of conditions (B, K), all within the constraints."""


def generate(
    brief: Brief[CrystalSettings],
    count: int,
    first: int = 0,
    *,
    cancelled: Asked | None = None,
    is_rejected: IsRejected | None = None,
) -> tuple[Candidate, ...]:
    """Draws candidates for what a run asks for.

    Args:
        brief: what is asked for, already checked; its ``on_stage`` is called with the drafts that are to be placed,
            then with what was placed, as :mod:`.in_work` shows them.
        count: how many.
        first: index of the first candidate, when a run generates in batches.
        cancelled: asked at every token and denoising step; once it says yes, those that have a structure come back.
        is_rejected: whether the rules reject a skeleton whatever its geometry; another is used in its place, or none.

    Raises:
        BadTarget: where the constraints leave nothing.
        Cancelled: where ``cancelled`` said so before any had a structure.
        TooLarge: where not even one fits into memory; a batch that does not is drawn in halves.
    """
    target, on_stage = brief.generation_target, brief.on_stage
    grammar = Grammar(target.constraints)
    if not grammar.space_groups:
        raise BadTarget("no space group fits the constraints; allow more atoms or other crystal systems")
    pipeline = Pipeline(target, brief.settings, brief.seed, grammar, cancelled, is_rejected)
    if brief.copy is not None:
        pipeline.draft_by(brief.copy)
    made: list[Candidate] = []
    shown: list[Candidate] = []

    def draw(first: int, count: int) -> list[Candidate]:
        kept = {candidate.id for candidate in made}
        before = tuple(row for row in shown if row.id in kept)

        def tell(rows: Sequence[Candidate]) -> None:
            shown[:] = (*before, *rows)
            if on_stage:
                on_stage(tuple(shown))

        made.extend(pipeline.draw(first, count, tell if on_stage else None))
        return []

    try:
        split_on_oom(draw, first, count)
    except Cancelled:
        if not made:
            raise
    return tuple(made)


class Pipeline:
    """Draft, filter and place for one target.

    Args:
        target: goals and constraints.
        settings: engine and numbers.
        seed: of the random numbers.
        grammar: of the constraints.
        cancelled: asked at every token and step.
        is_rejected: whether the rules reject a skeleton whatever its geometry.
    """

    def __init__(
        self,
        target: Target,
        settings: CrystalSettings,
        seed: int,
        grammar: Grammar,
        cancelled: Asked | None = None,
        is_rejected: IsRejected | None = None,
    ) -> None:
        self.target, self.settings, self.seed, self.grammar = target, settings, seed, grammar
        self.cancelled, self.is_rejected = cancelled, is_rejected
        self.engines = [load_engine(name) for name in parts_of(settings.engine)]
        self.placers = {engine.name: engine.placer for engine in self.engines if engine.placer is not None}
        self.near = _NEAR if settings.prefer_stable or "e_above_hull" in target.goals else None
        self.critic = load_critic()

    def draft_by(self, copy: tuple[nn.Module, str]) -> None:
        """A tuned copy of the skeleton GPT drafts, alone; geometry is drawn as before."""
        engine: Any = copying.copy(load_engine("symmetry-first"))
        engine.gpt, engine.checkpoint = copy[0], f"{copy[1]} {engine.placer.checkpoint}"
        self.engines = [engine]
        self.placers = {engine.name: engine.placer}

    def draw(self, first: int, count: int, on_stage: OnStage | None = None) -> list[Candidate]:
        """Candidates number ``first`` to ``first + count``, fewer where drafts are refused or the run is cancelled.

        A candidate has the id that its draft had; ``on_stage`` is called with all drafts, then with the placed ones.
        """
        conditions = {engine.name: self.conditions(engine, first, count) for engine in self.engines}
        chosen = self.choose(self.draft(conditions, first), count * self.settings.skeletons)
        drafted = self.drafted(chosen, first, count) if on_stage else []
        if on_stage:
            on_stage(drafted)
        generator = torch.Generator().manual_seed(self.seed * 100_003 + first + 1)
        placed = (
            place_drafts(chosen, self.placers, conditions, self.settings, generator, self.cancelled) if chosen else []
        )
        goals = {
            key: goal for key, goal in self.target.goals.items() if key not in ("formation_energy", "e_above_hull")
        }
        scores = scores_of([entry.draft for entry in placed], Target(goals), None, self.critic)
        order = rank_placed(placed, scores, self.target, self.near is not None)
        best = share_placed(placed, order, count, self.settings.engine_share)
        entries = [placed[number] for number in best]
        made = [
            self._candidate(entry.draft, entry.crystal, self._id(first, count, entry.number), index)
            for index, entry in enumerate(entries, start=first)
        ]
        if on_stage:
            on_stage(self._placed(drafted, made, entries))
        return made

    def conditions(self, engine: Engine, first: int, count: int) -> Tensor:
        """(count, K) conditions of an engine; the same values for every engine, as far as it has a column for them."""
        rng, settings = np.random.default_rng((self.seed, first)), self.settings
        drawn = draw_conditions(self.target, engine.keys, count, rng, load_reference(), settings.prefer_stable)
        return torch.from_numpy(drawn)

    def draft(self, conditions: Mapping[str, Tensor], first: int) -> list[Draft]:
        """Different drafts of every engine; each of a mixture writes for its share of the rows of its conditions."""
        drafts = list[Draft]()
        for place, engine in enumerate(self.engines):
            asked = conditions[engine.name]
            rows = [row for row in range(len(asked)) if (first + row) % len(self.engines) == place]
            rows = rows or [0]  # a batch of one asks every engine, so that none is left out of a small run
            written = engine.draft(
                self.grammar, asked[rows], self.settings, self.seed * 100_003 + first, self.cancelled
            )
            drafts += [replace(draft, row=rows[draft.row]) for draft in written]
        return distinct(drafts)

    def choose(self, drafts: Sequence[Draft], count: int) -> list[Draft]:
        """The likeliest drafts, with a share for each engine of a mixture."""
        chosen = self.likeliest(drafts, count)
        names = [engine.name for engine in self.engines]
        return share_drafts(chosen, drafts, names, self.likeliest, self.score) if len(names) > 1 else chosen

    def score(self, drafts: Sequence[Draft]) -> Tensor:
        """(N,) what the critic alone says of drafts."""
        return scores_of([replace(draft, log_weight=0.0) for draft in drafts], self.target, self.near, self.critic)

    def likeliest(self, drafts: Sequence[Draft], count: int) -> list[Draft]:
        """The likeliest drafts that the rules may let pass, known structure types last where new ones are preferred."""
        if not self.settings.novel:
            return choose_drafts(drafts, self.target, count, self.near, self.critic, self.is_rejected)
        reference = load_reference()
        known = [reference.has_type(structure_type(without_geometry(draft.skeleton))) for draft in drafts]
        new = [draft for draft, is_known in zip(drafts, known, strict=True) if not is_known]
        chosen = choose_drafts(new, self.target, count, self.near, self.critic, self.is_rejected)
        if len(chosen) == count:
            return chosen
        rest = [draft for draft, is_known in zip(drafts, known, strict=True) if is_known]
        return chosen + choose_drafts(rest, self.target, count - len(chosen), self.near, self.critic, self.is_rejected)

    def drafted(self, chosen: Sequence[Draft], first: int, count: int) -> list[Candidate]:
        """Drafts as rows, with what the critic expects of them."""
        expected, each = predict_drafts([draft.skeleton for draft in chosen], self.critic), self.settings.skeletons
        return [
            at_stage(
                self._candidate(
                    draft,
                    without_geometry(draft.skeleton),
                    self._id(first, count, number),
                    first + min(number // each, count - 1),
                ),
                DRAFTED,
                expected[number],
            )
            for number, draft in enumerate(chosen)
        ]

    def _placed(
        self, drafted: Sequence[Candidate], made: Sequence[Candidate], entries: Sequence[Placed]
    ) -> list[Candidate]:
        """What was placed as rows, with its steering energies; once cancelled, what was not placed stays drafted."""
        rows = {row.id: row for row in drafted}
        placed = [
            at_stage(
                replace(candidate, predictions=rows[candidate.id].predictions),
                PLACED,
                steering_predictions(entry.formation_energy, entry.e_above_hull),
            )
            for candidate, entry in zip(made, entries, strict=True)
        ]
        if self.cancelled is None or not self.cancelled():
            return placed
        done = {candidate.id for candidate in made}
        return [*placed, *(row for row in drafted if row.id not in done)]

    def _id(self, first: int, count: int, number: int) -> str:
        """Id of a batch's draft; those beyond what the batch has numbers for bear its last one, and count on from it.

        A mixture gives an engine that has less than its share more drafts than were asked for. With the numbers that
        follow, they would have the ids of the next batch.
        """
        each = self.settings.skeletons
        last = count * each - 1
        name = candidate_id(self.seed, first * each + min(number, last), 4)
        return name if number <= last else f"{name}-{number - last}"

    def _candidate(self, draft: Draft, crystal: Crystal, name: str, index: int) -> Candidate:
        """A draft of the batch under its name; drafts share the indices."""
        return Candidate(
            name, crystal, Origin(draft.engine, f"{draft.checkpoint} {self.critic.name}", self.seed, index)
        )


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
        raise BadTarget(
            "{name} combines several engines; choose from: {engines}", name=name, engines=join(entry.mixes, ", ")
        )
    engine: Engine = load(entry.path)(*(load_checkpoint(part) for part in entry.checkpoints))
    return engine


def conditions_of(name: str) -> frozenset[str]:
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
