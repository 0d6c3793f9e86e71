"""A property of the user's own as a target: two predictors from one table, one that steers and one that judges.

    table     rows of SMILES or formulas with a number each
    measured  cross-validated by groups: scaffolds, or sets of elements; what is alike is never on both sides
    trained    two Gaussian processes on disjoint halves of the groups, so that the judge knows nothing of what steered

:mod:`matgen_core.workflows.own_properties.own_store` keeps them under a name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.core.messages import Message, Text, Verbatim
from matgen_core.core.records import JUDGING, STEERING, Candidate, Judgement, Prediction
from matgen_core.kinds.registry import KINDS, load_kind, record_of
from matgen_core.learning.gaussian_process import GaussianProcess, View
from matgen_core.workflows.own_properties.own_predictors import PREFIX
from matgen_core.workflows.own_properties.training_examples import Examples
from matgen_core.workflows.screening.screen import name_of

#: Parts of the cross-validation, and the fewest groups that can be parted.
FOLDS = 5
#: More rows are drawn at random: time grows with their third power.
MOST_ROWS = 5000
#: Share of withheld rows that count as unlike the others.
_UNLIKE = 0.05


@dataclass(frozen=True, eq=False)
class OwnPredictor:
    """One trained predictor.

    Args:
        process: reads the views of a material.
        rows: how many it was trained on.
        scale: its spreads are multiplied with it, so that they cover as many errors as a normal law says.
        domain: explained share below which a material is unlike the rows.
    """

    process: GaussianProcess
    rows: int
    scale: float
    domain: float

    def read(self, views: Sequence[View]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.bool_]]:
        """Values, spreads, and whether each is like the rows, (N,)."""
        value, spread, explained = self.process.read(views)
        return value, spread * self.scale, explained >= self.domain


@dataclass(frozen=True, eq=False)
class Validation:
    """What cross-validation by groups says of a table.

    Args:
        values: (N,) of the table.
        predicted: (N,) by a predictor that was trained on other groups.
        guessed: (N,) the mean of those groups.
        inside: share of the rows within one and within two spreads; 0.68 and 0.95 of a normal law.
        groups: how many there are.
    """

    values: NDArray[np.float32]
    predicted: NDArray[np.float32]
    guessed: NDArray[np.float32]
    inside: tuple[float, float]
    groups: int

    @property
    def error(self) -> float:
        """Mean absolute error."""
        return float(np.abs(self.predicted - self.values).mean())

    @property
    def baseline(self) -> float:
        """Mean absolute error of guessing the mean."""
        return float(np.abs(self.guessed - self.values).mean())

    @property
    def explained(self) -> float:
        """R²: share of the variance that is predicted; below 0 where the mean is the better guess."""
        left = np.square(self.predicted - self.values).sum()
        return float(1.0 - left / max(1e-12, float(np.square(self.guessed - self.values).sum())))

    @property
    def helps(self) -> bool:
        """Whether it predicts better than the mean."""
        return self.error < self.baseline and self.explained > 0.0

    @property
    def doubt(self) -> Text:
        """What a user must know before aiming at the property; empty where it predicts better than the mean."""
        if self.helps:
            return ""
        return Message(
            "the predictor errs by {error:.3g}, guessing the mean by {baseline:.3g}: it has found nothing that "
            "holds for new scaffolds or elements; give more rows, or another column",
            error=self.error,
            baseline=self.baseline,
        )


@dataclass(frozen=True, eq=False)
class OwnTarget:
    """A property of the user's own with its two predictors.

    Args:
        name: as a goal names it.
        label: of the column.
        unit: likewise.
        examples: the rows.
        steers: (N,) whether the steering predictor was trained on a row; the judging one on the others.
        steering: predicts while the generator is tuned.
        judging: predicts what comes of it.
        validation: of both together.
        notes: what the user must know of the table.
        seed: of folds and halves.
    """

    name: str
    label: str
    unit: str
    examples: Examples
    steers: NDArray[np.bool_]
    steering: OwnPredictor
    judging: OwnPredictor
    validation: Validation
    notes: tuple[Text, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        """Marks the words of the user, so that no page translates them."""
        object.__setattr__(self, "label", Verbatim(self.label))

    @property
    def key(self) -> str:
        """Of its predictions."""
        return f"{PREFIX}{self.name}"

    @property
    def tolerance(self) -> float:
        """An error that is usual, within which a value counts as met."""
        return max(self.validation.error, 1e-9)

    @cached_property
    def measured(self) -> Mapping[str, float]:
        """Value of each row by its formula or SMILES."""
        return dict(zip(self.examples.texts, self.examples.values.tolist(), strict=True))

    def fits(self, material: object) -> bool:
        """Whether it can be read of such a material: of a crystal by its formula, of a molecule by its SMILES."""
        return record_of(material).key_is == self.examples.kind

    def steer(self, keys: Sequence[str]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Values and spreads by the steering predictor alone."""
        value, spread, _inside = self.steering.read(self._views(keys))
        return value, spread

    def predict(self, keys: Sequence[str]) -> list[Prediction]:
        """Predictions by the steering predictor, each with what the judging one says.

        Args:
            keys: SMILES or formulas.
        """
        if not keys:
            return []
        views = self._views(keys)
        value, spread, inside = (part.tolist() for part in self.steering.read(views))
        judged, judged_spread, known = (part.tolist() for part in self.judging.read(views))
        model = Message("Gaussian process on {rows} of your rows", rows=self.steering.rows)
        judge = Message("Gaussian process on {rows} other rows of yours", rows=self.judging.rows)
        far = Message("unlike the rows that it was trained on")
        found = []
        for i in range(len(keys)):
            said = Judgement(round(judged[i], 4), round(judged_spread[i], 4), judge, "" if known[i] else far, JUDGING)
            found.append(
                Prediction(
                    self.key,
                    round(value[i], 4),
                    round(spread[i], 4),
                    self.unit,
                    model,
                    bool(inside[i] and known[i]),
                    "" if inside[i] else far,
                    role=STEERING,
                    judged=said,
                )
            )
        return found

    def add_to(self, candidates: Sequence[Candidate[Any]]) -> tuple[Candidate[Any], ...]:
        """The same candidates with their predictions; those that are no material stay as they are."""
        read = [i for i, c in enumerate(candidates) if self.fits(c.material) and not c.failed("valid")]
        found = list(candidates)
        for i, prediction in zip(read, self.predict([name_of(found[i]) for i in read]), strict=True):
            found[i] = found[i].add_predictions(prediction)
        return tuple(found)

    def _views(self, keys: Sequence[str]) -> tuple[View, ...]:
        return views_of(self.examples.kind, keys)


def views_of(column: str, keys: Sequence[str]) -> tuple[View, ...]:
    """What predictors learn from, of formulas or SMILES."""
    return load_kind(_kind_of(column)).views(keys)


def _kind_of(column: str) -> str:
    return next(name for name, record in KINDS.items() if record.column == column)


def train_target(
    name: str,
    examples: Examples,
    label: str = "",
    unit: str = "",
    *,
    seed: int = 0,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> OwnTarget:
    """Trains the two predictors and measures what they are worth.

    Args:
        name: as a goal will name it.
        examples: rows.
        label: of the column; the name where empty.
        unit: of the values.
        seed: of folds and halves.
        on_progress: called with parts done and parts in all.
        cancelled: asked between the parts.

    Raises:
        BadInput: where the rows are too alike to be parted into groups.
        Cancelled: where ``cancelled`` said so.
    """
    examples, drawn = _draw_rows(examples, seed)
    kind, report = load_kind(_kind_of(examples.kind)), on_progress or (lambda done, total: None)
    groups = np.array([kind.group(text) for text in examples.texts])
    if len(set(groups)) < 2 * FOLDS:
        raise BadInput(
            "the rows have {groups} different scaffolds or sets of elements; {least} or more are needed to measure "
            "the error on what is new",
            groups=len(set(groups)),
            least=2 * FOLDS,
        )
    views, values = kind.views(examples.texts), examples.values
    report(1, FOLDS + 3)
    fold, whole = _part(groups, FOLDS, seed), GaussianProcess(views, values, seed)
    report(2, FOLDS + 3)
    predicted, spread, explained, guessed = (np.zeros(len(values), dtype=np.float32) for _ in range(4))
    for number in range(FOLDS):
        if cancelled and cancelled():
            raise Cancelled
        learn, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        process = GaussianProcess([v.rows(learn) for v in views], values[learn], kernel=whole.kernel)
        predicted[held], spread[held], explained[held] = process.read([v.rows(held) for v in views])
        guessed[held] = values[learn].mean()
        report(3 + number, FOLDS + 3)
    error = np.abs(predicted - values) / spread
    scale = max(0.2, float(np.quantile(error, 0.95)) / 1.96)
    inside = float((error <= scale).mean()), float((error <= 2 * scale).mean())
    validation = Validation(values, predicted, guessed, inside, len(set(groups)))
    steers = _part(groups, 2, seed + 1) == 0
    limit = float(np.quantile(explained, _UNLIKE))
    halves = []
    for half in (steers, ~steers):
        rows = np.flatnonzero(half)
        process = GaussianProcess([v.rows(rows) for v in views], values[rows], kernel=whole.kernel)
        halves.append(OwnPredictor(process, len(rows), scale, limit))
    report(FOLDS + 3, FOLDS + 3)
    notes = tuple(note for note in (examples.note, drawn, *_doubts(validation, examples)) if note)
    return OwnTarget(name, label or name, unit, examples, steers, halves[0], halves[1], validation, notes, seed)


def _draw_rows(examples: Examples, seed: int) -> tuple[Examples, Text]:
    count = len(examples.texts)
    if count <= MOST_ROWS:
        return examples, ""
    chosen = np.sort(np.random.default_rng(seed).permutation(count)[:MOST_ROWS])
    texts = tuple(examples.texts[i] for i in chosen)
    note = Message("{most:,} of {n_found:,} were chosen at random", most=MOST_ROWS, n_found=count)
    return replace(examples, texts=texts, values=examples.values[chosen]), note


def _part(groups: NDArray[np.str_], parts: int, seed: int) -> NDArray[np.intp]:
    """(N,) number of the part of each row; a group lies in one part, and the parts are about equally large."""
    names, counts = np.unique(groups, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-counts[order], kind="stable")]
    sizes, place = np.zeros(parts, dtype=np.intp), dict[str, int]()
    for i in order:
        smallest = int(sizes.argmin())
        place[str(names[i])] = smallest
        sizes[smallest] += counts[i]
    return np.array([place[str(group)] for group in groups], dtype=np.intp)


def _doubts(validation: Validation, examples: Examples) -> list[Text]:
    """What a user should know before the property becomes a target."""
    found: list[Text] = [validation.doubt] if validation.doubt else []
    values = examples.values
    if (values > 0).all() and float(values.max()) > 1000 * float(np.median(values)):
        found.append(
            Message(
                "the largest value, {most:g}, is more than a thousand times the median, {median:g}: are the units "
                "mixed, or should the logarithm be predicted?",
                most=float(values.max()),
                median=float(np.median(values)),
            )
        )
    return found
