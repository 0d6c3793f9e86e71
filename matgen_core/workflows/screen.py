"""Screening (chapter 4.5): candidates of a run or of the user's files, predicted and checked batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from matgen_core.core.errors import BadInput, quote
from matgen_core.core.goals import Constraints, Target
from matgen_core.core.records import Candidate, M
from matgen_core.files.units import METHOD as GIVEN
from matgen_core.kinds.protocol import Brief, Stages
from matgen_core.kinds.registry import NAMES, kind_of, load_kind, name_of_kind
from matgen_core.kinds.rules import (
    Rules,
)
from matgen_core.workflows.candidate_files import Item
from matgen_core.workflows.pareto import Objective

BATCH = 32
#: What is screened may be as large as its file's reader allows.
ANY = Target(constraints=Constraints(max_atoms=10**9))


@dataclass
class Screener:
    """Reads and judges candidates of any kind, batch by batch; remembers what came before to tell repeats.

    Args:
        target: goals, each a verdict.
        rules: what a candidate must pass.
        further: called with each checked batch, as to add predictions of the user's own.
    """

    target: Target = ANY
    rules: Rules = field(default_factory=lambda: Rules(known=True))
    further: Callable[[Sequence[Candidate[Any]]], Sequence[Candidate[Any]]] | None = None
    _runs: dict[str, Stages[Any]] = field(default_factory=dict)

    def __call__(
        self, candidates: Sequence[Candidate[Any]], cancelled: Callable[[], bool] | None = None
    ) -> tuple[Candidate[Any], ...]:
        """The same candidates with predictions and verdicts, in their order; those that have predictions keep them.

        Raises:
            Cancelled: where ``cancelled`` said so.
        """
        done: dict[str, Candidate[Any]] = {}
        for name in NAMES:
            some = [c for c in candidates if name_of_kind(c.material) == name]
            if not some:
                continue
            stages = self._stages(name)
            read = stages.predict(some, cancelled=cancelled)
            whole = [_keep_given(new, old) for new, old in zip(read, some, strict=True)]
            done |= {c.id: c for c in stages.judge(whole)}
        found = tuple(done[c.id] for c in candidates)
        return tuple(self.further(found)) if self.further and found else found

    def _stages(self, name: str) -> Stages[Any]:
        """What predicts and checks a kind; made with the first of it."""
        if name not in self._runs:
            kind = load_kind(name)
            settings = kind.ruled(kind.settings(), self.rules)
            self._runs[name] = kind.begin(Brief(self.target, self.target, 0, settings, self.rules))
        return self._runs[name]


def _keep_given(read: Candidate[M], before: Candidate[M]) -> Candidate[M]:
    """What the user's table says of a property stands; no model overrules it."""
    return read.add_predictions(
        *(prediction for prediction in before.predictions.values() if prediction.method == GIVEN)
    )


def batches(items: Iterable[Item], size: int = BATCH) -> Iterator[list[Item]]:
    """Items a few at a time."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def name_of(candidate: Candidate[Any]) -> str:
    """Formula as pymatgen writes it, the key under which it is looked up, or SMILES."""
    return kind_of(candidate.material).key(candidate.material)


def written_name(candidate: Candidate[Any]) -> str:
    """Formula as chemists write it, or SMILES."""
    return kind_of(candidate.material).written(candidate.material)


def check_objectives(objectives: Sequence[Objective]) -> None:
    """Raises BadInput where one property is asked for twice."""
    keys = [o.key for o in objectives]
    for key in keys:
        if keys.count(key) > 1:
            raise BadInput("{key} is an objective twice; remove one", key=quote(key))
