"""Figures of compositions: candidates over two predictions, targets as bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from matgen_core.core.goals import Goal
from matgen_core.core.records import Candidate, Formula
from matgen_core.viz.scatter import Unit, draw_scatter
from matgen_core.viz.style import ACCENT, BAD, MUTED, Translate


def draw_compositions(
    candidates: Sequence[Candidate[Formula]],
    x: str,
    y: str,
    goals: Mapping[str, Goal],
    *,
    picked: str | None = None,
    units: Mapping[str, Unit] | None = None,
    translate: Translate = str,
) -> go.Figure:
    """Compositions over two predictions: open where the formula is known, a diamond where it is the picked one."""

    def mark(candidate: Candidate[Formula]) -> tuple[str, str]:
        if candidate.id == picked:
            return BAD, "diamond"
        return (MUTED, "circle-open") if candidate.failed("novelty") else (ACCENT, "circle")

    return draw_scatter(
        candidates, (x, y), goals, lambda c: c.material.reduced, mark, picked=picked, units=units, translate=translate
    )
