"""Many objectives at once (chapter 4.1, exercise 3): non-dominated fronts, hypervolume, desirability, a diverse few.

Every objective is turned into a loss in units of its property's tolerance, so that no units are mixed; what has no
prediction is in no front, and says so. Sorting and hypervolume are pymoo's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from matgen_core.core.errors import BadTarget, quote
from matgen_core.core.goals import Goal, parse_goal
from matgen_core.core.messages import Message, join
from matgen_core.core.properties import PROPERTIES, Property, keys_like
from matgen_core.core.records import Candidate, M, Prediction, Verdict

Matrix = NDArray[np.float64]
DIRECTIONS = ("max", "min", "goal")
#: Least desirability of what is to be as high or as low as can be.
LEAST = 0.01
#: Where a normal error of unit width lies: the middles of twenty-one equally likely parts.
_NODES = tuple(NormalDist().inv_cdf((i + 0.5) / 21) for i in range(21))


@dataclass(frozen=True, slots=True)
class Objective:
    """One thing that is wanted.

    Args:
        key: property.
        direction: "max", "min", or "goal": as near ``goal`` as can be.
        goal: what is asked for, with "goal".
        weight: in the aggregate; fronts know no weights.
        record: of a property that is not one of PROPERTIES, as one that a user's predictor predicts.
    """

    key: str
    direction: str
    goal: Goal | None = None
    weight: float = 1.0
    record: Property | None = None

    def __post_init__(self) -> None:
        if self.record is None and self.key not in PROPERTIES:
            raise BadTarget(
                "unknown property {key}; known: {properties}",
                key=quote(self.key),
                properties=join(keys_like(self.key), ", "),
            )
        if self.direction not in DIRECTIONS or (self.direction == "goal") != (self.goal is not None):
            raise BadTarget("{key}: write max, min, or a range such as 1:3", key=self.key)
        if not 0.0 < self.weight < 1e6:
            raise BadTarget(
                "{key}: the weight {weight:g} must be above 0 and below a million", key=self.key, weight=self.weight
            )

    @property
    def property(self) -> Property:
        """What is wanted."""
        return self.record or PROPERTIES[self.key]

    def loss(self, value: float | None) -> float:
        """How far from what is wanted, in tolerances; lower is better, NaN without a prediction."""
        if value is None or not math.isfinite(value):
            return math.nan
        unit = self.property.tolerance or 1.0
        if self.goal is not None:
            return self.goal.distance(value) / unit
        return value / unit if self.direction == "min" else -value / unit

    def desirability(self, value: float | None, spread: float | None = None) -> float | None:
        """0 (not at all) to 1 (all that is wanted), after Derringer and Suich (1980).

        For "max" and "min" over the range of the property's data, and never below LEAST: the least that the data hold
        is not worthless, so that its gap still ranks one non-magnet before another. For a goal it falls to 0 five
        tolerances away.
        For a goal with a spread it is the expectation if errors are normal, so that an unsure prediction is worth
        less where there is something to lose, and a near miss more the unsurer it is.
        """
        if value is None or not math.isfinite(value):
            return None
        if spread and self.goal is not None:
            return sum(self._desirability(value + node * spread) for node in _NODES) / len(_NODES)
        return self._desirability(value)

    def expected(self, prediction: Prediction | None) -> float | None:
        """Desirability of a prediction; of one that may be zero (a metal) the mean over both, by their probabilities.

        Where the value is known, the prediction and its spread do not count; a judge's value counts before it.
        """
        if prediction is None:
            return None
        if prediction.known is not None:
            return self.desirability(prediction.known)
        if prediction.judged is not None and prediction.judged.value is not None:
            return self.desirability(*prediction.deciding())
        zero, away = prediction.zero_chance, prediction.otherwise
        if self.goal is None or zero is None or away is None:
            return self.desirability(prediction.value, prediction.spread)
        other = self.desirability(away, prediction.otherwise_spread)
        return None if other is None else zero * self._desirability(0.0) + (1.0 - zero) * other

    def _desirability(self, value: float) -> float:
        record = self.property
        if self.goal is not None:
            return max(0.0, 1.0 - self.loss(value) / 5.0)
        share = min(1.0, max(0.0, (value - record.low) / (record.high - record.low)))
        return max(LEAST, share if self.direction == "max" else 1.0 - share)


def parse_objective(text: str, own: Mapping[str, Property] | None = None) -> Objective:
    """An objective from "band_gap:max", "e_above_hull:min*2" (weight 2) or "band_gap=1:3".

    >>> parse_objective("band_gap:max").direction, parse_objective("band_gap=2.0*3").weight
    ('max', 3.0)

    Args:
        text: as above.
        own: further properties that may be named, by key.

    Raises:
        BadTarget: naming what cannot be read.
    """
    further = own or {}
    body, _, times = text.partition("*")
    try:
        weight = float(times) if times else 1.0
    except ValueError:
        raise BadTarget(
            "{text}: {times} is not a weight; write for example band_gap:max*2", text=quote(text), times=quote(times)
        ) from None
    key, equals, wanted = body.partition("=")
    if equals and wanted.strip() not in DIRECTIONS[:2]:
        goal = parse_goal(key.strip(), wanted)
        if goal is None:
            raise BadTarget("{text} sets no objective; leave it out", text=quote(text))
        return Objective(key.strip(), "goal", goal, weight, further.get(key.strip()))
    key, _, direction = body.replace("=", ":").partition(":")
    return Objective(key.strip(), direction.strip() or "max", None, weight, further.get(key.strip()))


def losses(candidates: Sequence[Candidate[M]], objectives: Sequence[Objective]) -> Matrix:
    """(N, K) losses by the known value where there is one, else by the prediction; NaN where both are missing."""
    rows = [[objective.loss(c.best(objective.key)) for objective in objectives] for c in candidates]
    return np.array(rows, dtype=float).reshape(len(candidates), len(objectives))


def find_fronts(matrix: Matrix) -> NDArray[np.int64]:
    """(N,) number of the front of each row, 1 for those that no other beats in everything; 0 with a missing loss."""
    from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

    ranks = np.zeros(len(matrix), dtype=np.int64)
    whole = np.flatnonzero(np.isfinite(matrix).all(axis=1))
    if len(whole):
        _fronts, found = NonDominatedSorting().do(matrix[whole], return_rank=True)
        ranks[whole] = np.asarray(found, dtype=np.int64) + 1
    return ranks


def measure_hypervolume(matrix: Matrix) -> float | None:
    """Share of the box between the best and the worst losses that the front dominates; None with fewer than two rows.

    1 where one row is best in everything; it grows with every row that extends the front.
    """
    from pymoo.indicators.hv import HV

    whole = matrix[np.isfinite(matrix).all(axis=1)]
    if len(whole) < 2 or whole.shape[1] < 2:
        return None
    low, high = whole.min(axis=0), whole.max(axis=0)
    scaled = (whole - low) / np.where(high > low, high - low, 1.0)
    best = scaled[find_fronts(scaled) == 1]
    return float(HV(ref_point=np.ones(whole.shape[1]))(best))


def rank_by_front(
    candidates: Sequence[Candidate[M]], objectives: Sequence[Objective]
) -> tuple[tuple[Candidate[M], int, float | None], ...]:
    """Candidates with their front and aggregate desirability, first fronts first, then the most desirable.

    The aggregate is the weighted geometric mean: what is worthless in one objective is worthless. Each gets the verdict
    "pareto" with its front, or with the prediction that is missing.
    """
    matrix = losses(candidates, objectives)
    fronts = find_fronts(matrix)
    found = []
    for candidate, row, front in zip(candidates, matrix, fronts.tolist(), strict=True):
        lacking = [o.property.label for o, loss in zip(objectives, row, strict=True) if math.isnan(loss)]
        reason = (
            Message("no prediction: {lacking}", lacking=join(lacking, ", "))
            if lacking
            else Message("Pareto front {front}", front=front)
        )
        verdict = Verdict("pareto", front == 1 if front else None, reason)
        found.append((candidate.add_verdicts(verdict), front, aggregate(candidate, objectives)))
    return tuple(sorted(found, key=lambda entry: (entry[1] or math.inf, -(entry[2] or 0.0), entry[0].id)))


def aggregate(candidate: Candidate[M], objectives: Sequence[Objective]) -> float | None:
    """Weighted geometric mean of the desirabilities; None where one is missing."""
    total = weights = 0.0
    for objective in objectives:
        prediction = candidate.predictions.get(objective.key)
        value = objective.expected(prediction)
        if value is None:
            return None
        if value == 0.0:
            return 0.0
        total += objective.weight * math.log(value)
        weights += objective.weight
    return math.exp(total / weights) if weights else None


def pick_diverse(vectors: Matrix, merits: Sequence[float], count: int, spread: float = 0.5) -> tuple[int, ...]:
    """A few that are good and unlike one another: the best first, then by merit and distance to those picked.

    Args:
        vectors: (N, D) structures or fingerprints as numbers.
        merits: (N,) higher is better.
        count: how many.
        spread: 0 picks by merit, 1 by distance.

    Returns:
        Their numbers, in the order of picking.
    """
    if not len(vectors) or count < 1:
        return ()
    merit = np.asarray(merits, dtype=float)
    span = float(np.ptp(merit)) or 1.0
    merit = (merit - merit.min()) / span
    picked = [int(merit.argmax())]
    nearest = np.linalg.norm(vectors - vectors[picked[0]], axis=1)
    while len(picked) < min(count, len(vectors)):
        far = nearest / (float(nearest.max()) or 1.0)
        gain = (1.0 - spread) * merit + spread * far
        gain[picked] = -np.inf
        picked.append(int(gain.argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(vectors - vectors[picked[-1]], axis=1))
    return tuple(picked)


def trade_off(vectors: Matrix, merits: Sequence[float], count: int) -> list[tuple[float, float, float]]:
    """What diversity costs: spread (0 to 1), mean merit and mean distance of what :func:`pick_diverse` picks."""
    found = []
    for spread in np.linspace(0.0, 1.0, 11).tolist():
        chosen = list(pick_diverse(vectors, merits, count, spread))
        apart = mean_distance(vectors[chosen])
        if apart is not None:
            found.append((spread, float(np.mean([merits[i] for i in chosen])), apart))
    return found


def mean_distance(vectors: Matrix) -> float | None:
    """Mean distance of all pairs; None with fewer than two."""
    if len(vectors) < 2:
        return None
    differences = np.linalg.norm(vectors[:, None] - vectors[None], axis=2)
    return float(differences.sum() / (len(vectors) * (len(vectors) - 1)))
