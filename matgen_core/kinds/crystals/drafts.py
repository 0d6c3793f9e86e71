"""Drafts: skeletons that engines write and the critic chooses among, before any geometry is drawn.

A draft costs a hundredth of a geometry, so many are written for each candidate; few get a structure. The critic
(:mod:`.critic`) says how likely each meets the goals near the hull; the chosen ones are spread over formulas and types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from matgen_core.core.goals import Target
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.critic import Critic, choose, score
from matgen_core.kinds.crystals.grammar import Skeleton
from matgen_core.kinds.crystals.skeleton_decoding import IsRejected

#: Drafts of which the rules are asked, in multiples of those that go on.
_LOOKED_AT = 4


@dataclass(frozen=True)
class Draft:
    """A skeleton before it has a geometry.

    Args:
        skeleton: of it.
        engine: that wrote it.
        checkpoint: what took part.
        row: of the conditions that it was written for.
        log_weight: what its engine says for it, added to the critic's score: the importance weight of a string with
            required elements, the log-probability that a substitution holds.
        crystal: the geometry that it brings along, of a substitution; None where one must be generated.
    """

    skeleton: Skeleton
    engine: str
    checkpoint: str
    row: int
    log_weight: float = 0.0
    crystal: Crystal | None = None


def distinct(drafts: Sequence[Draft]) -> list[Draft]:
    """Each skeleton once, the first draft of it."""
    return list({draft.skeleton: draft for draft in reversed(drafts)}.values())[::-1]


def choose_drafts(
    drafts: Sequence[Draft],
    target: Target,
    count: int,
    near_hull: float | None,
    critic: Critic,
    is_rejected: IsRejected | None = None,
) -> list[Draft]:
    """The ``count`` likeliest drafts, the best first; fewer where there are not so many.

    Args:
        drafts: different ones.
        target: its goals.
        count: how many go on.
        near_hull: largest distance to the hull that is looked for, eV/atom; None where stability has no part.
        critic: says how likely each is.
        is_rejected: whether the rules reject a skeleton whatever its geometry.
    """
    if not drafts:
        return []
    scores = scores_of(drafts, target, near_hull, critic)
    if is_rejected is not None:
        kept, order = list[int](), scores.argsort(descending=True, stable=True).tolist()
        for number in order:
            if not is_rejected(drafts[number].skeleton):
                kept.append(number)
            if len(kept) >= _LOOKED_AT * count:
                break
        drafts, scores = [drafts[i] for i in kept], scores[kept]
    return [drafts[i] for i in choose([draft.skeleton for draft in drafts], scores, count)]


def scores_of(drafts: Sequence[Draft], target: Target, near_hull: float | None, critic: Critic) -> Tensor:
    """(N,) log-probability of each draft."""
    own = torch.tensor([draft.log_weight for draft in drafts])
    return score([draft.skeleton for draft in drafts], target, near_hull, critic) + own
