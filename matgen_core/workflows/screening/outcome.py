"""Outcome of a screening, counted as it goes: kinds, funnel, refusals, fronts; and what repeats it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from matgen_core.core.records import Candidate
from matgen_core.kinds.registry import name_of_kind
from matgen_core.kinds.rules import STAGES as _STAGES
from matgen_core.kinds.rules import (
    Funnel,
    Rules,
    failed,
    stage_name,
)
from matgen_core.runs.store import versions
from matgen_core.workflows.screening.pareto import Objective, find_fronts, measure_hypervolume


@dataclass
class Outcome:
    """What a screening found; small, whatever went in.

    Args:
        rules: what a candidate had to pass.
        kinds: how many of each kind.
        funnel: how many got how far, and why the others did not.
        refused: reason and how many rows it refused.
        ids: of the candidates, in their order.
        losses: (N, K) of the objectives.
        hypervolume: of the first front; None where it cannot be said.
        fronts: (N,) 1 for the first, 0 where a prediction is missing.
        seconds: of wall-clock time.
        methods: that read something, with the digests of their weights.
        complete: False where it was cancelled.
        moved: files that had to go elsewhere, because their disk became full, and where they are.
    """

    rules: Rules = field(default_factory=lambda: Rules(known=True))
    kinds: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    stopped: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    ids: list[str] = field(default_factory=list)
    losses: list[tuple[float, ...]] = field(default_factory=list)
    hypervolume: float | None = None
    fronts: list[int] = field(default_factory=list)
    seconds: float = 0.0
    methods: set[str] = field(default_factory=set)
    complete: bool = True
    moved: dict[Path, Path] = field(default_factory=dict)

    @property
    def funnel(self) -> Funnel:
        """As the loop's."""
        passed = ((stage_name(stage, self.rules), self.passed[stage]) for stage in _STAGES)
        counts = (("generated", len(self.ids)), *passed)
        return Funnel(tuple(counts), tuple(self.stopped.most_common()))


def add(outcome: Outcome, candidate: Candidate[Any], row: Sequence[float], rules: Rules) -> None:
    """Counts one checked candidate."""
    outcome.rules = rules
    outcome.kinds[name_of_kind(candidate.material)] += 1
    outcome.ids.append(candidate.id)
    outcome.methods.update(p.method for p in candidate.predictions.values())
    outcome.methods.update(p.judged.method for p in candidate.predictions.values() if p.judged is not None)
    outcome.losses.append(tuple(row))
    for stage in _STAGES:
        if problems := failed(candidate, stage, rules):
            outcome.stopped[problems[0].rule] += 1
            return
        outcome.passed[stage] += 1


def finish(outcome: Outcome, objectives: Sequence[Objective]) -> None:
    """Fronts and hypervolume over everything that was screened."""
    matrix = np.array(outcome.losses, dtype=float).reshape(len(outcome.ids), len(objectives))
    outcome.fronts = find_fronts(matrix).tolist()
    outcome.hypervolume = measure_hypervolume(matrix)


def shape_reason(reason: str) -> str:
    """A reason without what is quoted in it, so that like reasons are counted together."""
    import re

    return re.sub(r"'[^']*'", "…", reason)[:120]


def describe(outcome: Outcome, objectives: Sequence[Objective], source: Sequence[str], out: Path) -> dict[str, Any]:
    """What repeats and explains a screening: versions with checkpoints, objectives, counts, digests of the files."""
    files = [p for p in sorted(out.iterdir()) if p.suffix in (".csv", ".jsonl") and p.is_file()]
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "source": list(source),
        "versions": versions(),
        "methods": sorted(outcome.methods),
        "objectives": [
            {"key": o.key, "direction": o.direction, "goal": str(o.goal) if o.goal else None, "weight": o.weight}
            for o in objectives
        ],
        "candidates": len(outcome.ids),
        "kinds": dict(outcome.kinds),
        "refused": dict(outcome.refused),
        "funnel": dict(outcome.funnel.counts),
        "stopped_by": dict(outcome.funnel.reasons),
        "first_front": sum(front == 1 for front in outcome.fronts),
        "hypervolume": outcome.hypervolume,
        "seconds": round(outcome.seconds, 1),
        "complete": outcome.complete,
        "sha256": {p.name: _digest(p) for p in files},
    }


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
