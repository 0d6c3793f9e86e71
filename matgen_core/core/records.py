"""The records that flow through MatGen.

A stage takes a batch of :class:`Candidate` and returns the same number of new ones. No record is changed in place;
a value that is not known is ``None``, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Generic

from typing_extensions import TypeVar

from matgen_core.core.messages import Text


@dataclass(frozen=True, slots=True)
class Site:
    """One occupied Wyckoff position: every atom of its orbit follows by symmetry.

    Args:
        letter: Wyckoff letter in the standard setting of the International Tables ("a" … "z", "A").
        element: chemical symbol.
        coordinates: the free fractional coordinates of the orbit's first representative, in [0, 1); as many as the
            position has degrees of freedom (none for a fixed point, three for the general position).
    """

    letter: str
    element: str
    coordinates: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Crystal:
    """A crystal as its symmetry describes it, in the conventional cell.

    Args:
        space_group: International Tables number, 1–230 (standard setting: unique axis b, hexagonal axes for
            rhombohedral groups, origin choice 2).
        sites: occupied Wyckoff positions.
        lattice: a, b, c (Å), alpha, beta, gamma (degrees) of the conventional cell.
    """

    space_group: int
    sites: tuple[Site, ...]
    lattice: tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Molecule:
    """A molecule as its graph describes it.

    Args:
        smiles: canonical SMILES (RDKit's), or the string as written where it is no molecule; a verdict says which.
        written: the string as a generator wrote it, where one did; the same molecule has many writings.
    """

    smiles: str
    written: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Formula:
    """A composition without a structure.

    Args:
        reduced: reduced formula, as pymatgen writes it.
    """

    reduced: str


#: Stages of a crystal before it is judged: elements and positions, a geometry, a geometry at rest.
DRAFTED, PLACED, RELAXED = "drafted", "placed", "relaxed"
#: Roles of a model in a run.
STEERING, JUDGING, BOTH = "steering", "judging", "both"
#: What a candidate is made of. Alone, ``Candidate`` means a crystal.
M = TypeVar("M", bound=Crystal | Molecule | Formula, default=Crystal)


#: Origins of what MatGen did not propose: the user's file, and the table of known materials.
FILE, KNOWN = "file", "known"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a candidate comes from, exactly enough to make it again.

    Args:
        engine: "symmetry-first", "latent-diffusion", …; :data:`FILE` or :data:`KNOWN` where none proposed it.
        checkpoint: checkpoint names and digests that took part.
        seed: seed of the run.
        index: number of the candidate within the run.
    """

    engine: str
    checkpoint: str = ""
    seed: int | None = None
    index: int = 0

    @property
    def is_proposed(self) -> bool:
        """Whether MatGen proposed it; else the user brought it, or it is a known material."""
        return self.engine not in (FILE, KNOWN)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a second model says of a quantity that a first one predicted. It took no part in making the material.

    Args:
        value: in the unit of the prediction; None where there is none (then ``note`` says why).
        spread: one standard deviation; None where it was not measured.
        method: the model that judges.
        note: anything a reader must know about this number.
        role: always :data:`JUDGING`, so that the record says it.
    """

    value: float | None
    spread: float | None
    method: Text
    note: Text = ""
    role: str = JUDGING


@dataclass(frozen=True, slots=True)
class Prediction:
    """One prediction of one property, and what a second model says of it, where one was asked.

    Args:
        property: key in :data:`matgen_core.core.properties.PROPERTIES`.
        value: in ``unit``; None where the prediction failed (then ``note`` says why).
        spread: one standard deviation in ``unit``; None where it was not measured.
        unit: the unit, as shown to a reader.
        method: the model that read it.
        in_domain: whether the material is like what the model was trained on; None if not known.
        note: anything a reader must know about this number.
        known: what the table of known phases has of this very material, in ``unit``; None where it is not in it.
        zero_chance: probability that the value is zero (a metal, non-magnetic); None where the model does not tell.
        otherwise: the value if it is not zero.
        otherwise_spread: one standard deviation of that.
        role: of the model in this run: STEERING, where it chose or changed the material, JUDGING, or BOTH; empty where
            nothing was steered, as for a material from a file.
        judged: by a model that steered nothing; None where no second model was asked.
    """

    property: str
    value: float | None
    spread: float | None
    unit: str
    method: Text
    in_domain: bool | None = None
    note: Text = ""
    known: float | None = None
    zero_chance: float | None = None
    otherwise: float | None = None
    otherwise_spread: float | None = None
    role: str = ""
    judged: Judgement | None = None

    def deciding(self) -> tuple[float | None, float | None]:
        """Value and spread that count: those of the table of known phases, or else the judge's, or else the model's."""
        if self.known is not None:
            return self.known, 0.0
        if self.judged is not None and self.judged.value is not None:
            return self.judged.value, self.judged.spread
        return self.value, self.spread


@dataclass(frozen=True, slots=True)
class Computed:
    """What a first-principles calculation, or an experiment, found of one property.

    Args:
        value: in the unit of the property.
        method: the program and its settings, or what the user's table calls it.
        note: anything a reader must know about this number.
    """

    value: float
    method: Text = ""
    note: Text = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer of one rule about one candidate.

    Args:
        rule: name of the rule, for example "oxidation".
        passed: None where the rule could not be applied.
        reason: why, in words for the user.
        chance: of a goal: probability that it is met; None where it cannot be said.
    """

    rule: str
    passed: bool | None
    reason: Text = ""
    chance: float | None = None


def candidate_id(seed: int, number: int, digits: int) -> str:
    """Name of a candidate within its run: the seed and its number.

    The letter keeps spreadsheets from taking it for a date or a number, as they do 1-00002. Runs of former versions
    keep the names without it.

    >>> candidate_id(1, 2, 5)
    's1-00002'
    """
    return f"s{seed}-{number:0{digits}d}"


@dataclass(frozen=True, slots=True)
class Candidate(Generic[M]):
    """A proposed material with all that was found out about it.

    Args:
        id: tells it from every other one of its run.
        material: the crystal, molecule or formula.
        origin: where it comes from.
        predictions: by property key.
        verdicts: of the rules that were asked.
        score: how well it meets the targets; None where nothing was asked.
        name: what its user calls it; many may bear one name. Empty for what was generated.
        columns: the cells of the user's row that are neither the material nor a value of a property, by the header
            of their column, as they were written.
        computed: what calculations or experiments found of it, by property key.
        stage: that it has reached, DRAFTED, PLACED or RELAXED, while its run goes on or where it was cancelled; empty
            once it was predicted and judged. The geometry of a drafted crystal means nothing.
    """

    id: str
    material: M
    origin: Origin
    predictions: Mapping[str, Prediction] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    score: float | None = None
    name: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    computed: Mapping[str, Computed] = field(default_factory=dict)
    stage: str = ""

    @property
    def is_draft(self) -> bool:
        """Whether its atoms have no places yet."""
        return self.stage == DRAFTED

    def value(self, key: str) -> float | None:
        """Prediction of property ``key``, or None where there is none."""
        prediction = self.predictions.get(key)
        return None if prediction is None else prediction.value

    def best(self, key: str) -> float | None:
        """What counts of property ``key``: the table of known phases, or else the judge, or else the prediction."""
        prediction = self.predictions.get(key)
        return None if prediction is None else prediction.deciding()[0]

    def verdict(self, rule: str) -> Verdict | None:
        """The verdict of ``rule``, or None where the rule was not asked."""
        return next((v for v in self.verdicts if v.rule == rule), None)

    def passed(self, rule: str) -> bool:
        """Whether ``rule`` was asked, could be applied and let it pass."""
        return (verdict := self.verdict(rule)) is not None and verdict.passed is True

    def failed(self, rule: str) -> bool:
        """Whether ``rule`` was asked, could be applied and rejected it."""
        return (verdict := self.verdict(rule)) is not None and verdict.passed is False

    def add_predictions(self, *predictions: Prediction) -> Candidate[M]:
        """A copy with ``predictions`` added (same key: replaced)."""
        return replace(self, predictions={**self.predictions, **{p.property: p for p in predictions}})

    def add_verdicts(self, *verdicts: Verdict) -> Candidate[M]:
        """A copy with ``verdicts`` added (same rule: replaced)."""
        rules = {v.rule for v in verdicts}
        return replace(self, verdicts=(*(v for v in self.verdicts if v.rule not in rules), *verdicts))

    def change_verdict(self, verdict: Verdict) -> Candidate[M]:
        """A copy with ``verdict`` in the place of the one of its rule; the same where that rule was not asked."""
        return replace(self, verdicts=tuple(verdict if v.rule == verdict.rule else v for v in self.verdicts))

    def without_verdict(self, rule: str) -> Candidate[M]:
        """A copy of which ``rule`` says nothing."""
        return replace(self, verdicts=tuple(v for v in self.verdicts if v.rule != rule))


@dataclass(frozen=True, slots=True)
class Progress(Generic[M]):
    """What a running job has done so far.

    Args:
        stage: "generate", "relax", "predict", "assess", "compare", "map", "train" or "done".
        done: candidates, or rows of a table, finished so far.
        total: of them in all; None where it is not known.
        candidates: everything found so far, with whatever is known of it.
        message: one line for the user, if there is something to say.
        working: the batch in work, each in the stage that it has reached; those without a stage are judged already.
    """

    stage: str
    done: int
    total: int | None
    candidates: tuple[Candidate[M], ...] = ()
    message: Text = ""
    working: tuple[Candidate[M], ...] = ()
