"""From a target to crystals: where networks and samplers meet.

One interface for every engine: ``generate(target, count, seed, settings)`` gives candidates with nothing read of them
yet. Engine "symmetry-first" writes skeletons with a GPT under the grammar, then draws geometries by diffusion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.checkpoints import Checkpoint, load_checkpoint
from matgen_core.chem.composition import check_constraints
from matgen_core.data.geometry import to_crystals, to_skeletons
from matgen_core.data.reference import Reference, load_reference
from matgen_core.data.tokenizers import BOS, EOS, MAX_TOKENS, Grammar, Skeleton, decode
from matgen_core.diffusion.samplers import guide, sample
from matgen_core.diffusion.schedules import cosine_schedule
from matgen_core.models.geometry import GeometryDenoiser, Skeletons
from matgen_core.models.gpt import ConditionalGPT
from matgen_core.networks import build_geometry, build_gpt
from matgen_core.properties import CRYSTAL_CONDITIONS, PROPERTIES
from matgen_core.types import BadTarget, Cancelled, Candidate, Crystal, Origin, SamplingSettings, Target

ENGINES = ("symmetry-first", "latent-diffusion")
Asked = Callable[[], bool]
#: Network settings: few denoising levels suffice to tell a strained geometry from a sound one.
_SCORE_LEVELS = (100, 200, 300)
_GEOMETRY_BATCH = 256


class Engine(Protocol):
    """What every engine can do."""

    name: str
    checkpoint: str

    def draw(
        self, grammar: Grammar, conditions: Tensor, settings: SamplingSettings, seed: int, cancelled: Asked | None
    ) -> list[Crystal]:
        """As many crystals as there are rows of conditions (B, K), fewer where some could not be finished."""


def generate(
    target: Target,
    count: int,
    *,
    seed: int = 0,
    settings: SamplingSettings | None = None,
    first: int = 0,
    cancelled: Asked | None = None,
) -> tuple[Candidate, ...]:
    """Draws candidates for a target.

    Args:
        target: goals and constraints; already checked by :func:`check_target`.
        count: how many.
        seed: repeats the draw.
        settings: engine, sampler and their numbers.
        first: index of the first candidate, when a run draws in batches.
        cancelled: asked at every token and denoising step.

    Raises:
        BadTarget: where the constraints leave nothing.
        Cancelled: where ``cancelled`` said so.
    """
    settings = settings or SamplingSettings()
    grammar = Grammar(target.constraints)
    if not grammar.space_groups:
        raise BadTarget("no space group can hold what the constraints ask for; allow more atoms or other systems")
    engine = load_engine(settings.engine)
    rng = np.random.default_rng((seed, first))
    conditions = torch.from_numpy(draw_conditions(target, count, rng, load_reference(), settings.prefer_stable))
    crystals = engine.draw(grammar, conditions, settings, seed * 100_003 + first, cancelled)
    return tuple(
        Candidate(f"{seed}-{first + i:04d}", crystal, Origin(engine.name, engine.checkpoint, seed, first + i))
        for i, crystal in enumerate(crystals)
    )


@lru_cache(maxsize=2)
def load_engine(name: str) -> Engine:
    """The engine of that name, loaded once.

    Raises:
        BadTarget: for an unknown name.
        UnknownCheckpoint, DamagedCheckpoint: where its weights are not there or not whole.
    """
    if name == "symmetry-first":
        return SymmetryFirst(load_checkpoint("crystal-gpt"), load_checkpoint("crystal-geometry"))
    raise BadTarget(f"no engine {name!r}; choose from: {', '.join(ENGINES)}")


# ------------------------------------------------------------------------------------------------------ conditions


def check_target(target: Target) -> None:
    """Raises BadTarget for constraints that contradict, and for goals on what crystals cannot be asked for."""
    check_constraints(target.constraints)
    for key in target.goals:
        if key not in CRYSTAL_CONDITIONS:
            raise BadTarget(f"crystals cannot be asked for {key!r}; choose from: {', '.join(CRYSTAL_CONDITIONS)}")


def draw_conditions(
    target: Target, count: int, rng: np.random.Generator, reference: Reference, prefer_stable: bool
) -> NDArray[np.float32]:
    """(count, K) what the network is told; NaN for "any".

    Values stand as they are. Ranges are drawn from: from the known crystals that lie in all of them together, where
    there are any, so that properties that go together stay together.

    Args:
        target: the goals.
        count: rows.
        rng: of the draw.
        reference: the known crystals.
        prefer_stable: without a goal for it, ask for a distance to the hull as stable known crystals have.
    """
    conditions = np.full((count, len(CRYSTAL_CONDITIONS)), np.nan, dtype=np.float32)
    known = {key: np.asarray(reference.known[key], dtype=np.float32) for key in CRYSTAL_CONDITIONS}
    inside = np.ones(len(known["band_gap"]), dtype=bool)
    ranges = []
    for j, key in enumerate(CRYSTAL_CONDITIONS):
        goal = target.goals.get(key)
        if goal is not None and goal.is_value:
            assert goal.low is not None
            conditions[:, j] = goal.low
        elif goal is not None:
            low, high = _bounds(key, goal.low, goal.high)
            inside &= (known[key] >= low) & (known[key] <= high)
            ranges.append((j, key, low, high))
    pool = np.flatnonzero(inside)
    rows = rng.choice(pool, count) if len(pool) else None
    for j, key, low, high in ranges:
        conditions[:, j] = known[key][rows] if rows is not None else rng.uniform(low, high, count)
    if prefer_stable and "e_above_hull" not in target.goals:
        stable = known["e_above_hull"][known["e_above_hull"] < 0.02]
        conditions[:, CRYSTAL_CONDITIONS.index("e_above_hull")] = rng.choice(stable, count)
    return conditions


def _bounds(key: str, low: float | None, high: float | None) -> tuple[float, float]:
    record = PROPERTIES[key]
    lower = min(record.low, high if high is not None else record.low) if low is None else low
    upper = max(record.high, low if low is not None else record.high) if high is None else high
    return lower, upper


# -------------------------------------------------------------------------------------------------- symmetry first


@dataclass(frozen=True)
class _Drawn:
    """A geometry and the generator's own score of it (lower is better)."""

    crystal: Crystal
    score: float


class SymmetryFirst:
    """Engine B: a GPT writes space group, letters and elements; diffusion places them.

    Args:
        skeleton: checkpoint of the GPT.
        geometry: checkpoint of the denoiser.
    """

    name = "symmetry-first"

    def __init__(self, skeleton: Checkpoint, geometry: Checkpoint) -> None:
        self.gpt: ConditionalGPT = build_gpt(skeleton)
        self.denoiser, self.volumes = build_geometry(geometry)
        self.checkpoint = f"{skeleton.name}@{skeleton.digest} {geometry.name}@{geometry.digest}"

    def draw(
        self, grammar: Grammar, conditions: Tensor, settings: SamplingSettings, seed: int, cancelled: Asked | None
    ) -> list[Crystal]:
        """See :class:`Engine`."""
        generator = torch.Generator().manual_seed(seed)
        written = write_skeletons(
            self.gpt, grammar, conditions, settings.guidance, settings.temperature, generator, cancelled
        )
        kept = [i for i, skeleton in enumerate(written) if skeleton is not None]
        skeletons = [s for s in written if s is not None]
        return self.place(skeletons, conditions[kept], settings, generator, cancelled)

    def place(
        self,
        skeletons: Sequence[Skeleton],
        conditions: Tensor,
        settings: SamplingSettings,
        generator: torch.Generator,
        cancelled: Asked | None = None,
    ) -> list[Crystal]:
        """The best of ``settings.geometries`` geometries of each skeleton, by the denoiser's own score."""
        order = sorted(range(len(skeletons)), key=lambda i: len(skeletons[i].sites))
        best: dict[int, Crystal] = {}
        size = max(1, _GEOMETRY_BATCH // settings.geometries)
        for start in range(0, len(order), size):
            numbers = order[start : start + size]
            chosen = self._place_batch(
                [skeletons[i] for i in numbers], conditions[numbers], settings, generator, cancelled
            )
            best.update(zip(numbers, chosen, strict=True))
        return [best[i] for i in range(len(skeletons))]

    @torch.no_grad()
    def _place_batch(
        self,
        skeletons: Sequence[Skeleton],
        conditions: Tensor,
        settings: SamplingSettings,
        generator: torch.Generator,
        cancelled: Asked | None,
    ) -> list[Crystal]:
        each = settings.geometries
        batch = to_skeletons(skeletons, self.volumes).repeat(each)
        asked = conditions.repeat_interleave(each, dim=0)
        x = self._sample(batch, asked, settings, generator, cancelled)
        score = denoising_error(self.denoiser, x, batch, asked, generator) if each > 1 else torch.zeros(len(x))
        coordinates, matrices = self.denoiser.geometry(x, batch)
        winner = score.view(-1, each).argmin(dim=1) + torch.arange(len(skeletons)) * each
        return to_crystals(skeletons, coordinates[winner], matrices[winner])

    def _sample(
        self,
        batch: Skeletons,
        conditions: Tensor,
        settings: SamplingSettings,
        generator: torch.Generator,
        cancelled: Asked | None,
    ) -> Tensor:
        schedule = cosine_schedule()
        log_snr = schedule.log_snr.float()

        def velocity(x: Tensor, t: Tensor, asked: Tensor) -> Tensor:
            crystals = batch if len(x) == len(batch.system) else batch.repeat_all(len(x) // len(batch.system))
            answer: Tensor = self.denoiser(x, log_snr[t], crystals, asked)
            return answer

        # Guidance belongs to the discrete choices; the geometry of a given skeleton has little left to guide.
        denoiser = guide(velocity, conditions, torch.full_like(conditions, float("nan")), 1.0)
        noise = torch.randn(batch.mask.shape, generator=generator) * batch.mask
        return sample(
            denoiser, noise, schedule, settings.sampler, settings.steps, "v", generator, cancelled=cancelled,
            temperature=settings.geometry_temperature,
        )  # fmt: skip


@torch.no_grad()
def write_skeletons(
    gpt: ConditionalGPT,
    grammar: Grammar,
    conditions: Tensor,
    guidance: float,
    temperature: float,
    generator: torch.Generator,
    cancelled: Asked | None = None,
) -> list[Skeleton | None]:
    """One skeleton for each row of conditions (B, K); None where a string could not be finished.

    Finished rows leave the batch. Guidance mixes logits of the asked and the free network.
    """
    guided = guidance != 1.0 and bool((~conditions.isnan()).any())
    strings = [[BOS] for _ in range(len(conditions))]
    active = list(range(len(conditions)))
    prefix = torch.cat([conditions, torch.full_like(conditions, float("nan"))]) if guided else conditions
    cache = gpt.begin(prefix)
    for _ in range(MAX_TOKENS):
        if cancelled and cancelled():
            raise Cancelled
        last = torch.tensor([strings[i][-1] for i in active])
        logits = gpt.step(torch.cat([last, last]) if guided else last, cache).float()
        if guided:
            asked, free = logits.log_softmax(-1).chunk(2)
            logits = free + guidance * (asked - free)
        allowed = torch.from_numpy(np.stack([grammar.mask(strings[i]) for i in active]))
        dead = ~allowed.any(dim=1)
        allowed[dead, EOS] = True
        probabilities = (logits.masked_fill(~allowed, -torch.inf) / temperature).softmax(dim=-1)
        drawn = torch.multinomial(probabilities, 1, generator=generator).squeeze(1)
        for row, token in zip(active, drawn.tolist(), strict=True):
            strings[row].append(token)
        running = torch.tensor([k for k, row in enumerate(active) if strings[row][-1] != EOS], dtype=torch.int64)
        if len(running) == 0:
            break
        if len(running) < len(active):
            both = torch.cat([running, running + len(active)]) if guided else running
            cache.batch_select_indices(both)
            active = [active[k] for k in running.tolist()]
    return [_read(string) for string in strings]


def _read(string: list[int]) -> Skeleton | None:
    try:
        return decode(string)
    except ValueError:
        return None


@torch.no_grad()
def denoising_error(
    denoiser: GeometryDenoiser, x: Tensor, batch: Skeletons, conditions: Tensor, generator: torch.Generator
) -> Tensor:
    """(B,) how badly the denoiser recovers x from a little noise: the generator's own, cheap doubt about a geometry."""
    schedule = cosine_schedule()
    mask = batch.mask
    total = torch.zeros(len(x))
    for level in _SCORE_LEVELS:
        alpha_bar = schedule.alpha_bar[level].float()
        alpha, sigma = alpha_bar.sqrt(), (1 - alpha_bar).sqrt()
        noise = torch.randn(x.shape, generator=generator)
        x_t = (alpha * x + sigma * noise) * mask
        answer = denoiser(x_t, schedule.log_snr[level].float().expand(len(x)), batch, conditions)
        error = (answer - (alpha * noise - sigma * x)) ** 2 * mask
        total += error.sum(dim=1) / mask.sum(dim=1)
    return total
