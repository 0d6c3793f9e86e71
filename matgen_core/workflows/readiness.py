"""Facts about a run before it begins: known materials that meet the target, the hit rate measured near it.

One mechanism for every kind of material. Nothing here is estimated: what was not measured is None.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any

from matgen_core.core.goals import Constraints, Goal, Target, write_ends
from matgen_core.core.installation import HOME
from matgen_core.core.messages import Message, Text
from matgen_core.core.properties import PROPERTIES
from matgen_core.kinds.registry import KINDS, load_kind
from matgen_core.runs.store import Run

#: Measurements, by ``matgen evaluate`` and ``matgen bench``.
FOLDER = HOME / "benchmarks"
#: Domain of a measurement that names none.
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
        domain: of molecules.
        off: mean absolute deviation from the value by property, where it was measured.
    """

    share: float
    of: int
    target: Mapping[str, float]
    domain: str = _DOMAIN
    off: Mapping[str, float] = field(default_factory=dict)


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
    for measured in _comparable(kind, settings):
        if not goals or measured.target.keys() != goals.keys():
            continue
        apart = [
            goal.distance(measured.target[key]) / (PROPERTIES[key].tolerance or 1.0) for key, goal in goals.items()
        ]
        if max(apart) <= _NEAR and (best is None or sum(apart) < best[0]):
            best = sum(apart), measured
    return None if best is None else best[1]


def say_cautions(kind: str, target: Target, settings: Any) -> tuple[Text, ...]:
    """What a user should know of a target first: what the kind says, and goals that were measured to be missed."""
    said = load_kind(kind).cautions(target, settings)
    missed = (_missed(kind, key, goal, settings) for key, goal in target.goals.items())
    return (*said, *(one for one in missed if one))


def _missed(kind: str, key: str, goal: Goal, settings: Any) -> Text:
    """That candidates asked for such a value were measured to lie further off than counts as met; empty if not."""
    record = PROPERTIES[key]
    alone = [one for one in _comparable(kind, settings) if one.target.keys() == {key} == one.off.keys()]
    if not alone:
        return ""
    nearest = min(alone, key=lambda one: (goal.distance(one.target[key]), one.off[key]))
    value, off = nearest.target[key], nearest.off[key]
    ends = [one.target[key] for one in alone]
    low, high = goal.interval(data=(min(ends), max(ends)))
    apart = low > max(ends) or high < min(ends)
    if apart and goal.distance(value) > _NEAR * record.tolerance:
        return ""
    if off <= max(record.tolerance, 0.5 if record.whole else 0.0) or (not goal.is_value and high - low > 2 * off):
        return ""
    return Message(
        "{label} {goal}: of {of} molecules that were asked for {value} in this domain, {share} met it; the mean "
        "deviation was {off}, where {tolerance} counts as met. Generate more, or start from a molecule like that.",
        label=record.label,
        goal=write_ends(goal, record.unit),
        of=nearest.of,
        share=f"{nearest.share:.0%}",
        value=f"{value:g} {record.unit}".strip(),
        off=f"{off:.3g} {record.unit}".strip(),
        tolerance=f"{record.tolerance:g} {record.unit}".strip(),
    )


def _comparable(kind: str, settings: Any) -> tuple[HitRate, ...]:
    """What was measured with such settings: of the same engine or domain, by the shipped generator."""
    if getattr(settings, "generator", ""):
        return ()
    file, key = KINDS[kind].measured
    found = _measured(FOLDER / file.format(engine=getattr(settings, "engine", "")), key)
    return tuple(one for one in found if one.domain == getattr(settings, "domain", _DOMAIN))


@lru_cache(maxsize=8)
def _measured(path: Path, key: str) -> tuple[HitRate, ...]:
    """Rates of a file of measurements, of targets with one value a property; none where the file is not there."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        targets = [*found["targets"], *found.get("weights", ())]
    except (OSError, ValueError, KeyError):
        return ()
    return tuple(
        HitRate(
            float(entry[key]["value"]),
            int(entry[key]["of"]),
            entry["target"],
            entry.get("domain", _DOMAIN),
            {name: entry[name]["ours"]["mad"] for name in entry["target"] if "ours" in entry.get(name, ())},
        )
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
