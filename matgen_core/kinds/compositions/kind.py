"""Compositions as a kind: written by MatGPT, predicted by MatBERT, judged by charges, hazards and the hull."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.core.batching import split_on_oom
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Formula, Origin, candidate_id
from matgen_core.core.settings import CompositionSettings, Rules
from matgen_core.kinds.compositions.conditions import check_compositions, draw_formula_conditions
from matgen_core.kinds.compositions.files import formulas_to_csv
from matgen_core.kinds.compositions.generate import AtomRules, atom_rules, load_composer, write_formulas
from matgen_core.kinds.compositions.judge import (
    check_repeat,
    counts_as_found,
    finish_formulas,
    judge_formulas,
    near_formulas,
    rank_formulas,
    rejecting_rule,
)
from matgen_core.kinds.compositions.predict import load_reader, predict_formulas
from matgen_core.kinds.compositions.rows import FORMULA_PROPERTIES, count_atoms, decode_atoms, reduce_formula
from matgen_core.kinds.compositions.tuning import TunableFormulas
from matgen_core.kinds.compositions.views import ByFormula
from matgen_core.kinds.protocol import Batches, Brief, Cancelled, ForCount, Kind, NearKnown, Writer
from matgen_core.kinds.rules import judge_compositions
from matgen_core.kinds.surplus import SURPLUS

if TYPE_CHECKING:
    from matgen_core.models.gpt import ConditionalGPT


class CompositionStages:
    """One run of compositions. A formula is checked before it is predicted; without rules only what counts is."""

    def __init__(self, brief: Brief[CompositionSettings], before: Sequence[Candidate[Formula]] = ()) -> None:
        self.brief = brief
        self._seen = {c.material.reduced: c.id for c in reversed(before) if not c.failed("duplicate")}

    @cached_property
    def _composer(self) -> tuple[ConditionalGPT, str]:
        """The network that draws, and its name: the shipped one, or the user's tuned copy of it."""
        if self.brief.copy is None:
            return load_composer()
        network, name = self.brief.copy
        return cast("ConditionalGPT", network), name

    @cached_property
    def atoms(self) -> AtomRules:
        """What a string may be."""
        return atom_rules(self.brief.generation_target.constraints, self.brief.settings.prompt)

    def draw(self, size: int, first: int, cancelled: Cancelled = None) -> list[Candidate[Formula]]:
        """Formulas as they come."""
        return split_on_oom(lambda begin, count: self._write(begin, count, cancelled), first, size)

    def _write(self, first: int, size: int, cancelled: Cancelled) -> list[Candidate[Formula]]:
        settings, (network, checkpoint) = self.brief.settings, self._composer
        strings = write_formulas(
            network,
            self.conditions(network, first, size),
            self.atoms,
            self.generator(first),
            temperature=settings.temperature,
            top_k=settings.top_k,
            cancelled=cancelled,
        )
        return self.candidates(strings, first, checkpoint)

    def generator(self, first: int) -> torch.Generator:
        """Of the draws from string number ``first`` on."""
        return torch.Generator().manual_seed(self.brief.seed * 100_003 + first)

    def conditions(self, network: ConditionalGPT, first: int, size: int) -> torch.Tensor:
        """Conditions of the network for strings ``first`` to ``first + size``, (size, K)."""
        rng = np.random.default_rng((self.brief.seed, first))
        drawn = draw_formula_conditions(self.brief.generation_target, network.config.conditions.keys, size, rng)
        return torch.from_numpy(drawn).to(next(network.parameters()).device)

    def candidates(self, strings: Sequence[list[int]], first: int, checkpoint: str) -> list[Candidate[Formula]]:
        """Strings number ``first`` and on as candidates."""
        seed = self.brief.seed
        return [
            Candidate(
                candidate_id(seed, first + i, 5),
                Formula(_reduced(tokens)),
                Origin("matgpt", checkpoint, seed, first + i),
            )
            for i, tokens in enumerate(strings)
        ]

    def predict(
        self, batch: Sequence[Candidate[Formula]], cancelled: Cancelled = None
    ) -> tuple[Candidate[Formula], ...]:
        """Predictions of all where rules hold, and otherwise of those that count."""
        sifted = judge_formulas(batch, self.brief.target, self.brief.settings, self._seen)
        if self.brief.rules is not None:
            return tuple(predict_formulas(sifted))
        read = {candidate.id: candidate for candidate in predict_formulas(list(filter(counts_as_found, sifted)))}
        return tuple(read.get(candidate.id, candidate) for candidate in sifted)

    def judge(self, batch: Sequence[Candidate[Formula]]) -> tuple[Candidate[Formula], ...]:
        """Verdicts of hazards, goals and, where they hold, of the rules; none more of what is not worth predicting."""
        target, rules = self.brief.target, self.brief.rules
        if rules is not None:
            return judge_compositions(finish_formulas(batch, target), rules)
        finished = {c.id: c for c in finish_formulas([c for c in batch if c.predictions], target)}
        return tuple(finished.get(c.id, c) for c in batch)

    def admit(self, batch: Sequence[Candidate[Formula]]) -> tuple[Candidate[Formula], ...]:
        """With the verdict whether the run has the formula already."""
        return tuple(c.change_verdict(check_repeat(c, self._seen)) for c in batch)


def _reduced(tokens: Sequence[int]) -> str:
    return reduce_formula("".join(f"{element}{n}" for element, n in decode_atoms(tokens).items()))


class CompositionKind(ByFormula):
    """See :class:`matgen_core.kinds.protocol.Kind`."""

    name = "compositions"
    material = Formula
    properties: tuple[str, ...] = FORMULA_PROPERTIES
    settings = CompositionSettings
    batches = Batches(16, 64)
    for_count = ForCount(Batches(256, 256), 8, 0.5)
    begin = CompositionStages
    rank = staticmethod(rank_formulas)

    def prepare(self) -> None:
        """Loads MatGPT and MatBERT."""
        load_composer()
        load_reader()

    def check(self, target: Target, count: int, settings: CompositionSettings) -> None:
        """Raises BadTarget or BadInput for what cannot be asked for."""
        check_compositions(target, count, settings)

    def cautions(self, target: Target, settings: CompositionSettings) -> tuple[str, ...]:
        """None."""
        return ()

    def ruled(self, settings: CompositionSettings, rules: Rules) -> CompositionSettings:
        """Charges are left to the rule "oxidation", by which alloys pass, and novelty to "novelty"."""
        return replace(settings, neutral=False, new=False)

    def rejection(self, candidate: Candidate[Formula], settings: CompositionSettings) -> str | None:
        """A constraint or a setting that fails, a formula that the run has already, or one more than was wanted.

        Runs of former versions left out the predictions of what was more, and have no verdict of it.
        """
        return rejecting_rule(candidate) or (None if candidate.predictions else SURPLUS)

    def read(self, text: str) -> Formula:
        """The composition of a formula."""
        return Formula(reduce_formula(text))

    def settings_like(self, keys: Sequence[str]) -> tuple[CompositionSettings, str]:
        """The usual ones."""
        return CompositionSettings(), ""

    def tunable(self, brief: Brief[CompositionSettings]) -> TunableFormulas:
        """MatGPT."""
        return TunableFormulas(self.begin(brief))

    def key(self, material: Formula) -> str:
        """Reduced formula."""
        return material.reduced

    def written(self, material: Formula) -> str:
        """Reduced formula as chemists write it."""
        return write_formula(material.reduced)

    def elements(self, material: Formula) -> set[str]:
        """Its elements."""
        return set(count_atoms(material.reduced))

    def picture(self, material: Formula) -> str:
        """None: a composition has no structure."""
        return ""

    def nearest(self, material: Formula) -> tuple[NearKnown, ...]:
        """The known formulas that differ in the smallest share of atoms."""
        return near_formulas(material.reduced)

    def writers(self) -> Mapping[str, Writer]:
        """CSV."""
        return {"csv": formulas_to_csv}


KIND: Kind[Formula, CompositionSettings] = CompositionKind()
