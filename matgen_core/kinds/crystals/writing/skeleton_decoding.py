"""Decoding of strings, token by token: skeletons under the grammar, then a geometry for each skeleton.

    t_i ~ softmax(logits(t_<i, context) / temperature)    over the allowed tokens; argmax at temperature 0

The writer is any network that starts from a context (conditions, or a latent) and reads one token at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
import torch
from torch import Tensor

from matgen_core.core.errors import Cancelled
from matgen_core.kinds.crystals.writing.grammar import (
    BOS,
    EOS,
    MAX_TOKENS,
    VOCABULARY,
    Grammar,
    Skeleton,
    decode,
    encode,
)
from matgen_core.kinds.crystals.writing.proposals import Slot, allowed_tokens, slots, value_of

if TYPE_CHECKING:
    from transformers.cache_utils import DynamicCache

Asked = Callable[[], bool]
#: Whether the rules reject a skeleton whatever its geometry, so that it needs none.
IsRejected = Callable[[Skeleton], bool]
#: Geometries written together.
GEOMETRY_BATCH = 256
#: Added to the logits of required elements that are still missing, in every other row: 20 times as likely. Without the
#: bias a rare element seldom comes; with it a common element comes where it does not belong.
REQUIRED_ELEMENT_LOGIT_BIAS = 3.0
S = TypeVar("S", bound="DynamicCache")


class Writer(Protocol[S]):
    """A network that writes strings: the GPT from conditions, the VAE's decoder from a latent."""

    def begin(self, context: Tensor, /) -> S:
        """The cache after the context (B, C)."""

    def step(self, tokens: Tensor, cache: S, /) -> Tensor:
        """Logits (B, V) after one more token (B,), or several (B, T)."""


# ------------------------------------------------------------------------------------------------------- skeletons


@dataclass(frozen=True)
class Written:
    """Decoded skeletons with their likelihoods.

    Args:
        skeletons: B of them, None where a string could not be finished.
        log_importance_weight: (B,) log p(string) / q(string). p is the writer's distribution; q is the distribution
            that was sampled, with the grammar and the bias towards required elements. A sulfide that was forced to end
            with oxygen has a low weight, a crystal into which oxygen came unforced a high one. Choosing among several
            skeletons by this weight is importance sampling.
    """

    skeletons: list[Skeleton | None]
    log_importance_weight: Tensor


@torch.no_grad()
def write_skeletons(
    writer: Writer[S],
    grammar: Grammar,
    context: Tensor,
    guidance: float,
    temperature: float,
    generator: torch.Generator,
    cancelled: Asked | None = None,
) -> Written:
    """One skeleton for each row of the context (B, C).

    Finished rows leave the batch. Guidance mixes the conditional and the unconditional logits by its weight (1 is the
    conditional network); NaN is "any". A latent that was guided while it was generated takes a weight of 1.
    """
    guided = guidance != 1.0 and bool((~context.isnan()).any())
    strings = [[BOS] for _ in range(len(context))]
    log_importance_weight = torch.zeros(len(context))
    active, unfinished = list(range(len(context))), set[int]()
    cache = writer.begin(torch.cat([context, torch.full_like(context, float("nan"))]) if guided else context)
    for _ in range(MAX_TOKENS):
        if cancelled and cancelled():
            raise Cancelled
        last = torch.tensor([strings[i][-1] for i in active])
        logits = writer.step(torch.cat([last, last]) if guided else last, cache).float()
        if guided:
            conditional, unconditional = logits.log_softmax(-1).chunk(2)
            logits = unconditional + guidance * (conditional - unconditional)
        allowed = torch.from_numpy(np.stack([grammar.mask(strings[i]) for i in active]))
        dead = ~allowed.any(dim=1)
        unfinished.update(row for row, ends in zip(active, dead.tolist(), strict=True) if ends)
        allowed[dead, EOS] = True
        # A writer of whole crystals has tokens of geometry, too; a skeleton contains none of them.
        logits = logits[:, :VOCABULARY]
        proposal = logits.masked_fill(~allowed, -torch.inf)
        if grammar.requires:
            missing = torch.from_numpy(np.stack([grammar.missing(strings[i]) for i in active]))
            proposal = proposal + REQUIRED_ELEMENT_LOGIT_BIAS * missing * (torch.tensor(active) % 2)[:, None]
        drawn = _draw(proposal, temperature, generator)
        weight = logits.log_softmax(dim=1) - proposal.log_softmax(dim=1)
        log_importance_weight[active] += weight.gather(1, drawn).squeeze(1)
        for row, token in zip(active, drawn.squeeze(1).tolist(), strict=True):
            strings[row].append(token)
        running = torch.tensor([k for k, row in enumerate(active) if strings[row][-1] != EOS], dtype=torch.int64)
        if len(running) == 0:
            break
        if len(running) < len(active):
            both = torch.cat([running, running + len(active)]) if guided else running
            cache.batch_select_indices(both)
            active = [active[k] for k in running.tolist()]
    read = [None if row in unfinished else _read(string) for row, string in enumerate(strings)]
    return Written(read, log_importance_weight)


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


def similar_lengths(skeletons: Sequence[Skeleton], size: int) -> Iterator[list[int]]:
    """The skeletons' numbers in groups of ``size`` whose geometries take about equally many tokens."""
    order = sorted(range(len(skeletons)), key=lambda i: (len(slots(skeletons[i])), len(skeletons[i].sites), i))
    for start in range(0, len(order), size):
        yield order[start : start + size]


@torch.no_grad()
def propose(
    writer: Writer[S],
    skeletons: Sequence[Skeleton],
    context: Tensor,
    temperature: float,
    generator: torch.Generator,
    cancelled: Asked | None = None,
    each: int = 1,
) -> Guess:
    """Proposed geometries, ``each`` in a row for every skeleton: B = N each.

    The network reads the skeleton's tokens once and then draws the tokens of the geometry.

    Args:
        writer: the network.
        skeletons: N of them.
        context: (N, C) of the writer.
        temperature: of the sampling.
        generator: of the random numbers.
        cancelled: asked before every token.
        each: proposals for a skeleton.
    """
    first = [encode(skeleton) for skeleton in skeletons]
    shared = min(map(len, first)) - 1
    cache = writer.begin(context)
    if shared:
        writer.step(torch.tensor([string[:shared] for string in first]), cache)
    if each > 1:
        cache.batch_select_indices(torch.arange(len(skeletons)).repeat_interleave(each))
    plans = [plan for skeleton in skeletons for plan in [slots(skeleton)] * each]
    strings = [list(string) for string in first for _ in range(each)]
    begun = [len(string) for string in strings]
    longest = max(len(string) + len(plan) for string, plan in zip(strings, plans, strict=True))
    likelihood, drawn = torch.zeros(len(strings)), torch.zeros(len(strings))
    for place in range(shared, longest - 1):
        if cancelled and cancelled():
            raise Cancelled
        tokens = torch.tensor([string[place] if place < len(string) else EOS for string in strings])
        logits = writer.step(tokens, cache).float()
        rows = [b for b, s in enumerate(strings) if place + 1 == len(s) and len(s) - begun[b] < len(plans[b])]
        if not rows:
            continue
        spans = [allowed_tokens(plans[b][place + 1 - begun[b]]) for b in rows]
        picked, log_p = _draw_within(logits[rows], spans, temperature, generator)
        for b, token, gain, span in zip(rows, picked.tolist(), log_p.tolist(), spans, strict=True):
            strings[b].append(token)
            if span[1] - span[0] > 1:
                likelihood[b] += gain
                drawn[b] += 1
    return _read_guess(plans, strings, begun, max(len(s.sites) for s in skeletons), likelihood / drawn)


def _draw_within(
    logits: Tensor, spans: Sequence[tuple[int, int]], temperature: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """A token from each span (first, last exclusive), and its log-likelihood at temperature 1."""
    positions = torch.arange(logits.shape[1])
    low, high = (torch.tensor(ends)[:, None] for ends in zip(*spans, strict=True))
    masked = logits.masked_fill((positions < low) | (positions >= high), -torch.inf)
    picked = _draw(masked, temperature, generator)
    return picked.squeeze(1), masked.log_softmax(dim=1).gather(1, picked).squeeze(1)


def _draw(masked: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """A column (B, 1) drawn by logits (B, V), −inf where a token is not allowed; argmax at temperature 0."""
    if temperature == 0.0:
        return masked.argmax(dim=1, keepdim=True)
    return torch.multinomial((masked / temperature).softmax(dim=1), 1, generator=generator)


def _read_guess(
    plans: Sequence[list[Slot]], strings: Sequence[list[int]], begun: Sequence[int], sites: int, likelihood: Tensor
) -> Guess:
    coordinates, cell = np.zeros((len(plans), sites, 3), dtype=np.float32), np.zeros((len(plans), 6), dtype=np.float32)
    for b, (plan, string) in enumerate(zip(plans, strings, strict=True)):
        for slot, token in zip(plan, string[begun[b] :], strict=True):
            if len(slot) == 3:
                coordinates[b, slot[1], slot[2]] = value_of(slot, token, 0.0)
            elif slot[0] == "cell":
                cell[b, slot[1]] = value_of(slot, token, 0.0)
    return Guess(torch.from_numpy(coordinates), torch.from_numpy(cell), likelihood)
