"""The best strings so far while a generator is tuned, from which it learns again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from matgen_core.kinds.protocol import Written

#: How many are kept.
_KEPT = 100


@dataclass
class BestStrings:
    """The best strings so far, each once.

    Args:
        rows: score, key, tokens, conditions and log-likelihood by the prior of each, best first.
    """

    rows: list[tuple[float, str, Tensor, Tensor, float]] = field(default_factory=list)

    def add(self, written: Written[Any], keys: Sequence[str | None], scores: Sequence[float], prior: Tensor) -> None:
        """Takes those that score; ``keys`` are None where a string is no material, ``prior`` is (B,) in nats."""
        held = {row[1] for row in self.rows}
        for i, (key, score) in enumerate(zip(keys, scores, strict=True)):
            if key is not None and score > 0.0 and key not in held:
                held.add(key)
                self.rows.append((score, key, written.strings[i], written.conditions[i], float(prior[i])))
        self.rows.sort(key=lambda row: (-row[0], row[1]))
        del self.rows[_KEPT:]

    @property
    def least(self) -> float:
        """Score that a string must exceed to be kept."""
        return self.rows[-1][0] if len(self.rows) >= _KEPT else 0.0

    def draw(self, count: int, generator: torch.Generator) -> tuple[Written[Any], Tensor, Tensor] | None:
        """Some of them with their scores and likelihoods."""
        if not self.rows or not count:
            return None
        picked = [self.rows[i] for i in torch.randperm(len(self.rows), generator=generator)[:count].tolist()]
        width = max(len(row[2]) for row in picked)
        strings = torch.stack([nn.functional.pad(row[2], (0, width - len(row[2]))) for row in picked])
        conditions = torch.stack([row[3] for row in picked])
        scores, prior = torch.tensor([row[0] for row in picked]), torch.tensor([row[4] for row in picked])
        return Written(strings, conditions, (None,) * len(picked)), scores, prior
