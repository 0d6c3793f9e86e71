"""Tuning a copy of a generator towards a score: write, score, learn, write again.

    write    strings of the copy
    score    each material; what has come often enough scores 0 (:mod:`.diversity_filter`)
    cross    where asked for, pieces of the best molecules with one another; children are scored likewise
    rows     the best of the user's own are scored at the beginning and join the best
    learn    from the batch and from the best so far (:mod:`matgen_core.models.likelihood_tuning`)

The prior stays bit for bit what it was. A step whose strings lie further from the prior than allowed is taken back and
the next ones are smaller, so that the copy that is kept was always measured within the limit.
References: Loeffler et al. (2024), REINVENT 4, where learning from given molecules is called inception;
Kim et al. (2024), Genetic-guided GFlowNets, for the children.
"""

from __future__ import annotations

import copy as copying
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from matgen_core.core.declaring import check_settings
from matgen_core.core.errors import Cancelled
from matgen_core.core.records import Candidate
from matgen_core.core.settings import TuneSettings
from matgen_core.kinds.protocol import Brief, Tunable, Written
from matgen_core.kinds.registry import load_kind
from matgen_core.models.likelihood_tuning import LOSSES, distance
from matgen_core.workflows.screening.screen import name_of
from matgen_core.workflows.tuning.aims import Aims
from matgen_core.workflows.tuning.best_strings import BestStrings
from matgen_core.workflows.tuning.diversity_filter import DiversityFilter

#: A mean score counts as a gain from so much on; means are taken over so many steps.
_GAIN, _OVER = 0.01, 3
#: Steps that are taken back one after the other before the limit of the distance ends the tuning.
_REFUSED = 6
#: Scores of materials, in their order.
Score = Callable[[Sequence[Candidate[Any]]], Sequence[float]]


@dataclass(frozen=True, slots=True)
class TuneStep:
    """What one batch of the copy was.

    Args:
        number: 0 is the shipped generator.
        score: mean of all strings; one that is no material scores 0.
        valid: share of strings that are a material which the rules let pass.
        diversity: different groups, as a share of the materials.
        distance: from the prior, nats.
        best: highest score so far.
        seconds: since the beginning.
        refused: whether the step went too far and was taken back.
    """

    number: int
    score: float
    valid: float
    diversity: float
    distance: float
    best: float
    seconds: float
    refused: bool = False


@dataclass
class Tuning:
    """A copy as it was tuned.

    Args:
        network: the copy.
        settings: of the tuning.
        curve: its steps.
        ended: "steps", "time", "cancelled", "gain" (none any more) or "distance".
        step: the step of the curve whose copy is kept.
    """

    network: nn.Module
    settings: TuneSettings
    curve: list[TuneStep] = field(default_factory=list)
    ended: str = "steps"
    step: int = 0


class Tuner:
    """One tuning.

    Args:
        tunable: the generator.
        score: of materials.
        group: scaffold or elements of a candidate.
        key: name of a candidate's material.
        settings: how.
        rows: names of materials to learn from beside the best that are found.
        loss: one of LOSSES.
    """

    def __init__(
        self,
        tunable: Tunable[Any],
        score: Score,
        group: Callable[[Candidate[Any]], str],
        key: Callable[[Candidate[Any]], str],
        settings: TuneSettings,
        rows: Sequence[str] = (),
        loss: str = "centred",
    ) -> None:
        check_settings(settings)
        self.tunable, self.score, self.group, self.key = tunable, score, group, key
        self.settings, self.loss, self.rows = settings, LOSSES[loss], rows
        self.tuning = Tuning(copying.deepcopy(tunable.prior), settings)
        self.filter = DiversityFilter(settings.bucket)
        self.found: dict[str, tuple[float, Candidate[Any]]] = {}
        self._best, self._begun = BestStrings(), time.monotonic()
        self._rate, self._refused = settings.learning_rate, 0
        self._generator = torch.Generator().manual_seed(settings.seed)
        self._parameters = [p for name, p in self.tuning.network.named_parameters() if not name.startswith("condition")]
        self._optimizer = torch.optim.Adam(self._parameters, lr=self._rate)
        self._kept = self._within = self._state()

    def run(
        self, on_step: Callable[[Tuning], None] | None = None, cancelled: Callable[[], bool] | None = None
    ) -> Tuning:
        """Tunes until a limit ends it; ``on_step`` is called after each batch."""
        tuning, settings = self.tuning, self.settings
        best = -1.0

        def stop() -> bool:
            return self._over(cancelled)

        for number in range(settings.steps + 1):
            try:
                step = self._step(number, learn=number < settings.steps, stop=stop)
            except Cancelled:
                break
            tuning.curve.append(step)
            recent = [s.score for s in tuning.curve[-_OVER:] if not s.refused]
            mean = sum(recent) / len(recent) if recent else 0.0
            if not step.refused and mean > best + _GAIN * (tuning.step > 0):
                best, tuning.step, self._kept = mean, number, self._within
            if on_step:
                on_step(tuning)
            if self._refused >= _REFUSED:
                tuning.ended = "distance"
            elif number - tuning.step >= settings.patience:
                tuning.ended = "gain"
            elif not stop():
                continue
            break
        self._load(self._kept)
        tuning.network.eval()
        return tuning

    def _over(self, cancelled: Callable[[], bool] | None) -> bool:
        if cancelled and cancelled():
            self.tuning.ended = "cancelled"
            return True
        if time.monotonic() - self._begun > self.settings.seconds and self.tuning.curve:
            self.tuning.ended = "time"
            return True
        return False

    def _step(self, number: int, learn: bool, stop: Callable[[], bool]) -> TuneStep:
        """A batch of the copy, what it is worth, and one step of learning."""
        network, settings = self.tuning.network, self.settings
        network.eval()
        written = self.tunable.write(network, settings.batch, number * settings.batch, stop)
        raw, keys = self._scored(written)
        if number == 0 and self.rows:
            self._join(self.tunable.read(self.rows, written.conditions))
        with torch.no_grad():
            prior = self.tunable.log_likelihood(self.tunable.prior, written).cpu()
        with torch.set_grad_enabled(learn):
            likelihood = self.tunable.log_likelihood(network, written).cpu()
        away = distance(likelihood, prior)
        groups = [None if c is None else self.group(c) for c in written.candidates]
        held = [group for group in groups if group is not None]
        best = max((score for score, _c in self.found.values()), default=0.0)
        refused = away > settings.distance
        if refused:
            self._take_back()
        else:
            self._within, self._refused = self._state(), 0
            self._best.add(written, keys, raw, prior)
            self._cross(written.conditions, number)
            if learn and best > 0.0:
                # Scores are measured by the best so far: far from the goal all are small, and still one is the best.
                scores = torch.tensor(self.filter(groups, [score / best for score in raw]))
                self._learn(likelihood, scores, prior, best)
        return TuneStep(
            number,
            sum(raw) / len(raw),
            sum(score > 0.0 for score in raw) / len(raw),
            len(set(held)) / len(held) if held else 0.0,
            away,
            best,
            time.monotonic() - self._begun,
            refused,
        )

    def _cross(self, conditions: Tensor, number: int) -> None:
        """Children of the best are scored, and the good ones join them; the copy's own strings alone are measured."""
        size, parents = self.settings.crossed, {row[1]: row[0] for row in self._best.rows}
        if size and parents:
            self._join(self.tunable.cross(parents, size, number * size, conditions))

    def _join(self, made: Written[Any] | None) -> None:
        """What the copy did not write itself is scored, and the good ones join the best."""
        if made is None:
            return
        least = self._best.least
        raw, keys = self._scored(made)
        good = [i for i, score in enumerate(raw) if score > least]
        if good:
            some = made.rows(good)
            with torch.no_grad():
                prior = self.tunable.log_likelihood(self.tunable.prior, some).cpu()
            self._best.add(some, [keys[i] for i in good], [raw[i] for i in good], prior)

    def _scored(self, written: Written[Any]) -> tuple[list[float], list[str | None]]:
        """Score and key of each string; a material that came before is not scored again."""
        keys = [None if c is None else self.key(c) for c in written.candidates]
        new: dict[str, Candidate[Any]] = {}
        for key, candidate in zip(keys, written.candidates, strict=True):
            if key is not None and candidate is not None and key not in self.found:
                new.setdefault(key, candidate)
        assessed = self.tunable.assess(list(new.values()))
        passed = {key: candidate for key, candidate in zip(new, assessed, strict=True) if candidate is not None}
        self.found |= {key: (0.0, candidate) for key, candidate in new.items()}
        for (key, candidate), score in zip(passed.items(), self.score(list(passed.values())), strict=True):
            self.found[key] = float(score), candidate
        return [0.0 if key is None else self.found[key][0] for key in keys], keys

    def _learn(self, likelihood: Tensor, scores: Tensor, prior: Tensor, best: float) -> None:
        """One step of the optimizer on the batch and some of the best so far."""
        if again := self._best.draw(self.settings.replayed, self._generator):
            written, raw, known = again
            likelihood = torch.cat([likelihood, self.tunable.log_likelihood(self.tuning.network, written).cpu()])
            scores, prior = torch.cat([scores, raw / best]), torch.cat([prior, known])
        loss = self.loss(likelihood, prior, scores, self.settings.distance)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self._parameters, 1.0)
        self._optimizer.step()

    def _take_back(self) -> None:
        """The last copy within the limit, and half the rate from there."""
        self._load(self._within)
        self._rate, self._refused = self._rate / 2, self._refused + 1
        self._optimizer = torch.optim.Adam(self._parameters, lr=self._rate)

    def _state(self) -> list[Tensor]:
        return [p.detach().clone() for p in self._parameters]

    def _load(self, state: Sequence[Tensor]) -> None:
        with torch.no_grad():
            for parameter, value in zip(self._parameters, state, strict=True):
                parameter.copy_(value)


def tune(
    kind: str,
    aims: Aims,
    settings: TuneSettings | None = None,
    *,
    on_step: Callable[[Tuning], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Tuning, str]:
    """Tunes a copy of the generator of a kind towards some aims.

    Args:
        kind: "crystals", "compositions" or "molecules".
        aims: goals and weights.
        settings: of the tuning; None for the usual ones.
        on_step: called after each batch.
        cancelled: asked often; once it says yes, what was reached is returned.

    Returns:
        The tuned copy with its curve, and the checkpoint that it was tuned from.

    Raises:
        BadTarget, BadInput: for what cannot be aimed at.
    """
    made, settings = load_kind(kind), settings or TuneSettings()
    aims.check(kind)
    generator = aims.settings(kind)[0]  # for what is like the user's rows
    made.check(aims.target, 1, generator)
    tunable = made.tunable(Brief(aims.target, aims.target, settings.seed, generator))
    rows = aims.best_rows(kind, settings.rows)
    tuner = Tuner(tunable, aims.score, lambda c: made.group(name_of(c)), name_of, settings, rows)
    return tuner.run(on_step, cancelled), tunable.checkpoint
