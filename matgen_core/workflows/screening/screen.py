"""Screening (chapter 4.5): candidates of a run or of the user's files, predicted and checked batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from matgen_core.core.errors import BadInput, Cancelled, quote
from matgen_core.core.goals import Constraints, Target
from matgen_core.core.messages import Message
from matgen_core.core.records import Candidate, M
from matgen_core.core.spreading import SetAside, spread
from matgen_core.files.units import METHOD as GIVEN
from matgen_core.kinds.protocol import Brief, Stages
from matgen_core.kinds.registry import NAMES, kind_of, load_kind, name_of_kind
from matgen_core.kinds.rules import Rules
from matgen_core.workflows.screening.candidate_files import Item, Refused
from matgen_core.workflows.screening.pareto import Objective

BATCH = 32
#: Adds to a checked batch, as predictions of the user's own.
Further = Callable[[Sequence[Candidate[Any]]], Sequence[Candidate[Any]]]
#: What is screened may be as large as its file's reader allows.
ANY = Target(constraints=Constraints(max_atoms=10**9))


@dataclass(frozen=True)
class BatchScreener:
    """Predicts and judges one batch of any kind by itself, here or in a worker.

    Args:
        target: goals, each a verdict.
        rules: what a candidate must pass.
        further: called with each checked batch, as to add predictions of the user's own.
    """

    target: Target = ANY
    rules: Rules = field(default_factory=lambda: Rules(known=True))
    further: Further | None = None

    def __call__(
        self, candidates: Sequence[Candidate[Any]], cancelled: Callable[[], bool] | None = None
    ) -> tuple[Candidate[Any], ...]:
        """The same candidates with predictions and verdicts, in their order; those that have predictions keep them.

        Raises:
            Cancelled: where ``cancelled`` said so.
        """
        done: dict[str, Candidate[Any]] = {}
        for name, some in by_kind(candidates).items():
            stages = self.begin(name)
            read = stages.predict(some, cancelled=cancelled)
            whole = [_keep_given(new, old) for new, old in zip(read, some, strict=True)]
            done |= {c.id: c for c in stages.judge(whole)}
        found = tuple(done[c.id] for c in candidates)
        return tuple(self.further(found)) if self.further and found else found

    def begin(self, name: str) -> Stages[Any]:
        """What predicts and checks a kind."""
        kind = load_kind(name)
        settings = kind.ruled(kind.settings(), self.rules)
        return kind.begin(Brief(self.target, self.target, 0, settings, self.rules))

    def in_worker(self, items: Sequence[Item]) -> tuple[Candidate[Any], ...]:
        """The candidates among the items of a file, predicted and judged with one thread."""
        import torch

        torch.set_num_threads(1)
        return self([item for item in items if not isinstance(item, Refused)])


def judge_batches(
    items: Iterable[Item],
    screener: BatchScreener,
    *,
    executor: Executor | None = None,
    cancelled: Callable[[], bool] | None = None,
    within: bool = False,
) -> Iterator[tuple[list[Item], tuple[Candidate[Any], ...] | SetAside]]:
    """Items a few at a time with what was found of their candidates, in order.

    Args:
        items: of files or of a run.
        screener: predicts and judges a batch.
        executor: does the batches; None: this process does.
        cancelled: asked before each batch.
        within: whether a batch that this process does is given up in the middle, too.

    Raises:
        Cancelled: where ``cancelled`` said so.
    """
    if executor is not None:
        yield from spread(screener.in_worker, batches(items), executor, cancelled=cancelled)
        return
    for batch in batches(items):
        if cancelled and cancelled():
            raise Cancelled
        good = [item for item in batch if not isinstance(item, Refused)]
        yield batch, screener(good, cancelled if within else None)


def refused_rows(batch: Sequence[Item], judged: tuple[Candidate[Any], ...] | SetAside) -> list[Refused]:
    """The rows of a batch that have no result: those refused, and all where no worker could finish it."""
    refused = [item for item in batch if isinstance(item, Refused)]
    if isinstance(judged, SetAside):  # its rows are not lost: they stand with the reason
        reason = Message("not screened: {reason}", reason=judged.reason)
        refused += [Refused(item.id, reason) for item in batch if not isinstance(item, Refused)]
    return refused


def by_kind(candidates: Iterable[Candidate[Any]]) -> dict[str, list[Candidate[Any]]]:
    """Candidates by the name of their kind."""
    found: dict[str, list[Candidate[Any]]] = {}
    for candidate in candidates:
        found.setdefault(name_of_kind(candidate.material), []).append(candidate)
    return {name: found[name] for name in NAMES if name in found}


class Screener:
    """Reads and judges candidates of any kind, batch by batch; remembers what came before to tell repeats.

    Args:
        target: goals, each a verdict.
        rules: what a candidate must pass.
        further: as of :class:`BatchScreener`.
    """

    def __init__(self, target: Target = ANY, rules: Rules | None = None, further: Further | None = None) -> None:
        self.batch = BatchScreener(target, rules or Rules(known=True), further)
        self._runs: dict[str, Stages[Any]] = {}

    @property
    def rules(self) -> Rules:
        """What a candidate must pass."""
        return self.batch.rules

    def __call__(
        self, candidates: Sequence[Candidate[Any]], cancelled: Callable[[], bool] | None = None
    ) -> tuple[Candidate[Any], ...]:
        """The same candidates with predictions and verdicts, in their order; those that have predictions keep them.

        Raises:
            Cancelled: where ``cancelled`` said so.
        """
        return self.admit(self.batch(candidates, cancelled))

    def admit(self, judged: Sequence[Candidate[Any]]) -> tuple[Candidate[Any], ...]:
        """The same candidates, with the verdict whether they repeat one that was admitted before."""
        done: dict[str, Candidate[Any]] = {}
        for name, some in by_kind(judged).items():
            if name not in self._runs:  # made with the first of the kind
                self._runs[name] = self.batch.begin(name)
            done |= {c.id: c for c in self._runs[name].admit(some)}
        return tuple(done[c.id] for c in judged)


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
