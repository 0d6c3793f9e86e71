"""Crystals as a kind: drawn by an engine, read by CHGNet and the judge of gaps, judged by rules and the hull."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.formula_writing import write_formula
from matgen_core.chem.oxidation import NONE, balance
from matgen_core.chem.structure import formula_counts, reduced_formula
from matgen_core.chem.symmetry import wyckoff_positions
from matgen_core.core.errors import BadInput, BadTarget
from matgen_core.core.goals import Target
from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES, asked_of
from matgen_core.core.records import Candidate, Crystal
from matgen_core.core.settings import CrystalSettings, Rules
from matgen_core.files.units import METHOD as GIVEN
from matgen_core.kinds.compositions.judge import fractions_of_formula
from matgen_core.kinds.crystals.conditions import check_target
from matgen_core.kinds.crystals.duplicates import SeenStructures
from matgen_core.kinds.crystals.engines.registry import parts_of
from matgen_core.kinds.crystals.files import to_cif_zip, to_csv, to_json
from matgen_core.kinds.crystals.generate import check_settings, generate, load_engine, told_of
from matgen_core.kinds.crystals.grammar import Grammar, Skeleton, without_geometry
from matgen_core.kinds.crystals.judge import assess
from matgen_core.kinds.crystals.predict import predict
from matgen_core.kinds.crystals.predict import prepare as prepare_predictions
from matgen_core.kinds.crystals.rank import REJECTING, rank
from matgen_core.kinds.crystals.reference import load_reference, structure_type
from matgen_core.kinds.crystals.relax_drawn import relax_drawn
from matgen_core.kinds.crystals.rows import Rejected, parse_row
from matgen_core.kinds.protocol import Batches, Brief, Cancelled, ForCount, Kind, Writer
from matgen_core.kinds.rules import allowed, judge_crystals

MOST = 10_000
#: Different geometries of one structure type that a run tries.
_MOST_ALIKE = 3


class CrystalStages:
    """One run of crystals. Where rules hold, skeletons that they reject whatever the geometry are not placed."""

    def __init__(self, brief: Brief[CrystalSettings], before: Sequence[Candidate[Crystal]]) -> None:
        self.brief, self._seen = brief, SeenStructures.of(reversed(before))

    def draw(self, size: int, first: int, cancelled: Cancelled = None) -> tuple[Candidate[Crystal], ...]:
        """Crystals with their geometry."""
        brief, is_rejected = self.brief, None
        if brief.rules is not None:
            is_rejected = partial(is_hopeless, known=brief.rules.known, seen=self._seen)
        return generate(
            brief.told,
            size,
            seed=brief.seed,
            settings=brief.settings,
            first=first,
            cancelled=cancelled,
            is_rejected=is_rejected,
        )

    def predict(
        self, batch: Sequence[Candidate[Crystal]], most: int | None = None, cancelled: Cancelled = None
    ) -> tuple[Candidate[Crystal], ...]:
        """Predictions of those that have none of a model yet; what was kept of a run has them."""
        relaxed = self._relax([c for c in batch if not _was_read(c)], cancelled)
        fresh = predict(relaxed, judge=self.brief.settings.judge, cancelled=cancelled)
        read = {c.id: c for c in fresh}
        return tuple(read.get(c.id, c) for c in batch)

    def _relax(self, batch: Sequence[Candidate[Crystal]], cancelled: Cancelled) -> list[Candidate[Crystal]]:
        """What was drawn, relaxed; a structure from a file stays as its owner wrote it."""
        drawn = [c for c in batch if c.origin.engine != "file"]
        brief = self.brief
        found = relax_drawn(drawn, brief.settings.relax, constraints=brief.told.constraints, cancelled=cancelled)
        relaxed = {c.id: c for c in found}
        return [relaxed.get(c.id, c) for c in batch]

    def judge(self, batch: Sequence[Candidate[Crystal]]) -> tuple[Candidate[Crystal], ...]:
        """Verdicts of the goals and, where they hold, of the rules."""
        assessed = assess(batch, self.brief.target, self._seen)
        return assessed if self.brief.rules is None else judge_crystals(assessed, self.brief.rules)


def _was_read(candidate: Candidate[Crystal]) -> bool:
    return any(prediction.method != GIVEN for prediction in candidate.predictions.values())


def is_hopeless(skeleton: Skeleton, known: bool, seen: SeenStructures) -> bool:
    """Whether the rules reject a crystal of this skeleton, as far as its formula and structure type say.

    A polyanion with long chains (Te–Te) that only its geometry would show is given up here, too.

    Args:
        skeleton: to be placed.
        known: whether what is known already may be listed.
        seen: the different structures of the run so far.
    """
    crystal = without_geometry(skeleton)
    kind, formula, reference = structure_type(crystal), reduced_formula(crystal), load_reference()
    free = any(wyckoff_positions(crystal.space_group)[site.letter].degrees_of_freedom for site in crystal.sites)
    alike = sum(structure_type(other) == kind for other in seen.of_formula(formula))
    if alike >= (_MOST_ALIKE if free else 1):
        return True
    if not known and (reference.has_type(kind) or not reference.may_be_new(formula)):
        return True
    return balance(formula).kind == NONE


class CrystalKind:
    """See :class:`matgen_core.kinds.protocol.Kind`."""

    name = "crystals"
    material = Crystal
    properties: tuple[str, ...] = asked_of("crystals")
    settings = CrystalSettings
    # One crystal first: it takes seconds, and from its structure on the time limit is heeded within every batch.
    batches = Batches(1, 32)
    # Four for the first rows: the critic chooses within a batch, and one at a time it has little to choose from.
    for_count = ForCount(Batches(4, 32), 1, 0.5)

    def prepare(self) -> None:
        """Loads networks and reference of the usual engine.

        Raises:
            UnknownCheckpoint, DamagedCheckpoint, MissingReference: where one is not there or not whole.
        """
        for name in parts_of(CrystalSettings().engine):
            load_engine(name)
        Grammar()  # the tables of every space group are made once, which takes seconds
        prepare_predictions()

    def check(self, target: Target, count: int, settings: CrystalSettings) -> None:
        """Raises BadTarget for goals, constraints, counts or settings that cannot be."""
        check_target(target)
        if not 1 <= count <= MOST:
            raise BadTarget("{count} candidates cannot be generated; choose 1 to {most:,}", count=count, most=MOST)
        check_settings(settings)

    def cautions(self, target: Target, settings: CrystalSettings) -> tuple[str, ...]:
        """That the networks of the engine were not trained on a property."""
        told = told_of(settings.engine)
        return tuple(
            Message(
                "{label}: the networks were not trained on it, so generation is not conditioned on it; the "
                "target only filters and ranks candidates",
                label=PROPERTIES[key].label,
            )
            for key in target.goals
            if key not in told
        )

    def ruled(self, settings: CrystalSettings, rules: Rules) -> CrystalSettings:
        """The second potential judges where both say so."""
        return replace(settings, judge=settings.judge and rules.judge)

    def told(self, target: Target, rules: Rules) -> Target:
        """Without the elements that the rules exclude."""
        return allowed(target, rules)

    def begin(self, brief: Brief[CrystalSettings], before: Sequence[Candidate[Crystal]] = ()) -> CrystalStages:
        """A run of crystals."""
        return CrystalStages(brief, before)

    def rejection(self, candidate: Candidate[Crystal], settings: CrystalSettings) -> str | None:
        """Atoms too near, a constraint that fails, or a structure that the run has already."""
        return next((rule for rule in REJECTING if candidate.failed(rule)), None)

    def rank(self, candidates: Sequence[Candidate[Crystal]], target: Target) -> tuple[Candidate[Crystal], ...]:
        """By soundness, goals and the hull."""
        return rank(candidates, target)

    def read(self, text: str) -> Crystal:
        """The crystal of a CIF."""
        crystal = parse_row("", text)
        if isinstance(crystal, Rejected):
            raise BadInput(crystal.reason)
        return crystal

    def vectors(self, keys: Sequence[str]) -> NDArray[np.float32]:
        """Atomic fractions."""
        return np.stack(list(map(fractions_of_formula, keys)))

    def key(self, material: Crystal) -> str:
        """Reduced formula."""
        return reduced_formula(material)

    def written(self, material: Crystal) -> str:
        """Reduced formula as chemists write it."""
        return write_formula(reduced_formula(material))

    def elements(self, material: Crystal) -> set[str]:
        """Its elements."""
        return set(formula_counts(material))

    def writers(self) -> Mapping[str, Writer]:
        """CSV, CIFs in a zip, JSON."""
        return {"csv": to_csv, "zip": to_cif_zip, "json": to_json}


KIND: Kind[Crystal, CrystalSettings] = CrystalKind()
