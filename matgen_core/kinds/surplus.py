"""A run for a count keeps no more than it was asked for: what its last batch brings beyond that is surplus.

One rule for every kind. A surplus candidate is whole and passed every other rule; the verdict says that it is not kept.
A run that goes on keeps the surplus of the former one first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from matgen_core.core.messages import Message
from matgen_core.core.records import Candidate, Verdict

#: The rule, as verdicts name it.
SURPLUS = "surplus"


def mark_surplus(
    batch: Sequence[Candidate[Any]], counts: Callable[[Candidate[Any]], bool], most: int
) -> tuple[Candidate[Any], ...]:
    """The same candidates; those that count beyond the first ``most`` of them have the verdict "surplus".

    Args:
        batch: admitted, in the order in which it was generated.
        counts: whether a candidate is one of those asked for.
        most: how many are still wanted.
    """
    beyond = {candidate.id for candidate in [c for c in batch if counts(c)][max(0, most) :]}
    verdict = Verdict(SURPLUS, False, Message("enough candidates were kept before it"))
    return tuple(c.add_verdicts(verdict) if c.id in beyond else c for c in batch)


def without_surplus(candidates: Sequence[Candidate[Any]]) -> tuple[Candidate[Any], ...]:
    """Those that are not surplus."""
    return tuple(candidate for candidate in candidates if not candidate.failed(SURPLUS))


def release_surplus(candidates: Sequence[Candidate[Any]], most: int) -> tuple[Candidate[Any], ...]:
    """The same candidates; the first ``most`` that are surplus are so no more.

    Args:
        candidates: of a run that goes on, best first.
        most: how many are wanted beside those that it kept.
    """
    freed = {candidate.id for candidate in [c for c in candidates if c.failed(SURPLUS)][:most]}
    return tuple(c.without_verdict(SURPLUS) if c.id in freed else c for c in candidates)
