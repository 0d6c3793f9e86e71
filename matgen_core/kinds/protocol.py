"""Protocol of every kind of material: asked for, generated, predicted, checked, ranked, named and written.

Crystals, compositions and molecules fill it in ``kinds/*/kind.py``; :mod:`matgen_core.kinds.registry` finds them by
name. The loops of :mod:`matgen_core.workflows.design` and the screening know no other difference between the kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from matgen_core.core.goals import Target
from matgen_core.core.messages import Text
from matgen_core.core.records import Candidate, Crystal, Formula, Molecule
from matgen_core.core.settings import CompositionSettings, CrystalSettings, MoleculeSettings, Rules

if TYPE_CHECKING:
    from torch import Tensor, nn

    from matgen_core.learning.gaussian_process import View

M = TypeVar("M", Crystal, Formula, Molecule)
S = TypeVar("S", CrystalSettings, CompositionSettings, MoleculeSettings)
#: Asked often within long work; yes ends it.
Cancelled = Callable[[], bool] | None
#: Takes a batch as it stands.
OnStage = Callable[[Sequence[Candidate[Any]]], None]
#: Candidates as the content of a file.
Writer = Callable[[Sequence[Candidate[Any]]], str | bytes]


@dataclass(frozen=True, slots=True)
class BatchName:
    """What a batch depends on, beside what its run asks for: nothing else.

    Args:
        seed: of the run.
        first: number of its first candidate.
        size: candidates.
    """

    seed: int
    first: int
    size: int

    @property
    def end(self) -> int:
        """Number of the first candidate of the next batch."""
        return self.first + self.size


@dataclass(frozen=True, slots=True)
class NearKnown:
    """A known material that is like another.

    Args:
        name: formula or SMILES.
        id: in the database that it is from; empty where it has none.
        likeness: what it has in common, in words.
        value: Tanimoto similarity of molecules, share of atoms that differ of formulas; None for a structure.
    """

    name: str
    id: str
    likeness: Text
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Batches:
    """How many are generated together: few at first, so that something is soon seen, then twice as many each time.

    The size follows from how many were generated before, so that a continued run draws what it would have drawn.

    >>> plan = Batches(4, 32)
    >>> [plan.size(first) for first in (0, 4, 8, 16, 32, 64)]
    [4, 4, 8, 16, 32, 32]

    Args:
        first: size of the first batch.
        most: size of a batch at most.
    """

    first: int
    most: int

    def size(self, drawn: int) -> int:
        """Size of the batch that begins after so many."""
        return min(self.most, max(self.first, drawn))

    def end_after(self, index: int) -> int:
        """How many were generated when the batch with candidate number ``index`` ended; 0 for -1."""
        drawn = 0
        while drawn <= index:
            drawn += self.size(drawn)
        return drawn

    def begin_of(self, index: int) -> int:
        """How many were drawn when the batch with candidate number ``index`` began.

        >>> Batches(4, 32).begin_of(7), Batches(4, 32).begin_of(8)
        (4, 8)
        """
        drawn = 0
        while drawn + self.size(drawn) <= index:
            drawn += self.size(drawn)
        return drawn

    def names(self, seed: int, first: int, last: int) -> Iterator[BatchName]:
        """The batches from candidate number ``first`` on, in their order, up to number ``last``."""
        while first < last:
            name = BatchName(seed, first, min(self.size(first), last - first))
            yield name
            first = name.end


@dataclass(frozen=True, slots=True)
class ForCount:
    """How many are generated together where so many are wanted.

    As many as are wanted first, then each time a share of what was generated. The sizes follow from the count alone,
    not from what was kept, so that several workers can begin before the first batch is back.

    >>> plan = ForCount(Batches(4, 32), 1, 0.25)
    >>> [name.size for name in plan.names(16, 40, 0)]
    [4, 4, 8, 4, 5, 6, 8, 1]

    Args:
        batches: the size of a batch at most.
        least: and at least, once so many were generated as are wanted.
        growth: share of those generated so far that the next batch holds.
    """

    batches: Batches
    least: int
    growth: float

    def size(self, count: int, *, drawn: int, most: int) -> int:
        """Size of the batch that begins after so many."""
        further = count - drawn if drawn < count else max(self.least, round(self.growth * drawn))
        return min(self.batches.size(drawn), further, most - drawn)

    def names(self, count: int, most: int, seed: int, first: int = 0) -> Iterator[BatchName]:
        """The batches of a run for a count, in their order: ``most`` candidates in all, from number ``first`` on."""
        drawn = 0
        while drawn < most:
            name = BatchName(seed, first + drawn, self.size(count, drawn=drawn, most=most))
            yield name
            drawn += name.size


@dataclass(frozen=True)
class Brief(Generic[S]):
    """What a run is to do.

    Args:
        target: by which candidates are checked.
        generation_target: the target with the constraints that the rules add: excluded elements.
        seed: the same seed, settings and versions give the same.
        settings: of the generator.
        rules: what a candidate must pass beyond its goals; None where only the settings say so.
        copy: a tuned copy of the generator, which draws in its stead, and its name; None for the shipped one.
        on_stage: called with the whole batch whenever a candidate reaches another stage, as a crystal that was
            drafted and is placed now. A kind whose batches take no time does not call it.
    """

    target: Target
    generation_target: Target
    seed: int
    settings: S
    rules: Rules | None = None
    copy: tuple[nn.Module, str] | None = None
    on_stage: OnStage | None = None


class Stages(Protocol[M]):
    """The stages of one run, or of one batch of it. They remember what they judged, to tell repeats.

    A batch is drawn, predicted and judged by stages of its own, in any process; those of the run admit it.
    """

    def draw(self, size: int, first: int, cancelled: Cancelled = None) -> Sequence[Candidate[M]]:
        """Candidates number ``first`` to ``first + size``; those that were finished, where ``cancelled`` said so.

        Which they are follows from the seed and these two numbers, whatever came before.

        Raises:
            Cancelled: where none was finished.
        """

    def predict(self, batch: Sequence[Candidate[M]], cancelled: Cancelled = None) -> Sequence[Candidate[M]]:
        """The same candidates with their predictions, those excepted that are not worth them.

        Args:
            batch: drawn, or read from a file.
            cancelled: asked before each part of the work.

        Raises:
            Cancelled: where ``cancelled`` said so.
        """

    def judge(self, batch: Sequence[Candidate[M]]) -> tuple[Candidate[M], ...]:
        """The same candidates with a verdict of every rule, each with its reason."""

    def admit(self, batch: Sequence[Candidate[M]]) -> tuple[Candidate[M], ...]:
        """The same candidates, judged batch by batch elsewhere, as the next ones of this run.

        Which of them repeats a candidate of an earlier batch is told here.
        """


@dataclass(frozen=True, eq=False)
class Written(Generic[M]):
    """Strings as a generator wrote them.

    Args:
        strings: (B, T) tokens, padded.
        conditions: (B, K) that they were written for.
        candidates: B of them; None for a string that is no material.
    """

    strings: Tensor
    conditions: Tensor
    candidates: tuple[Candidate[M] | None, ...]

    def rows(self, which: Sequence[int]) -> Written[M]:
        """Some of them."""
        numbers = list(which)
        return Written(self.strings[numbers], self.conditions[numbers], tuple(self.candidates[i] for i in numbers))


class Tunable(Protocol[M]):
    """A generator whose copy can be tuned: it writes strings and says how likely each is."""

    @property
    def prior(self) -> nn.Module:
        """The shipped generator, which stays as it is."""

    @property
    def checkpoint(self) -> str:
        """Name and digest of its weights."""

    def write(self, network: nn.Module, size: int, first: int, cancelled: Cancelled = None) -> Written[M]:
        """Strings number ``first`` to ``first + size`` of a network, each drawn as the network has it.

        Raises:
            Cancelled: where ``cancelled`` said so.
        """

    def log_likelihood(self, network: nn.Module, written: Written[M]) -> Tensor:
        """(B,) log-probability of each string by a network, in nats."""

    def read(self, names: Sequence[str], conditions: Tensor) -> Written[M] | None:
        """Materials as strings; those that the network has no tokens for are left out. None where none is left.

        Args:
            names: formulas or SMILES.
            conditions: (B, K) of which each gets a row.
        """

    def cross(self, parents: Mapping[str, float], size: int, first: int, conditions: Tensor) -> Written[M] | None:
        """Children of scored materials as strings; None of a kind that has none, or where there are none.

        Args:
            parents: scores by the key of the material; the better ones are drawn the more often.
            size: children at most.
            first: number of the first, from which the draws follow.
            conditions: (B, K) of which each child gets a row.
        """

    def assess(self, candidates: Sequence[Candidate[M]]) -> Sequence[Candidate[M] | None]:
        """The same candidates with predictions of the goals' properties; None for one that the rules reject.

        Only what is quick is asked. That a material came before is no reason to reject it here.
        """


class Kind(Protocol[M, S]):
    """One kind of material: how it is asked for, generated, predicted, checked and written."""

    #: As commands, links and runs on disk name it.
    name: str
    #: The record of one material.
    material: type[M]
    #: Keys of the properties that can be asked for.
    properties: tuple[str, ...]
    #: How it is drawn; without arguments: the usual way.
    settings: type[S]
    #: Batches of a run that goes on until enough pass.
    batches: Batches
    #: Batches of a run for a count.
    for_count: ForCount

    def prepare(self) -> None:
        """Loads what the first run would wait for."""

    def check(self, target: Target, count: int, settings: S) -> None:
        """Raises BadTarget or BadInput, naming the input and the remedy, for what cannot be asked for."""

    def cautions(self, target: Target, settings: S) -> tuple[str, ...]:
        """What a user should know of a target before a run that may find little."""

    def ruled(self, settings: S, rules: Rules) -> S:
        """The settings of a run whose rules say what passes."""

    def generation_target(self, target: Target, rules: Rules) -> Target:
        """The target without the elements that the rules exclude.

        Raises:
            BadTarget: where such an element is asked for.
        """

    def begin(self, brief: Brief[S], before: Sequence[Candidate[M]] = ()) -> Stages[M]:
        """A run, or the rest of one of which ``before`` was found, best first."""

    def rejection(self, candidate: Candidate[M], settings: S) -> str | None:
        """The rule for which a checked candidate is not kept, and so not counted; None for one that is kept.

        "surplus" (:mod:`matgen_core.kinds.surplus`) is one of these rules, of every kind.
        """

    def rank(self, candidates: Sequence[Candidate[M]], target: Target) -> tuple[Candidate[M], ...]:
        """The same candidates, best first, each with its score."""

    def count_known(self, target: Target, settings: S) -> tuple[int | None, int]:
        """Known materials that meet the target, or None where it asks for nothing, and known ones in all."""

    def read(self, text: str) -> M:
        """The material in a cell of a table, or typed.

        Raises:
            BadInput: with the reason, where it is none.
        """

    def vectors(self, keys: Sequence[str]) -> NDArray[np.float32]:
        """(N, D) vectors of materials by their keys; the nearer two are, the more alike the materials."""

    def group(self, key: str) -> str:
        """What alike materials share, by its key: the scaffold of a molecule, the elements of a formula."""

    def views(self, keys: Sequence[str]) -> tuple[View, ...]:
        """What a predictor of the user's own property learns from, of materials by their keys."""

    def settings_like(self, keys: Sequence[str]) -> tuple[S, str]:
        """Settings of the generator for materials like these, by their keys; what the user should know of it, or ""."""

    def tunable(self, brief: Brief[S]) -> Tunable[M]:
        """The generator as it writes for a target, to tune a copy of it."""

    def key(self, material: M) -> str:
        """The name under which it is looked up: formula as pymatgen writes it, or SMILES."""

    def written(self, material: M) -> str:
        """The name as chemists write it."""

    def elements(self, material: M) -> set[str]:
        """Its elements, as far as a hull or a hazard asks; none of a molecule."""

    def picture(self, material: M) -> str:
        """A drawing as SVG; empty where it has none."""

    def nearest(self, material: M) -> tuple[NearKnown, ...]:
        """The known materials that it is most like, nearest first; none where it cannot be compared."""

    def writers(self) -> Mapping[str, Writer]:
        """File ending and what writes such a file; the first is the usual one."""
