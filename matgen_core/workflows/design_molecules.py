"""Molecules for a target, from the conditions to the ranked list: what the command and the page both call."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from matgen_core.core.batching import split_on_oom
from matgen_core.core.errors import Cancelled
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Molecule, Origin, Progress
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.conditions import check_molecules, draw_molecule_conditions
from matgen_core.kinds.molecules.generate import load_writer, write_strings
from matgen_core.kinds.molecules.judge import REJECTING, Judge, counts_for, rank_molecules
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.kinds.molecules.scaffolds import beginnings
from matgen_core.kinds.molecules.smiles import decode

_BATCH = 512


def design_molecules(
    target: Target,
    count: int = 100,
    *,
    seed: int = 0,
    settings: MoleculeSettings | None = None,
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
    settings = settings or MoleculeSettings()
    check_molecules(target, count, settings)
    report = on_progress or (lambda progress: None)
    report(Progress("generate", 0, count))
    writer = MoleculeWriter(target, seed, settings)
    judge = Judge(target, settings, writer.reference)
    drawn: list[Candidate[Molecule]] = []
    found, most, stopped = 0, count * settings.cap, False
    while found < count and len(drawn) < most and not stopped:
        # By the share that counted so far; the last one drawn should be the last needed.
        share = max(0.02, found / len(drawn)) if drawn else 1.0
        size = min(_BATCH, most - len(drawn), max(1, round((count - found) / share)))
        try:
            judged = judge(writer.draw(len(drawn), size, cancelled))
        except Cancelled:
            judged, stopped = (), True
        drawn += judged
        stopped = stopped or len(judged) < size  # cancelled within the batch
        found += sum(counts_for(candidate, settings.until) for candidate in judged)
        report(Progress("assess", min(count, found), count, rank_molecules(drawn, target)))
    ranked = rank_molecules(drawn, target)
    short = "" if found >= count or stopped else f"{found} of {count} found in {len(drawn)} strings; raise the cap"
    report(Progress("done", min(count, found), count, ranked, short))
    return ranked


class MoleculeWriter:
    """Writes the strings of one run; which ones follows from the seed and the number of the first.

    Args:
        target: the goals.
        seed: of the run.
        settings: temperature, beginnings, guidance.
    """

    def __init__(self, target: Target, seed: int, settings: MoleculeSettings) -> None:
        self.target, self.seed, self.settings = target, seed, settings
        self.network, self.checkpoint = load_writer()
        self.reference = load_molecule_reference()
        self.begins = beginnings(self.network, settings)

    def draw(self, first: int, size: int, cancelled: Callable[[], bool] | None) -> list[Candidate[Molecule]]:
        """So many strings from number ``first`` on; those that were finished, where ``cancelled`` said so.

        Raises:
            Cancelled: where none was finished.
        """
        done: list[Candidate[Molecule]] = []
        try:
            split_on_oom(lambda begin, count: self._write(begin, count, done, cancelled), first, size)
        except Cancelled:
            if not done:
                raise
        return done

    def _write(
        self, first: int, size: int, done: list[Candidate[Molecule]], cancelled: Callable[[], bool] | None
    ) -> list[Candidate[Molecule]]:
        """Strings ``first`` to ``first + size``, added to ``done`` as well."""
        rng = np.random.default_rng((self.seed, first))
        conditions = torch.from_numpy(draw_molecule_conditions(self.target, size, rng, self.reference))
        conditions = conditions.to(next(self.network.parameters()).device)
        generator = torch.Generator().manual_seed(self.seed * 100_003 + first)
        # A batch begins with one string, since rows share their places; the writings of a scaffold take a part each.
        strings: list[list[int]] = []
        for turn, part in enumerate(conditions.split(max(1, -(-size // len(self.begins)))), start=first):
            begin = self.begins[turn % len(self.begins)]
            try:
                strings += write_strings(self.network, part, self.settings, generator, begin=begin, cancelled=cancelled)
            except Cancelled:
                if not strings:
                    raise
                break
        made = [
            Candidate(
                f"{self.seed}-{first + i:05d}", Molecule(text, text),
                Origin("smiles-gpt", self.checkpoint, self.seed, first + i),
            )
            for i, text in enumerate(map(decode, strings))
        ]  # fmt: skip
        done += made
        return made


def summarise(candidates: Sequence[Candidate[Molecule]]) -> dict[str, int]:
    """How many were drawn, are valid, unique, new, and were rejected by each rule that was asked."""

    def passed(rule: str) -> int:
        return sum(c.passed(rule) for c in candidates)

    rules = dict.fromkeys(v.rule for c in candidates for v in c.verdicts)
    rejected = {
        f"rejected:{rule}": sum(c.failed(rule) for c in candidates)
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
