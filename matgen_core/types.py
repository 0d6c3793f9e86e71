"""The records that flow through MatGen, and the errors it raises.

A stage takes a batch of :class:`Candidate` and returns the same number of new ones. Nothing here is ever changed in
place; what is not known is ``None``, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Generic

from typing_extensions import TypeVar

# ---------------------------------------------------------------------------------------------------------- errors


class MatGenError(ValueError):
    """Base of every error a user can cause. Its text names the input and the remedy and is safe to show."""


class BadTarget(MatGenError):
    """A target or a constraint that cannot be asked for."""


class BadInput(MatGenError):
    """A file, a row or a setting that cannot be read."""


class UnknownCheckpoint(MatGenError):
    """A checkpoint that is not there."""


class DamagedCheckpoint(MatGenError):
    """A checkpoint that is there but whose bytes or config do not fit."""


class MissingReference(MatGenError):
    """The computed reference under ``assets/reference`` is missing or unreadable."""


class Cancelled(Exception):
    """Raised inside a job when its user asked it to stop; never shown as a failure."""


# ------------------------------------------------------------------------------------------------------- materials


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


#: What a candidate is made of. Alone, ``Candidate`` means a crystal.
M = TypeVar("M", bound=Crystal | Molecule | Formula, default=Crystal)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a candidate comes from, exactly enough to make it again.

    Args:
        engine: "symmetry-first", "latent-diffusion", "file", …
        checkpoint: checkpoint names and digests that took part.
        seed: seed of the run.
        index: number of the candidate within the run.
    """

    engine: str
    checkpoint: str = ""
    seed: int | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Prediction:
    """One reading of one property.

    Args:
        property: key in :data:`matgen_core.properties.PROPERTIES`.
        value: in ``unit``; None where the reading failed (then ``note`` says why).
        spread: one standard deviation in ``unit``; None where it was not measured.
        unit: the unit, as shown to a reader.
        method: the model that read it.
        in_domain: whether the material is like what the model was trained on; None if not known.
        note: anything a reader must know about this number.
        known: what the table of known phases has of this very material, in ``unit``; None where it is not in it.
        zero_chance: probability that the value is zero (a metal, non-magnetic); None where the model does not tell.
        otherwise: the value if it is not zero.
        otherwise_spread: one standard deviation of that.
    """

    property: str
    value: float | None
    spread: float | None
    unit: str
    method: str
    in_domain: bool | None = None
    note: str = ""
    known: float | None = None
    zero_chance: float | None = None
    otherwise: float | None = None
    otherwise_spread: float | None = None


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
    reason: str = ""
    chance: float | None = None


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
    """

    id: str
    material: M
    origin: Origin
    predictions: Mapping[str, Prediction] = field(default_factory=dict)
    verdicts: tuple[Verdict, ...] = ()
    score: float | None = None
    name: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)

    def value(self, key: str) -> float | None:
        """Reading of property ``key``, or None where there is none."""
        prediction = self.predictions.get(key)
        return None if prediction is None else prediction.value

    def best(self, key: str) -> float | None:
        """What is known of property ``key`` from the table of known phases; where it is not in it, the reading."""
        prediction = self.predictions.get(key)
        return None if prediction is None else prediction.value if prediction.known is None else prediction.known

    def verdict(self, rule: str) -> Verdict | None:
        """The verdict of ``rule``, or None where the rule was not asked."""
        return next((v for v in self.verdicts if v.rule == rule), None)

    def add_predictions(self, *predictions: Prediction) -> Candidate[M]:
        """A copy with ``predictions`` added (same key: replaced)."""
        return replace(self, predictions={**self.predictions, **{p.property: p for p in predictions}})

    def add_verdicts(self, *verdicts: Verdict) -> Candidate[M]:
        """A copy with ``verdicts`` added (same rule: replaced)."""
        rules = {v.rule for v in verdicts}
        return replace(self, verdicts=(*(v for v in self.verdicts if v.rule not in rules), *verdicts))


# --------------------------------------------------------------------------------------------------------- targets


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
                raise BadTarget(f"a target must be a finite number, not {end}; leave it out for 'any'")
        if self.low is None and self.high is None:
            raise BadTarget("a goal needs a value or a bound; leave the property out for 'any'")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise BadTarget(f"the range {self.low:g} to {self.high:g} is reversed; write {self.high:g}:{self.low:g}")

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


@dataclass(frozen=True, slots=True)
class Constraints:
    """What every candidate must be, whatever its properties. Checked by :mod:`matgen_core.chem.composition`.

    Args:
        include: elements that must all be in it.
        exclude: elements that must not be in it.
        chemical_system: if given, exactly these elements.
        formula: if given, exactly this formula (any multiple of it in the cell), or any formula of this type: ABX3,
            ABO3 (:mod:`matgen_core.chem.formula_type` says which letters stand for any element).
        min_atoms: fewest atoms in the primitive cell.
        max_atoms: most atoms in the primitive cell.
        crystal_system: "triclinic" … "cubic", or None for any.
    """

    include: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    chemical_system: frozenset[str] | None = None
    formula: str | None = None
    min_atoms: int = 1
    max_atoms: int = 20
    crystal_system: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Goals by property key, and constraints. A property without a goal may be anything."""

    goals: Mapping[str, Goal] = field(default_factory=dict)
    constraints: Constraints = field(default_factory=Constraints)


# -------------------------------------------------------------------------------------------------------- sampling


@dataclass(frozen=True, slots=True)
class SamplingSettings:
    """How candidates are drawn; together with target, count and seed it repeats a run.

    Args:
        engine: "symmetry-first" or "latent-diffusion".
        guidance: classifier-free guidance weight; 1 is plain conditional sampling, larger presses harder on the goals.
        sampler: "ddpm", "ddim" or "dpm-solver".
        steps: denoising steps.
        drafts: skeletons compared for each that is given a geometry, where properties are asked for; of all of them
            those that likeliest have the properties go on, by the writer's own likelihood. Where one property and no
            element is asked for, they are themselves the likeliest of at least eight written ("symmetry-first" only;
            with 1 nothing is compared).
        skeletons: skeletons given a geometry for each candidate; the one whose geometry is doubted least is kept.
        geometries: geometries guessed for each skeleton, of which the generator's own score keeps one.
        refined: of these, how many (the least crowded) are refined by diffusion; the others are dropped before.
        temperature: softmax temperature of the discrete choices.
        geometry_temperature: of the geometry's bins and noise; below 1 is cooler and less varied.
        refine_from: share of the noise schedule from which a guess at geometry is refined by diffusion.
        crowding_weight: of atoms that come too near against the denoiser's unrest, when the best geometry is picked.
        prefer_stable: without a goal for it, ask for a distance to the hull as stable known crystals have.
    """

    engine: str = "symmetry-first"
    guidance: float = 2.0
    sampler: str = "dpm-solver"
    steps: int = 10
    drafts: int = 2
    skeletons: int = 3
    geometries: int = 6
    refined: int = 3
    temperature: float = 1.0
    geometry_temperature: float = 0.7
    refine_from: float = 0.3
    crowding_weight: float = 10.0
    prefer_stable: bool = True


@dataclass(frozen=True, slots=True)
class SmilesSettings:
    """How molecules are drawn; together with target, count and seed it repeats a run.

    Args:
        temperature: softmax temperature, 0.1 to 2; below 1 is surer and less varied.
        top_k: only the k likeliest tokens; 0 for all.
        top_p: only the likeliest tokens that together reach this probability; 1 for all.
        prefix: SMILES to grow from: every string begins with it.
        scaffold: SMILES of a part that is grown onto at an open end, or at every place that a "*" marks; every molecule
            must contain it, grown at all of these.
        require: SMARTS that must occur in the molecule.
        forbid: SMARTS that must not.
        filters: alerts that reject: "PAINS", "BRENK".
        max_sa: largest synthetic accessibility score (1 easy, 10 hard); None for any.
        until: what ``count`` counts: "drawn", or molecules that are "valid", "unique", "novel" (each includes those
            before it), or that pass everything ("passing"): the sampler keeps asking until there are as many.
        cap: most strings a run may draw, in multiples of ``count``.
        grammar: only strings that are molecules by their grammar: one that comes to a token after which no molecule
            can be written is begun anew; without it the network is on its own.
        guidance: how much more than told the network heeds the goals (classifier-free guidance); 0 for as told.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    prefix: str = ""
    scaffold: str = ""
    require: str = ""
    forbid: str = ""
    filters: tuple[str, ...] = ()
    max_sa: float | None = None
    until: str = "unique"
    cap: int = 10
    grammar: bool = True
    guidance: float = 1.0


@dataclass(frozen=True, slots=True)
class FormulaSettings:
    """How compositions are drawn; together with target, count and seed it repeats a run.

    Args:
        temperature: softmax temperature, 0.1 to 2. A little above 1 is the usual: cooler, MatGPT goes on for longer,
            and long formulas balance their charges less often.
        top_k: only the k likeliest elements at each place; 0 for all.
        prompt: atoms that every formula begins with, such as "Li" or "Fe O".
        neutral: only what common oxidation states make neutral, intermetallics not; the sampler keeps asking until
            there are as many as were asked for.
        new: only formulas that are not among the known ones; likewise.
        cap: most strings a run may draw, in multiples of the count.
    """

    temperature: float = 1.1
    top_k: int = 0
    prompt: str = ""
    neutral: bool = True
    new: bool = False
    cap: int = 20


@dataclass(frozen=True, slots=True)
class Progress(Generic[M]):
    """What a running job has done so far.

    Args:
        stage: "generate", "predict", "assess" or "done".
        done: candidates finished so far.
        total: candidates asked for.
        candidates: everything found so far, with whatever is known of it.
        message: one line for the user, if there is something to say.
    """

    stage: str
    done: int
    total: int
    candidates: tuple[Candidate[M], ...] = ()
    message: str = ""
