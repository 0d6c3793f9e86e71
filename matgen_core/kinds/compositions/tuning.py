"""MatGPT as a generator whose copy can be tuned: it writes formulas and says how likely each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from matgen_core.core.errors import BadInput
from matgen_core.core.errors import Cancelled as Ended
from matgen_core.core.records import Candidate, Formula, Origin
from matgen_core.kinds.compositions.generate import load_composer, write_formulas
from matgen_core.kinds.compositions.judge import judge_formulas, rejecting_rule
from matgen_core.kinds.compositions.predict import predict_formulas
from matgen_core.kinds.compositions.rows import CLS, PAD, SEP, count_atoms, encode_atoms
from matgen_core.kinds.protocol import Cancelled, Written

if TYPE_CHECKING:
    from matgen_core.kinds.compositions.kind import CompositionStages
    from matgen_core.models.gpt import ConditionalGPT


class TunableFormulas:
    """See :class:`matgen_core.kinds.protocol.Tunable`; strings are drawn at temperature 1.

    Args:
        stages: of a run for the target; they give the network its conditions, and judge.
    """

    def __init__(self, stages: CompositionStages) -> None:
        self._stages = stages
        self.prior, self.checkpoint = load_composer()

    def write(self, network: nn.Module, size: int, first: int, cancelled: Cancelled = None) -> Written[Formula]:
        """Strings of a network; one that did not end within the most atoms is no formula."""
        writer, stages = cast("ConditionalGPT", network), self._stages
        conditions, generator = stages.conditions(writer, first, size), stages.generator(first)
        strings = write_formulas(writer, conditions, stages.atoms, generator, cancelled=cancelled)
        if len(strings) < size:
            raise Ended
        whole = [len(string) <= stages.atoms.most for string in strings]
        tokens = [[CLS, *string, *([SEP] if ended else [])] for string, ended in zip(strings, whole, strict=True)]
        made = stages.candidates(strings, first, self.checkpoint)
        kept = tuple(c if ended else None for c, ended in zip(made, whole, strict=True))
        return Written(_pad(tokens).to(conditions.device), conditions, kept)

    def log_likelihood(self, network: nn.Module, written: Written[Formula]) -> Tensor:
        """(B,) in nats."""
        return -cast("ConditionalGPT", network).loss(written.strings, written.conditions)

    def read(self, names: Sequence[str], conditions: Tensor) -> Written[Formula] | None:
        """Given formulas; one of more atoms than are asked for, or of an element without a token, is left out."""
        found: dict[str, list[int]] = {}
        for name in names:
            counts = count_atoms(name)
            if sum(counts.values()) <= self._stages.atoms.most:
                with suppress(BadInput):
                    found[name] = encode_atoms(counts)
        if not found:
            return None
        rows, seed = torch.arange(len(found)) % len(conditions), self._stages.brief.seed
        made = tuple(
            Candidate(f"s{seed}-r-{i:05d}", Formula(name), Origin("rows", self.checkpoint, seed))
            for i, name in enumerate(found)
        )
        return Written(_pad(list(found.values())).to(conditions.device), conditions[rows], made)

    def cross(self, parents: Mapping[str, float], size: int, first: int, conditions: Tensor) -> Written[Formula] | None:
        """None: nothing is crossed."""
        return None

    def assess(self, candidates: Sequence[Candidate[Formula]]) -> list[Candidate[Formula] | None]:
        """Predictions by MatBERT, where goals ask for some; None where a constraint, the charges or novelty reject."""
        brief = self._stages.brief
        judged = judge_formulas(candidates, brief.target, brief.settings, {})
        passed = [c if rejecting_rule(c) is None else None for c in judged]
        if not brief.target.goals:
            return passed  # no prediction is asked for
        read = {c.id: c for c in predict_formulas([c for c in passed if c is not None])}
        return [None if c is None else read[c.id] for c in passed]


def _pad(strings: Sequence[Sequence[int]]) -> Tensor:
    """(B, T) of strings of different lengths."""
    width = max(map(len, strings))
    return torch.tensor([[*string, *[PAD] * (width - len(string))] for string in strings])
