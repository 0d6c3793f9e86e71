"""Targets: goals, constraints, and when a value meets a goal."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from matgen_core.core.errors import BadTarget, quote
from matgen_core.core.messages import Message, join
from matgen_core.core.properties import PROPERTIES, keys_like
from matgen_core.core.typed_text import plain_text


@dataclass(frozen=True, slots=True)
class Goal:
    """What is asked of one property: a value (``low == high``), a range, at least, or at most.

    "Any" is the absence of a goal. Build one with :meth:`at`, :meth:`between`, :meth:`at_least`, :meth:`at_most`.
    """

    low: float | None
    high: float | None

    def __post_init__(self) -> None:
        for end in (self.low, self.high):
            if end is not None and not math.isfinite(end):
                raise BadTarget("a target must be a finite number, not {end}; leave it out for 'any'", end=end)
        if self.low is None and self.high is None:
            raise BadTarget("a target needs a value or a bound; leave the property out for 'any'")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise BadTarget(
                "the range {low:g} to {high:g} is reversed; write {high:g}:{low:g}", low=self.low, high=self.high
            )

    @classmethod
    def at(cls, value: float) -> Goal:
        """One value."""
        return cls(value, value)

    @classmethod
    def between(cls, low: float, high: float) -> Goal:
        """A closed range."""
        return cls(low, high)

    @classmethod
    def at_least(cls, low: float) -> Goal:
        """No less than ``low``."""
        return cls(low, None)

    @classmethod
    def at_most(cls, high: float) -> Goal:
        """No more than ``high``."""
        return cls(None, high)

    @property
    def is_value(self) -> bool:
        """Whether one value is asked for."""
        return self.low is not None and self.low == self.high

    def interval(
        self, tolerance: float = 0.0, data: tuple[float, float] = (-math.inf, math.inf)
    ) -> tuple[float, float]:
        """Lowest and highest value that meets the goal.

        Args:
            tolerance: added at both ends where one value is asked for; a range stands as it is.
            data: what an open end reaches to; beyond it where the closed end already lies beyond.

        >>> Goal.at(2.0).interval(0.5), Goal.at_least(1.0).interval(0.5, (0.0, 8.0)), Goal.at_most(-1.0).interval()
        ((1.5, 2.5), (1.0, 8.0), (-inf, -1.0))
        """
        low, high = self.low, self.high
        if low is not None and high is not None:
            slack = tolerance if self.is_value else 0.0
            return low - slack, high + slack
        if low is None:
            assert high is not None
            return min(data[0], high), high
        return low, max(data[1], low)

    def distance(self, value: float) -> float:
        """How far ``value`` is outside the goal, in the property's unit (0 inside)."""
        below = 0.0 if self.low is None else self.low - value
        above = 0.0 if self.high is None else value - self.high
        return max(0.0, below, above)

    def __str__(self) -> str:
        if self.is_value:
            return f"{self.low:g}"
        return (
            f"{'' if self.low is None else format(self.low, 'g')}:{'' if self.high is None else format(self.high, 'g')}"
        )


def write_ends(goal: Goal, unit: str = "") -> str:
    """A goal in words: "180 g/mol", "at least 400 g/mol"."""
    if goal.is_value:
        return f"{goal} {unit}".strip()
    if goal.low is None:
        return Message("at most {end}", end=f"{goal.high:g} {unit}".strip())
    if goal.high is None:
        return Message("at least {end}", end=f"{goal.low:g} {unit}".strip())
    return Message("{low} to {high}", low=f"{goal.low:g}", high=f"{goal.high:g} {unit}".strip())


@dataclass(frozen=True, slots=True)
class Constraints:
    """What every candidate must be, whatever its properties. Checked by :mod:`matgen_core.chem.formulas.composition`.

    Args:
        include: elements that must all be in it.
        exclude: elements that must not be in it.
        chemical_system: if given, exactly these elements.
        subsets: whether some of the elements of the chemical system are enough: within Li-P-S-Cl lies Li3PS4.
        formula: if given, exactly this formula (any multiple of it in the cell), or any formula of this type: ABX3,
            ABO3 (:mod:`matgen_core.chem.formulas.formula_type` says which letters stand for any element).
        min_atoms: fewest atoms in the primitive cell.
        max_atoms: most atoms in the primitive cell.
        crystal_system: "triclinic" … "cubic", or None for any.
        space_groups: numbers of the International Tables, of which a crystal has one; empty for any.
        oxidation: (element, state) pairs; an element has just the states that are named for it.
        dimensionality: of the bonded network of a crystal: 0 molecules, 1 chains, 2 layers, 3; None for any.
        structure_type: name of a structure type, as :mod:`matgen_core.chem.crystals.structure_types` knows it: "Spinel
            (H1_1)", "spinel"; None for any.
    """

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    chemical_system: frozenset[str] | None = None
    formula: str | None = None
    min_atoms: int = 1
    max_atoms: int = 20
    crystal_system: str | None = None
    subsets: bool = False
    space_groups: frozenset[int] = frozenset()
    oxidation: tuple[tuple[str, int], ...] = ()
    dimensionality: int | None = None
    structure_type: str | None = None

    @property
    def required(self) -> frozenset[str]:
        """Elements that must all be there, but for those that a formula names."""
        system = frozenset[str]() if self.chemical_system is None or self.subsets else self.chemical_system
        return self.include | system | {element for element, _state in self.oxidation}


@dataclass(frozen=True, slots=True)
class Target:
    """Goals by property key, and constraints. A property without a goal may be anything."""

    goals: Mapping[str, Goal] = field(default_factory=dict)
    constraints: Constraints = field(default_factory=Constraints)


def meets(key: str, goal: Goal, value: float | None) -> bool | None:
    """Whether a prediction meets a goal: within the property's tolerance of a value, inside a range otherwise.

    Returns None where there is no prediction.
    """
    if value is None:
        return None
    slack = PROPERTIES[key].tolerance if goal.is_value else 0.0
    return goal.distance(value) <= slack


def check_goals(target: Target, known: Collection[str], kind: str) -> None:
    """Raises BadTarget for a goal of a property that no material of the kind can be asked for.

    Args:
        target: with its goals.
        known: keys of the properties that can be asked for.
        kind: of materials: "crystals".
    """
    for key in target.goals:
        if key not in known:
            raise BadTarget(
                "{kind} cannot have a target for {key!r}; choose from: {choices}",
                kind=kind,
                key=key,
                choices=join(known, ", "),
            )


def check_count(count: int, most: int, kind: str) -> None:
    """Raises BadTarget for a number of materials of a kind that cannot be generated."""
    if not 1 <= count <= most:
        raise BadTarget("{count} {kind} cannot be generated; choose 1 to {most:,}", count=count, kind=kind, most=most)


def outside_data(key: str, goal: Goal) -> str | None:
    """A warning for a goal that lies outside what the training rows cover, or None."""
    if key not in PROPERTIES:
        raise BadTarget("unknown property {key!r}; known: {properties}", key=key, properties=join(keys_like(key), ", "))
    record = PROPERTIES[key]
    low, high = goal.interval(data=record.range)
    if record.low <= high and low <= record.high:
        return None
    return Message(
        "{label} of {goal} {unit} lies outside {data} ({low:g} to {high:g} {unit}): expect few or no hits",
        label=record.label,
        goal=goal,
        unit=record.unit,
        data=Message("the usual predictions") if record.group else Message("the training data"),
        low=record.low,
        high=record.high,
    )


def unconditioned(target: Target, conditions: Collection[str]) -> tuple[Message, ...]:
    """A caution where goals are of properties that the networks were not trained on, so that they only filter.

    Args:
        target: with its goals.
        conditions: properties that the networks were trained on.
    """
    labels = [PROPERTIES[key].label for key in target.goals if key not in conditions]
    if not labels:
        return ()
    if len(labels) > 1:
        return (
            Message(
                "{labels}: the networks were not trained on them, so generation is not conditioned on them; these "
                "targets only filter and rank candidates",
                labels=join(labels, ", "),
            ),
        )
    return (
        Message(
            "{label}: the networks were not trained on it, so generation is not conditioned on it; the "
            "target only filters and ranks candidates",
            label=labels[0],
        ),
    )


def parse_goal(name: str, text: str) -> Goal | None:
    """A goal from "any", "2.0", "-2:-1", "1:" (at least) or ":3" (at most).

    >>> parse_goal("band_gap", "1:3"), parse_goal("band_gap", "any")
    (Goal(low=1.0, high=3.0), None)
    """
    shown, text = quote(text.strip()), plain_text(text).strip()
    if text.lower() in ("", "any"):
        return None
    try:
        ends = [float(part) if part.strip() else None for part in text.split(":")]
    except ValueError:
        raise BadTarget(
            "--{name} {shown} is not a number, a range such as 1:3, or any", name=name, shown=shown
        ) from None
    if len(ends) == 1:
        return Goal(ends[0], ends[0])
    if len(ends) != 2:
        raise BadTarget("--{name} {shown} has more than two numbers; write a range such as 1:3", name=name, shown=shown)
    return Goal(ends[0], ends[1])
