"""Powder patterns of crystals, and crystals ranked by how well they explain a measured one; both as tables (CSV)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matgen_core.chem.crystals.diffraction import Comparison, Lines, Match, simulate
from matgen_core.core.errors import BadInput
from matgen_core.core.messages import Text
from matgen_core.core.records import Candidate
from matgen_core.kinds.crystals.files.candidate_files import formula_text, write_table

#: Heads of :func:`line_rows`.
LINE_HEADER = ("hkl", "d_angstrom", "two_theta_deg", "intensity_percent")


@dataclass(frozen=True)
class Ranked:
    """A crystal and its match.

    Args:
        candidate: the crystal.
        match: None where there is none; ``reason`` says why.
        reason: empty where it was compared.
    """

    candidate: Candidate
    match: Match | None
    reason: Text = ""


def rank_by_pattern(candidates: Sequence[Candidate], comparison: Comparison) -> list[Ranked]:
    """The candidates by their match, best first; those that cannot be compared last, in their order."""
    ranked = []
    for candidate in candidates:
        try:
            ranked.append(Ranked(candidate, comparison.match(candidate.material)))
        except BadInput as error:
            ranked.append(Ranked(candidate, None, error.message))
    return sorted(ranked, key=lambda one: -1.0 if one.match is None else one.match.score, reverse=True)


def line_rows(lines: Lines) -> list[tuple[object, ...]]:
    """hkl, d, 2θ and intensity of each reflection."""
    return list(
        zip(
            lines.planes,
            map(float, lines.spacings),
            map(float, lines.angles),
            map(float, lines.intensities),
            strict=True,
        )
    )


def lines_table(candidates: Sequence[Candidate], wavelength: float) -> str:
    """The reflections of crystals, a row each; a crystal that has none keeps a row with the reason."""
    rows: list[tuple[object, ...]] = []
    for candidate in candidates:
        name = (candidate.id, formula_text(candidate.material))
        try:
            rows += [(*name, *row, None) for row in line_rows(simulate(candidate.material, wavelength))]
        except BadInput as error:
            rows.append((*name, None, None, None, None, str(error)))
    return write_table(("id", "formula", *LINE_HEADER, "reason"), rows)


def ranking_table(candidates: Sequence[Candidate], comparison: Comparison) -> str:
    """Crystals by their match with a measured pattern, best first."""
    rows = [
        (
            one.candidate.id,
            formula_text(one.candidate.material),
            one.candidate.material.space_group,
            None if one.match is None else one.match.score,
            None if one.match is None else one.match.scale,
            one.reason or None,
        )
        for one in rank_by_pattern(candidates, comparison)
    ]
    return write_table(("id", "formula", "space_group", "xrd_match", "cell_scale", "reason"), rows)
