"""Diversity while a generator is tuned: what has come often enough earns nothing more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class DiversityFilter:
    """Counts good materials of each group, the scaffold of a molecule or the elements of a formula.

    A group that has filled its bucket scores 0 from then on, so that the generator looks elsewhere. A material that
    comes again counts again. Reference: Blaschke et al. (2020), memory-assisted reinforcement learning.

    Args:
        bucket: good materials of one group that are scored.
        good: score from which a material counts.
        counts: good materials so far by group.
    """

    bucket: int = 25
    good: float = 0.4
    counts: Counter[str] = field(default_factory=Counter)

    def __call__(self, groups: Sequence[str | None], scores: Sequence[float]) -> list[float]:
        """The scores, 0 where the group's bucket is full; None is no material."""
        filtered = []
        for group, score in zip(groups, scores, strict=True):
            if group is None or score < self.good:
                filtered.append(score)
                continue
            self.counts[group] += 1
            filtered.append(0.0 if self.counts[group] > self.bucket else score)
        return filtered
