"""The SMILES generator as a generator whose copy can be tuned: it writes molecules and says how likely each is."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from matgen_core.chem.molecules.crossover import breed
from matgen_core.chem.molecules.molecule import canonical, parse
from matgen_core.core.errors import BadInput
from matgen_core.core.errors import Cancelled as Ended
from matgen_core.core.records import Candidate, Molecule, Origin
from matgen_core.kinds.molecules.generate import load_writer, write_strings
from matgen_core.kinds.molecules.judge import REJECTING
from matgen_core.kinds.molecules.smiles import PAD, encode
from matgen_core.kinds.protocol import Cancelled, Written

if TYPE_CHECKING:
    from matgen_core.kinds.molecules.kind import MoleculeStages
    from matgen_core.models.smiles import ConditionalSMILESGenerator

#: Tries for each child that is wanted.
_TRIES = 4
_REJECTING = tuple(rule for rule in REJECTING if rule != "duplicate")


class TunableSmiles:
    """See :class:`matgen_core.kinds.protocol.Tunable`; strings are drawn at temperature 1, without guidance.

    Args:
        stages: of a run for the target; they give the network its conditions, and judge.
    """

    def __init__(self, stages: MoleculeStages) -> None:
        self._stages = stages
        self.prior, self.checkpoint = load_writer()

    def write(self, network: nn.Module, size: int, first: int, cancelled: Cancelled = None) -> Written[Molecule]:
        """Strings of a network."""
        writer, brief = cast("ConditionalSMILESGenerator", network), self._stages.brief
        plain = replace(brief.settings, temperature=1.0, top_k=0, top_p=1.0, guidance=0.0)
        conditions = self._stages.conditions(writer, first, size)
        generator = torch.Generator().manual_seed(brief.seed * 100_003 + first)
        strings = write_strings(writer, conditions, plain, generator, cancelled=cancelled)
        if len(strings) < size:
            raise Ended
        made = tuple(self._read(candidate) for candidate in self._stages.candidates(strings, first, self.checkpoint))
        return Written(_pad(strings).to(conditions.device), conditions, made)

    @staticmethod
    def _read(candidate: Candidate[Molecule]) -> Candidate[Molecule] | None:
        molecule = parse(candidate.material.smiles)
        if molecule is None:
            return None
        return replace(candidate, material=Molecule(canonical(molecule), candidate.material.written))

    def log_likelihood(self, network: nn.Module, written: Written[Molecule]) -> Tensor:
        """(B,) in nats."""
        return -cast("ConditionalSMILESGenerator", network).loss(written.strings, written.conditions)

    def read(self, names: Sequence[str], conditions: Tensor) -> Written[Molecule] | None:
        """Given molecules, as far as the network has tokens for them."""
        found: dict[str, list[int]] = {}
        for name in names:
            with suppress(BadInput):
                found[name] = encode(name)
        return self._written(found, conditions, "rows", "r")

    def cross(
        self, parents: Mapping[str, float], size: int, first: int, conditions: Tensor
    ) -> Written[Molecule] | None:
        """Pieces of two molecules put together, as far as the network has tokens for them."""
        brief = self._stages.brief
        rng = random.Random(brief.seed * 100_003 + first)
        names, weights = list(parents), [score + 1e-10 for score in parents.values()]
        found: dict[str, list[int]] = {}
        for _ in range(_TRIES * size):
            if len(found) >= size:
                break
            child = breed(names, weights, rng)
            if child is not None and child not in found:
                with suppress(BadInput):
                    found[child] = encode(child)
        return self._written(found, conditions, "crossover", f"c{first:05d}")

    def _written(
        self, found: Mapping[str, list[int]], conditions: Tensor, engine: str, begins: str
    ) -> Written[Molecule] | None:
        """Given SMILES and their tokens as if the network had written them."""
        if not found:
            return None
        rows, seed = torch.arange(len(found)) % len(conditions), self._stages.brief.seed
        made = tuple(
            Candidate(f"s{seed}-{begins}-{i:05d}", Molecule(name), Origin(engine, self.checkpoint, seed))
            for i, name in enumerate(found)
        )
        return Written(_pad(list(found.values())).to(conditions.device), conditions[rows], made)

    def assess(self, candidates: Sequence[Candidate[Molecule]]) -> list[Candidate[Molecule] | None]:
        """Properties by RDKit; None where a pattern, an alert or accessibility rejects."""
        judged = self._stages.judge(self._stages.predict(candidates))
        return [None if any(c.failed(rule) for rule in _REJECTING) else c for c in judged]


def _pad(strings: Sequence[list[int]]) -> Tensor:
    """(B, T) of strings of different lengths."""
    width = max(map(len, strings))
    return torch.tensor([string + [PAD] * (width - len(string)) for string in strings])
