"""Drafts: skeletons that engines write and the critic chooses among, before any geometry is drawn.

A draft costs a hundredth of a geometry, so many are written for each candidate; few get a structure. The critic
(:mod:`.checks.critic`) says how likely each meets the goals near the hull; the chosen ones are spread over formulas and
types.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from matgen_core.core.goals import Target
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.checks.critic import Critic, choose, score
from matgen_core.kinds.crystals.writing.grammar import Skeleton
from matgen_core.kinds.crystals.writing.skeleton_decoding import IsRejected

#: Drafts that each engine of a mixture places at least, as a share of those that go on, as far as they pass the
#: critic's bar.
DRAFT_SHARE = 1 / 3
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


def share_drafts(
    chosen: Sequence[Draft],
    drafts: Sequence[Draft],
    engines: Sequence[str],
    likeliest: Callable[[Sequence[Draft], int], list[Draft]],
    score: Callable[[Sequence[Draft]], Tensor],
) -> list[Draft]:
    """The chosen drafts, and more of each engine of a mixture that has less than its share of them.

    A draft is added where the critic gives it no less than the lowest of those that were chosen: it has the critic's
    word alone, while a substitution was chosen by what its engine says for it, too.

    Args:
        chosen: the likeliest, the best first.
        drafts: all of them.
        engines: of the mixture, by name.
        likeliest: chooses among drafts.
        score: (N,) the critic's log-probabilities.
    """
    if not chosen:
        return []
    shared, bar, least = list(chosen), float(score(chosen).min()), int(len(chosen) * DRAFT_SHARE)
    taken = set(map(id, chosen))
    for engine in engines:
        lacking = least - sum(draft.engine == engine for draft in chosen)
        own = [draft for draft in drafts if draft.engine == engine and id(draft) not in taken]
        if lacking > 0 and own:
            own = [draft for draft, value in zip(own, score(own).tolist(), strict=True) if value >= bar]
            shared += likeliest(own, lacking)
    return shared
