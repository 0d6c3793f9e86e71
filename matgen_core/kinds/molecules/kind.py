"""Molecules as a kind: written by the SMILES GPT, read by RDKit, judged by alerts, accessibility and novelty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from matgen_core.chem.molecules.drawing import draw
from matgen_core.chem.molecules.molecule import canonical, properties, read, split_extension
from matgen_core.core import errors
from matgen_core.core.batching import split_on_oom
from matgen_core.core.goals import Goal, Target, unconditioned
from matgen_core.core.messages import Message
from matgen_core.core.properties import asked_of, conditions_of
from matgen_core.core.records import Candidate, Molecule, Origin, candidate_id
from matgen_core.core.settings import MoleculeSettings, Rules
from matgen_core.kinds.molecules.admet import add_admet, asked_endpoints
from matgen_core.kinds.molecules.conditions import (
    check_molecules,
    contradiction,
    count_known,
    draw_molecule_conditions,
    likest_domain,
    outside_chosen,
)
from matgen_core.kinds.molecules.embed import print_vectors
from matgen_core.kinds.molecules.files import to_csv, to_sdf, to_sdf_3d, to_smiles
from matgen_core.kinds.molecules.fragments import put_behind
from matgen_core.kinds.molecules.generate import load_writer, with_domain, write_strings
from matgen_core.kinds.molecules.judge import Judge, rank_molecules, rejecting_rule
from matgen_core.kinds.molecules.near import own_conditions
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.molecules.smiles import decode
from matgen_core.kinds.molecules.starts import Start, start_cautions
from matgen_core.kinds.molecules.tuning import TunableSmiles
from matgen_core.kinds.molecules.views import molecule_views, murcko_scaffold
from matgen_core.kinds.protocol import Batches, Brief, Cancelled, ForCount, Kind, NearKnown, Writer

if TYPE_CHECKING:
    from matgen_core.models.smiles import ConditionalSMILESGenerator


class MoleculeStages:
    """One run of molecules; which strings are written follows from the seed and the number of the first."""

    def __init__(self, brief: Brief[MoleculeSettings], before: Sequence[Candidate[Molecule]] = ()) -> None:
        self.brief = brief
        seen = {c.material.smiles: c.id for c in reversed(before) if not c.failed("duplicate")}
        self._judge = Judge(brief.target, brief.settings, load_molecule_reference(), seen)

    @cached_property
    def _writer(self) -> tuple[ConditionalSMILESGenerator, str]:
        """The network that draws, and its name: the shipped one, or the user's tuned copy of it."""
        if self.brief.copy is None:
            return load_writer()
        network, name = self.brief.copy
        return cast("ConditionalSMILESGenerator", network), name

    @cached_property
    def _start(self) -> Start:
        return Start(self._writer[0], self.brief.settings, self.brief.seed)

    def draw(self, size: int, first: int, cancelled: Cancelled = None) -> list[Candidate[Molecule]]:
        """Strings as they come; those that were finished, where ``cancelled`` said so."""
        done: list[Candidate[Molecule]] = []
        try:
            split_on_oom(lambda begin, count: self._write(begin, count, done, cancelled), first, size)
        except errors.Cancelled:
            if not done:
                raise
        return done

    def _write(
        self, first: int, size: int, done: list[Candidate[Molecule]], cancelled: Cancelled
    ) -> list[Candidate[Molecule]]:
        """Strings ``first`` to ``first + size``, added to ``done`` as well."""
        (network, checkpoint), seed, settings = self._writer, self.brief.seed, self.brief.settings
        conditions = self.conditions(network, first, size)
        generator = torch.Generator().manual_seed(seed * 100_003 + first)
        strings: list[list[int]] = []
        for part in self._start.parts(size, first):
            mine = conditions[len(strings) : len(strings) + part.count]
            try:
                written = write_strings(network, mine, settings, generator, begin=part.begin, cancelled=cancelled)
            except errors.Cancelled:
                if not strings:
                    raise
                break
            strings += put_behind(network, written, part.link, mine, generator) if part.link else written
            if len(written) < part.count:  # cancelled
                break
        made = self.candidates(strings, first, checkpoint)
        done += made
        return made

    def conditions(self, network: ConditionalSMILESGenerator, first: int, size: int) -> torch.Tensor:
        """Conditions of the network for strings ``first`` to ``first + size``, (size, K + 1): goals and domain."""
        rng, domain = np.random.default_rng((self.brief.seed, first)), self.brief.settings.domain
        keys, target = network.config.conditions.keys, self.brief.generation_target
        drawn = draw_molecule_conditions(target, keys, size, rng, load_molecule_reference(), domain)
        drawn = own_conditions(self.brief.settings, keys, drawn, target.goals)
        return with_domain(network, torch.from_numpy(drawn).to(next(network.parameters()).device), domain)

    def candidates(self, strings: Sequence[list[int]], first: int, checkpoint: str) -> list[Candidate[Molecule]]:
        """Strings number ``first`` and on as candidates."""
        seed = self.brief.seed
        return [
            Candidate(
                candidate_id(seed, first + i, 5),
                Molecule(text, text),
                Origin("smiles-gpt", checkpoint, seed, first + i),
            )
            for i, text in enumerate(map(decode, strings))
        ]

    def predict(
        self, batch: Sequence[Candidate[Molecule]], cancelled: Cancelled = None
    ) -> tuple[Candidate[Molecule], ...]:
        """Canonical writing and predictions of those that are molecules; of ADMET where it is asked for."""
        read = self._judge.read(batch)
        endpoints = asked_endpoints(self.brief.target.goals, self.brief.settings.admet)
        return add_admet(read, endpoints, cancelled) if endpoints else read

    def judge(self, batch: Sequence[Candidate[Molecule]]) -> tuple[Candidate[Molecule], ...]:
        """Verdicts of the grammar, the patterns, the alerts and the goals."""
        return self._judge.judge(batch)

    def admit(self, batch: Sequence[Candidate[Molecule]]) -> tuple[Candidate[Molecule], ...]:
        """With the verdict whether the run has the molecule already. A string that is none stays so."""
        return tuple(c.change_verdict(self._judge.check_repeat(c)) if c.passed("valid") else c for c in batch)


class MoleculeKind:
    """See :class:`matgen_core.kinds.protocol.Kind`."""

    name = "molecules"
    material = Molecule
    properties: tuple[str, ...] = asked_of("molecules")
    settings = MoleculeSettings
    batches = Batches(32, 512)
    for_count = ForCount(Batches(512, 512), 1, 0.5)
    begin = MoleculeStages
    check = staticmethod(check_molecules)
    rank = staticmethod(rank_molecules)
    vectors = staticmethod(print_vectors)
    group = staticmethod(murcko_scaffold)
    views = staticmethod(molecule_views)

    def prepare(self) -> None:
        """Loads the SMILES GPT and the known molecules."""
        load_writer()
        load_molecule_reference()

    def cautions(self, target: Target, settings: MoleculeSettings) -> tuple[str, ...]:
        """That the domain holds no such molecule, nor one as given; goals that never meet, or are not told."""
        reference, domain = load_molecule_reference(), settings.domain
        warnings = [outside_chosen(target, reference, domain), contradiction(target, reference, domain)]
        if settings.near.strip() and "weight" not in target.goals:
            weight = properties(read(settings.near, "molecule"))["weight"]
            warnings.append(outside_chosen(Target({"weight": Goal.at(round(weight, 1))}), reference, domain))
        told = conditions_of("molecules")
        begun = start_cautions(settings)
        return (*(warning for warning in warnings if warning is not None), *begun, *unconditioned(target, told))

    def ruled(self, settings: MoleculeSettings, rules: Rules) -> MoleculeSettings:
        """Alerts and accessibility as the rules say; how many may be drawn is the budget's to say."""
        return replace(settings, until="passing", filters=rules.filters, max_sa=rules.max_sa, cap=1)

    def generation_target(self, target: Target, rules: Rules) -> Target:
        """As it is: constraints are the crystals' and not looked at."""
        return target

    def rejection(self, candidate: Candidate[Molecule], settings: MoleculeSettings) -> str | None:
        """By what :attr:`MoleculeSettings.until` counts, by the structure that was asked for, or one too many."""
        return rejecting_rule(candidate, settings.until)

    def count_known(self, target: Target, settings: MoleculeSettings) -> tuple[int | None, int]:
        """Of the sampled training molecules of the domain; None where one of the goals has no values there."""
        return count_known(target, load_molecule_reference(), settings.domain)

    def read(self, text: str) -> Molecule:
        """The molecule of a SMILES; an extension or a name that follows is passed over."""
        return Molecule(canonical(read(split_extension(text)[0])))

    def settings_like(self, keys: Sequence[str]) -> tuple[MoleculeSettings, str]:
        """Of the domain that most of them are like."""
        domain = _domain_of(tuple(keys))
        note = Message("The generator writes {domain} molecules, which most of your rows are like", domain=domain)
        return MoleculeSettings(domain=domain), note if keys else ""

    def tunable(self, brief: Brief[MoleculeSettings]) -> TunableSmiles:
        """The SMILES GPT."""
        return TunableSmiles(self.begin(brief))

    def key(self, material: Molecule) -> str:
        """SMILES."""
        return material.smiles

    def written(self, material: Molecule) -> str:
        """SMILES."""
        return material.smiles

    def elements(self, material: Molecule) -> set[str]:
        """None: a molecule has no hull, and no rule asks for its elements."""
        return set()

    def picture(self, material: Molecule) -> str:
        """The molecule, flat."""
        return draw(material.smiles, 420, 260, ink="#1c2221")

    def nearest(self, material: Molecule) -> tuple[NearKnown, ...]:
        """The sampled training molecules of the most similar fingerprint."""
        said = Message("Tanimoto similarity of Morgan fingerprints, among sampled training molecules")
        found = load_molecule_reference().nearest(material.smiles)
        return tuple(NearKnown(name, "", said, round(likeness, 4)) for name, likeness in found)

    def writers(self) -> Mapping[str, Writer]:
        """CSV, SDF flat and in 3D, SMILES."""
        return {"csv": to_csv, "sdf": to_sdf, "3d.sdf": to_sdf_3d, "smi": to_smiles}


@lru_cache(maxsize=8)
def _domain_of(smiles: tuple[str, ...]) -> str:
    return likest_domain(smiles, load_molecule_reference())


KIND: Kind[Molecule, MoleculeSettings] = MoleculeKind()
