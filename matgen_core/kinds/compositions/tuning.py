"""MatGPT as a generator whose copy can be tuned: it writes formulas and says how likely each is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from matgen_core.core.errors import Cancelled as Ended
from matgen_core.core.records import Candidate, Formula
from matgen_core.kinds.compositions.generate import load_composer, write_formulas
from matgen_core.kinds.compositions.judge import judge_formulas, rejecting_rule
from matgen_core.kinds.compositions.predict import predict_formulas
from matgen_core.kinds.compositions.rows import CLS, PAD, SEP
from matgen_core.kinds.protocol import Cancelled, Written
from matgen_core.models.gpt import ConditionalGPT

if TYPE_CHECKING:
    from matgen_core.kinds.compositions.kind import CompositionStages


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
        assert isinstance(network, ConditionalGPT)
        stages = self._stages
        conditions, generator = stages.conditions(network, first, size), stages.generator(first)
        strings = write_formulas(network, conditions, stages.atoms, generator, cancelled=cancelled)
        if len(strings) < size:
            raise Ended
        whole = [len(string) <= stages.atoms.most for string in strings]
        tokens = [[CLS, *string, *([SEP] if ended else [])] for string, ended in zip(strings, whole, strict=True)]
        width = max(map(len, tokens))
        padded = torch.tensor([row + [PAD] * (width - len(row)) for row in tokens], device=conditions.device)
        made = stages.candidates(strings, first, self.checkpoint)
        kept = tuple(c if ended else None for c, ended in zip(made, whole, strict=True))
        return Written(padded, conditions, kept)

    def log_likelihood(self, network: nn.Module, written: Written[Formula]) -> Tensor:
        """(B,) in nats."""
        assert isinstance(network, ConditionalGPT)
        return -network.loss(written.strings, written.conditions)

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
