"""What can be said of a run before it begins: known materials that meet the target, the hit rate measured near it.

One mechanism for every kind of material. Nothing here is estimated: what was not measured is None.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any

from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.installation import HOME
from matgen_core.core.properties import PROPERTIES
from matgen_core.kinds.registry import KINDS, load_kind
from matgen_core.runs.store import Run

#: Measurements, by ``matgen evaluate`` and ``matgen bench``.
FOLDER = HOME / "benchmarks"
#: Domain for which targets of molecules were measured.
_DOMAIN = "lead-like"
#: A measured target counts as near a goal up to so many tolerances of its property.
_NEAR = 2.0
#: Former runs whose pace is looked at.
_LATEST = 5
#: Known materials below which a goal, or an element, counts as out of the domain of the rows.
FEW = 50


@dataclass(frozen=True, slots=True)
class HitRate:
    """A measured share of candidates that met a target.

    Args:
        share: of them.
        of: candidates that were generated for it.
        target: value by property.
    """

    share: float
    of: int
    target: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Readiness:
    """What is known before a run.

    Args:
        known: known materials that meet the target; None where nothing was asked.
        of: known materials in all.
        hits: measured nearest to the goals; None where nothing near was measured.
        scarce_goals: goals that fewer than FEW known materials meet, each alone, with how many do.
        scarce_elements: required elements that fewer than FEW known materials contain, with how many do.
    """

    known: int | None
    of: int
    hits: HitRate | None
    scarce_goals: tuple[tuple[str, int], ...] = ()
    scarce_elements: tuple[tuple[str, int], ...] = ()

    @property
    def is_apart(self) -> bool:
        """Whether no known material meets everything, though each goal alone is met by enough."""
        return self.known == 0 and not self.scarce_goals and not self.scarce_elements


def assess_target(kind: str, target: Target, settings: Any) -> Readiness:
    """What is known of a target before anything is generated for it.

    Args:
        kind: "crystals", "compositions" or "molecules".
        target: checked before.
        settings: of the kind's generator.
    """
    made = load_kind(kind)
    met, of = made.count_known(target, settings)

    def scarce(asked: Mapping[str, Target]) -> tuple[tuple[str, int], ...]:
        counted = ((name, made.count_known(one, settings)[0]) for name, one in asked.items())
        return tuple((name, count) for name, count in counted if count is not None and count < FEW)

    # Of cells of any size: what is like a goal or an element does not depend on the atoms that are asked for.
    wide = Constraints(max_atoms=10**6)
    goals = {key: Target({key: goal}, wide) for key, goal in target.goals.items()}
    elements = {one: Target({}, replace(wide, include=frozenset({one}))) for one in sorted(target.constraints.required)}
    return Readiness(met, of, nearest_rate(kind, target.goals, settings), scarce(goals), scarce(elements))


def nearest_rate(kind: str, goals: Mapping[str, Goal], settings: Any) -> HitRate | None:
    """The rate measured for the same properties nearest to the goals, within two tolerances of each.

    Args:
        kind: "crystals", "compositions" or "molecules".
        goals: by property.
        settings: of the generator; engine and domain must be those of the measurement.
    """
    best: tuple[float, HitRate] | None = None
    if getattr(settings, "domain", _DOMAIN) != _DOMAIN:
        return None
    file, key = KINDS[kind].measured
    for measured in _measured(FOLDER / file.format(engine=getattr(settings, "engine", "")), key):
        if not goals or measured.target.keys() != goals.keys():
            continue
        apart = [
            goal.distance(measured.target[key]) / (PROPERTIES[key].tolerance or 1.0) for key, goal in goals.items()
        ]
        if max(apart) <= _NEAR and (best is None or sum(apart) < best[0]):
            best = sum(apart), measured
    return None if best is None else best[1]


@lru_cache(maxsize=8)
def _measured(path: Path, key: str) -> tuple[HitRate, ...]:
    """Rates of a file of measurements, of targets with one value a property; none where the file is not there."""
    try:
        targets = json.loads(path.read_text(encoding="utf-8"))["targets"]
    except (OSError, ValueError, KeyError):
        return ()
    return tuple(
        HitRate(float(entry[key]["value"]), int(entry[key]["of"]), entry["target"])
        for entry in targets
        if key in entry and all(isinstance(value, int | float) for value in entry["target"].values())
    )


def pace_of(runs: Sequence[Run], kind: str) -> float | None:
    """Seconds a candidate took on this machine: the median of the latest finished runs of a kind; None before any.

    Args:
        runs: of the store, the newest first.
        kind: of the runs.
    """
    paces = [
        run.seconds / run.count
        for run in runs
        if run.kind == kind and run.state == "finished" and run.count and run.seconds is not None
    ]
    return median(paces[:_LATEST]) if paces else None
