"""Engine B, symmetry first: discrete things by GPTs under the grammar, continuous things by diffusion.

    skeleton ~ GPT(properties)                     space group, Wyckoff letters, elements
    guesses  ~ proposal GPT(skeleton, properties)  cell and free coordinates, in bins
    geometry = diffusion from the noised guess     (SDEdit, Meng et al. 2022)

Of several geometries of a skeleton the one that the networks themselves doubt least is kept; no reading takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from matgen_core.checkpoints import Checkpoint
from matgen_core.data.geometry import to_crystals, to_skeletons
from matgen_core.data.proposals import allowed_tokens, slots, value_of
from matgen_core.data.tokenizers import BOS, EOS, MAX_TOKENS, Grammar, Skeleton, decode, encode
from matgen_core.diffusion.samplers import sample
from matgen_core.diffusion.schedules import cosine_schedule
from matgen_core.models.geometry import GeometryDenoiser, Skeletons
from matgen_core.models.gpt import ConditionalGPT
from matgen_core.networks import build_geometry, build_gpt
from matgen_core.types import Cancelled, Crystal, SamplingSettings

Asked = Callable[[], bool]
#: Few noise levels suffice to tell a strained geometry from a sound one.
_SCORE_LEVELS = (60, 120, 200)
_GEOMETRY_BATCH = 256


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
        self.proposal = build_gpt(proposal)
        self.denoiser, self.volumes = build_geometry(geometry)
        self.checkpoint = " ".join(f"{c.name}@{c.digest}" for c in (skeleton, proposal, geometry))

    def draw(
        self, grammar: Grammar, conditions: Tensor, settings: SamplingSettings, seed: int, cancelled: Asked | None
    ) -> list[Crystal]:
        """As many crystals as there are rows of conditions (B, K), fewer where some could not be finished."""
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
        """The best of ``settings.geometries`` geometries of each skeleton."""
        order = sorted(range(len(skeletons)), key=lambda i: (len(slots(skeletons[i])), len(skeletons[i].sites), i))
        best: dict[int, Crystal] = {}
        size = max(1, _GEOMETRY_BATCH // settings.geometries)
        for start in range(0, len(order), size):
            numbers = order[start : start + size]
            batch = [skeletons[i] for i in numbers]
            best.update(
                zip(numbers, self._place(batch, conditions[numbers], settings, generator, cancelled), strict=True)
            )
        return [best[i] for i in range(len(skeletons))]

    @torch.no_grad()
    def _place(
        self,
        skeletons: Sequence[Skeleton],
        conditions: Tensor,
        settings: SamplingSettings,
        generator: torch.Generator,
        cancelled: Asked | None,
    ) -> list[Crystal]:
        each, kept = settings.geometries, min(settings.refined, settings.geometries)
        repeated = [skeleton for skeleton in skeletons for _ in range(each)]
        guess = propose(
            self.proposal, repeated, conditions.repeat_interleave(each, dim=0), settings.geometry_temperature,
            generator, cancelled,
        )  # fmt: skip
        guess = guess.pick(guess.likelihood.view(-1, each).topk(kept, dim=1).indices, each)
        batch = to_skeletons(skeletons, self.volumes).repeat(kept)
        asked = conditions.repeat_interleave(kept, dim=0)
        x = self.denoiser.lift(guess.coordinates, guess.cell, batch)
        x = refine(self.denoiser, x, batch, asked, settings, generator, cancelled)
        doubt = denoising_error(self.denoiser, x, batch, asked, generator)
        doubt -= settings.likelihood_weight * guess.likelihood
        winner = doubt.view(-1, kept).argmin(dim=1) + torch.arange(len(skeletons)) * kept
        coordinates, matrices = self.denoiser.geometry(x, batch)
        return to_crystals(skeletons, coordinates[winner], matrices[winner])


# ------------------------------------------------------------------------------------------------------- skeletons


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


# -------------------------------------------------------------------------------------------------------- geometry


@dataclass(frozen=True)
class Guess:
    """Proposed geometry: coordinates (B, S, 3), normalised cell numbers (B, 6), mean log-likelihood a token (B,)."""

    coordinates: Tensor
    cell: Tensor
    likelihood: Tensor

    def pick(self, columns: Tensor, each: int) -> Guess:
        """The guesses in ``columns`` (N, K) of every group of ``each`` (B = N each)."""
        rows = (columns + torch.arange(len(columns))[:, None] * each).flatten()
        return Guess(self.coordinates[rows], self.cell[rows], self.likelihood[rows])


@torch.no_grad()
def propose(
    gpt: ConditionalGPT,
    skeletons: Sequence[Skeleton],
    conditions: Tensor,
    temperature: float,
    generator: torch.Generator,
    cancelled: Asked | None = None,
) -> Guess:
    """A guess at the geometry of each skeleton; tokens that the skeleton fixes are fed, the others drawn."""
    plans = [slots(skeleton) for skeleton in skeletons]
    strings = [encode(skeleton) for skeleton in skeletons]
    begun = [len(string) for string in strings]
    longest = max(len(string) + len(plan) for string, plan in zip(strings, plans, strict=True))
    likelihood, drawn = torch.zeros(len(skeletons)), torch.zeros(len(skeletons))
    cache = gpt.begin(conditions)
    for place in range(longest - 1):
        if cancelled and cancelled():
            raise Cancelled
        tokens = torch.tensor([string[place] if place < len(string) else EOS for string in strings])
        logits = gpt.step(tokens, cache).float()
        rows = [b for b, s in enumerate(strings) if place + 1 == len(s) and len(s) - begun[b] < len(plans[b])]
        if not rows:
            continue
        spans = [allowed_tokens(plans[b][place + 1 - begun[b]]) for b in rows]
        picked, log_p = _draw(logits[rows], spans, temperature, generator)
        for b, token, gain, span in zip(rows, picked.tolist(), log_p.tolist(), spans, strict=True):
            strings[b].append(token)
            if span[1] - span[0] > 1:
                likelihood[b] += gain
                drawn[b] += 1
    return _read_guess(plans, strings, begun, max(len(s.sites) for s in skeletons), likelihood / drawn)


def _draw(
    logits: Tensor, spans: Sequence[tuple[int, int]], temperature: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """A token from each span (first, last exclusive), and its log-likelihood at temperature 1."""
    positions = torch.arange(logits.shape[1])
    low, high = (torch.tensor(ends)[:, None] for ends in zip(*spans, strict=True))
    masked = logits.masked_fill((positions < low) | (positions >= high), -torch.inf)
    picked = torch.multinomial((masked / temperature).softmax(dim=1), 1, generator=generator)
    return picked.squeeze(1), masked.log_softmax(dim=1).gather(1, picked).squeeze(1)


def _read_guess(
    plans: Sequence[list[tuple[str, int] | tuple[str, int, int]]], strings: Sequence[list[int]], begun: Sequence[int],
    sites: int, likelihood: Tensor,
) -> Guess:  # fmt: skip
    coordinates, cell = np.zeros((len(plans), sites, 3), dtype=np.float32), np.zeros((len(plans), 6), dtype=np.float32)
    for b, (plan, string) in enumerate(zip(plans, strings, strict=True)):
        for slot, token in zip(plan, string[begun[b] :], strict=True):
            if len(slot) == 3:
                coordinates[b, slot[1], slot[2]] = value_of(slot, token, 0.0)
            elif slot[0] == "cell":
                cell[b, slot[1]] = value_of(slot, token, 0.0)
    return Guess(torch.from_numpy(coordinates), torch.from_numpy(cell), likelihood)


def refine(
    denoiser: GeometryDenoiser,
    x: Tensor,
    batch: Skeletons,
    conditions: Tensor,
    settings: SamplingSettings,
    generator: torch.Generator,
    cancelled: Asked | None = None,
) -> Tensor:
    """Guesses x (B, 6 S + 6) noised to ``settings.refine_from`` of the schedule and denoised again."""
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
        velocity, noised, schedule, settings.sampler, steps, "v", generator, settings.geometry_temperature,
        cancelled=cancelled, first=first, mask=batch.mask,
    )  # fmt: skip


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
