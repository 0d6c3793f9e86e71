"""Molecules for a target, from the conditions to the ranked list: what the command and the page both call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from matgen_core.data.molecule_reference import load_molecule_reference
from matgen_core.data.smiles import decode
from matgen_core.memory import in_halves
from matgen_core.stages.grow import beginnings
from matgen_core.stages.judge_molecules import REJECTING, Judge, counts_for, rank_molecules
from matgen_core.stages.molecule_conditions import check_molecules, draw_molecule_conditions
from matgen_core.stages.write_smiles import load_writer, write_strings
from matgen_core.types import Cancelled, Candidate, Molecule, Origin, Progress, SmilesSettings, Target

_BATCH = 512


def design_molecules(
    target: Target,
    count: int = 100,
    *,
    seed: int = 0,
    settings: SmilesSettings | None = None,
    on_progress: Callable[[Progress[Molecule]], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> tuple[Candidate[Molecule], ...]:
    """Draws molecules for a target until there are enough, and says of each what it is.

    Every finished string comes back, also those that are no molecules: what was rejected is a verdict. One that the
    grammar refused before its end is begun anew and not counted; without the grammar there is none such.

    Args:
        target: goals; constraints are the crystals' and not looked at.
        count: molecules asked for; ``settings.until`` says of what kind.
        seed: the same seed, settings, count and versions give the same molecules.
        settings: temperature, beginnings, rules and the cap.
        on_progress: called after each batch with everything drawn so far.
        cancelled: asked at every token; once it says yes, what was found is returned.

    Raises:
        BadTarget, BadInput: for what cannot be asked for.
    """
    settings = settings or SmilesSettings()
    check_molecules(target, count, settings)
    report = on_progress or (lambda progress: None)
    report(Progress("generate", 0, count))
    run = _Run(target, seed, settings)
    most = count * settings.cap
    while run.found < count and len(run.drawn) < most:
        try:
            run.draw(min(_BATCH, most - len(run.drawn), run.wanted(count)), cancelled)
        except Cancelled:
            break
        report(Progress("assess", min(count, run.found), count, rank_molecules(run.drawn, target)))
    ranked = rank_molecules(run.drawn, target)
    short = "" if run.found >= count else f"{run.found} of {count} found in {len(run.drawn)} strings; raise the cap"
    report(Progress("done", min(count, run.found), count, ranked, short))
    return ranked


@dataclass
class _Run:
    """A run that goes on: everything drawn so far, and how many of it count."""

    target: Target
    seed: int
    settings: SmilesSettings
    drawn: list[Candidate[Molecule]] = field(default_factory=list)
    found: int = 0

    def __post_init__(self) -> None:
        self.network, self.checkpoint = load_writer()
        self.reference = load_molecule_reference()
        self.judge = Judge(self.target, self.settings, self.reference)
        self.begins = beginnings(self.network, self.settings)
        self.turn = 0

    def wanted(self, count: int) -> int:
        """Strings to draw next, by the share that counted so far; the last one drawn should be the last needed."""
        share = max(0.02, self.found / len(self.drawn)) if self.drawn else 1.0
        return max(1, round((count - self.found) / share))

    def draw(self, size: int, cancelled: Callable[[], bool] | None) -> None:
        batch = in_halves(lambda first, count: self._write(first, count, cancelled), len(self.drawn), size)
        judged = self.judge(batch)
        self.drawn += judged
        self.found += sum(counts_for(candidate, self.settings.until) for candidate in judged)

    def _write(self, first: int, size: int, cancelled: Callable[[], bool] | None) -> list[Candidate[Molecule]]:
        rng = np.random.default_rng((self.seed, first))
        conditions = torch.from_numpy(draw_molecule_conditions(self.target, size, rng, self.reference))
        conditions = conditions.to(next(self.network.parameters()).device)
        generator = torch.Generator().manual_seed(self.seed * 100_003 + first)
        # A batch begins with one string, since rows share their places; the writings of a scaffold take a part each.
        strings: list[list[int]] = []
        for part in conditions.split(max(1, -(-size // len(self.begins)))):
            begin = self.begins[self.turn % len(self.begins)]
            self.turn += 1
            strings += write_strings(self.network, part, self.settings, generator, begin=begin, cancelled=cancelled)
        return [
            Candidate(
                f"{self.seed}-{first + i:05d}", Molecule(text, text),
                Origin("smiles-gpt", self.checkpoint, self.seed, first + i),
            )
            for i, text in enumerate(map(decode, strings))
        ]  # fmt: skip


def summarise(candidates: Sequence[Candidate[Molecule]]) -> dict[str, int]:
    """How many were drawn, are valid, unique, new, and were rejected by each rule that was asked."""

    def passed(rule: str) -> int:
        return sum((v := c.verdict(rule)) is not None and v.passed is True for c in candidates)

    rules = dict.fromkeys(v.rule for c in candidates for v in c.verdicts)
    rejected = {
        f"rejected:{rule}": sum((v := c.verdict(rule)) is not None and v.passed is False for c in candidates)
        for rule in rules
        if rule in REJECTING or rule.startswith("target:")
    }
    novel = sum(counts_for(c, "novel") for c in candidates)
    return {
        "drawn": len(candidates),
        "valid": passed("valid"),
        "unique": passed("duplicate"),
        "novel": novel,
        **rejected,
    }
