"""Aims of a tuned generator: targets for own and built-in properties, each with its weight.

The steering predictors score while a copy is tuned. The judging ones, which took no part,
judge what is delivered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from torch import nn

from matgen_core.core.desirability import desirability, weigh
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Goal, Target
from matgen_core.core.messages import Message, Verbatim
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Verdict
from matgen_core.kinds.crystals.judge import compare_to_goal
from matgen_core.kinds.registry import KINDS, load_kind
from matgen_core.workflows.own_properties.own_targets import OwnTarget
from matgen_core.workflows.screening.screen import name_of

#: A count is met exactly; the distance to it is measured in this.
_WHOLE = 0.5


@dataclass(frozen=True, eq=False)
class Aims:
    """Goals with their weights.

    Args:
        target: built-in goals and constraints, which the generator gets as well.
        own: properties of the user's own, each with its goal.
        weights: by key of the property; 1 where none is given.
    """

    target: Target = field(default_factory=Target)
    own: tuple[tuple[OwnTarget, Goal], ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)

    def check(self, kind: str) -> None:
        """Raises BadTarget for aims that no material of the kind can have."""
        if not self.own and not self.target.goals:
            raise BadTarget("no target is set; give one for a property of your own or a built-in property")
        for own, _goal in self.own:
            if own.examples.kind != KINDS[kind].key_is:
                raise BadTarget(
                    "{name} was trained on {column}s; {kind} have none",
                    name=Verbatim(own.name),
                    column=own.examples.kind,
                    kind=kind,
                )
        for key, weight in self.weights.items():
            if not 0.0 < weight <= 100.0:
                raise BadTarget("the weight {weight:g} of {key} must be above 0, at most 100", weight=weight, key=key)

    def goals(self) -> dict[str, str]:
        """Goals by key, as texts."""
        own = {one.key: str(goal) for one, goal in self.own}
        return own | {key: str(goal) for key, goal in self.target.goals.items()}

    def settings(self, kind: str) -> tuple[Any, str]:
        """Settings of the kind's generator for materials like the user's rows; what to know of it, or ""."""
        texts = [text for own, _goal in self.own for text in own.examples.texts]
        made = load_kind(kind)
        return made.settings_like(texts) if texts else (made.settings(), "")

    def best_rows(self, kind: str, count: int) -> tuple[str, ...]:
        """The user's rows that meet the own goals best, as measured; the best of each group come first.

        Only rows of the steering predictors: the judging ones are not to know what the copy learnt from.
        """
        found: dict[str, float] = {}
        for own, goal in self.own:
            for i in np.flatnonzero(own.steers):
                text, value = own.examples.texts[i], float(own.examples.values[i])
                good = desirability(goal, value, own.tolerance, own.tolerance)
                found[text] = max(found.get(text, 0.0), good)
        group, seen, order = load_kind(kind).group, Counter[str](), list[tuple[int, str]]()
        for text in sorted(found, key=lambda text: -found[text]):
            of = group(text)
            order.append((seen[of], text))
            seen[of] += 1
        return tuple(text for _place, text in sorted(order, key=lambda one: one[0])[:count])

    def score(self, candidates: Sequence[Candidate[Any]]) -> list[float]:
        """0 to 1 of each candidate, by the steering predictors and what was predicted of the built-in properties."""
        if not candidates:
            return []
        parts: list[dict[str, float]] = [self._built_in(candidate) for candidate in candidates]
        for own, goal in self.own:
            values, spreads = own.steer([name_of(candidate) for candidate in candidates])
            for part, value, spread in zip(parts, values.tolist(), spreads.tolist(), strict=True):
                part[own.key] = desirability(goal, value, spread, own.tolerance)
        return [weigh(part, self.weights) for part in parts]

    def _built_in(self, candidate: Candidate[Any]) -> dict[str, float]:
        found = {}
        for key, goal in self.target.goals.items():
            prediction = candidate.predictions.get(key)
            value, spread = (None, None) if prediction is None else (prediction.value, prediction.spread)
            found[key] = desirability(goal, value, spread, PROPERTIES[key].tolerance or _WHOLE)
        return found

    def finish(
        self, candidates: Sequence[Candidate[Any]], is_kept: Callable[[Candidate[Any]], bool] = lambda _c: True
    ) -> tuple[Candidate[Any], ...]:
        """The same candidates; those that are kept with both predictions and a verdict of each own property."""
        kept = tuple(candidate for candidate in candidates if is_kept(candidate))
        for own, goal in self.own:
            kept = tuple(_say_row(_with_verdict(candidate, own, goal), own) for candidate in own.add_to(kept))
        finished = {candidate.id: candidate for candidate in kept}
        return tuple(finished.get(candidate.id, candidate) for candidate in candidates)

    def rank(self, kind: str, candidates: Sequence[Candidate[Any]]) -> tuple[Candidate[Any], ...]:
        """Best first: as the kind ranks, and by the distance to the own goals in their usual errors."""
        ranked = load_kind(kind).rank(candidates, self.target)
        costs = [replace(c, score=(c.score or 0.0) + sum(self._cost(c, *one) for one in self.own)) for c in ranked]
        return tuple(sorted(costs, key=lambda c: (c.score or 0.0, c.id)))

    @staticmethod
    def _cost(candidate: Candidate[Any], own: OwnTarget, goal: Goal) -> float:
        value = candidate.best(own.key)
        if value is None:
            return 10.0
        low, high = goal.interval(own.tolerance)
        return min(10.0, max(0.0, low - value, value - high) / own.tolerance)


def _with_verdict(candidate: Candidate[Any], own: OwnTarget, goal: Goal) -> Candidate[Any]:
    """By the judging predictor; the reason says both."""
    prediction = candidate.predictions.get(own.key)
    if prediction is None or prediction.value is None or prediction.judged is None or prediction.judged.value is None:
        return candidate
    low, high = goal.interval(own.tolerance)
    met = low <= prediction.judged.value <= high
    unit = f" {own.unit}" if own.unit else ""
    read = Message(
        "{judged:.3g}{unit} by the judging predictor, {steered:.3g}{unit} by the steering one",
        judged=prediction.judged.value,
        unit=unit,
        steered=prediction.value,
    )
    reason = compare_to_goal(read, goal, float(f"{own.tolerance:.3g}"), unit)
    return candidate.add_verdicts(Verdict(f"target:{own.key}", met, reason))


def _say_row(candidate: Candidate[Any], own: OwnTarget) -> Candidate[Any]:
    """What the user has measured already is not new, whatever the reference knows."""
    value = own.measured.get(name_of(candidate))
    if value is None:
        return candidate
    row = Message("among the rows of {name}, measured as {value:.4g}", name=Verbatim(own.name), value=value)
    return candidate.change_verdict(Verdict("novelty", False, row))


@dataclass(frozen=True, eq=False)
class Steered:
    """A run that a tuned generator draws, judged by its aims.

    Args:
        aims: of it.
        copy: the tuned network and its name; None for the shipped generator, to compare with.
    """

    aims: Aims
    copy: tuple[nn.Module, str] | None = None
