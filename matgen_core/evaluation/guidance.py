"""Guidance against the distance to the hull that the network is asked for, measured with goals.

Every cell of the grid draws crystals by one engine alone, relaxed as the app does. The energies that count are
SevenNet's, which steers nothing; the band gap is read by the gap judge.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from matgen_core.core.goals import Goal, Target
from matgen_core.core.settings import CrystalSettings
from matgen_core.evaluation.crystals import STABLE, hits_of, share
from matgen_core.evaluation.sampling import batches, draw_samples

GUIDANCES = (0.0, 1.0, 2.0, 4.0)
#: eV/atom; None asks for a value of a stable known crystal, 0 to 0.02, as the app does.
HULLS = (None, 0.025, 0.05)
TARGETS: tuple[dict[str, float], ...] = (
    {"band_gap": 2.0},
    {"band_gap": 2.5, "formation_energy": -0.8, "magnetic_moment": 0.0},
)


def measure_guidance(
    count: int, seed: int, file: Path, workers: int, on_progress: Callable[[int, int], None]
) -> dict[str, Any]:
    """Shares of crystals that meet the goals, are stable by both potentials, and do both, by cell of the grid.

    Args:
        count: crystals a cell.
        seed: of the random numbers; every cell of a target has the same.
        file: of the samples; a stopped measurement goes on from it.
        workers: processes.
        on_progress: called with batches done and batches in all.
    """
    usual = CrystalSettings(engine="symmetry-first", cap=1)
    cells = []
    for values, hull, guidance in product(TARGETS, HULLS, GUIDANCES):
        goals = {key: Goal.at(value) for key, value in values.items()}
        asked = Target(goals if hull is None else {**goals, "e_above_hull": Goal.at(hull)})
        cells.append((values, hull, guidance, goals, batches(asked, count, seed, replace(usual, guidance=guidance))))
    found = draw_samples([batch for *_, group in cells for batch in group], file, workers, on_progress)
    rows = []
    for values, hull, guidance, goals, group in cells:
        samples = [sample for batch in group for sample in found[batch.name]]
        met = hits_of(samples, goals)
        stable = [all(sample.is_stable(STABLE)) for sample in samples]
        rows.append(
            {
                "target": values,
                "hull": hull,
                "guidance": guidance,
                "met": share(sum(met), len(samples)),
                "stable": share(sum(stable), len(samples)),
                "both": share(sum(m and s for m, s in zip(met, stable, strict=True)), len(samples)),
            }
        )
    return {"engine": usual.engine, "seed": seed, "cells": rows}
