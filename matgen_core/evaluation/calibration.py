"""How far predictions may be trusted on geometry that the engines made: ``matgen evaluate predictions``.

Skeletons of crystals withheld from training are given geometry as every candidate's is, then read. What is known of the
relaxed crystal, less what was read, is the error that a user meets: of CHGNet and of the geometry together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from matgen_core.core.goals import Target
from matgen_core.core.properties import predicted_of
from matgen_core.core.records import Candidate, Origin
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.checks.uncertainty import EDGES, Spreads, summarise
from matgen_core.kinds.crystals.engines.symmetry_first import SymmetryFirst
from matgen_core.kinds.crystals.generate import load_engine
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.known.rows import CrystalRows
from matgen_core.kinds.crystals.predict import predict
from matgen_core.kinds.crystals.writing.conditions import draw_conditions
from matgen_core.kinds.crystals.writing.grammar import MAX_SITES, skeleton_of

#: Predictions that depend on the geometry.
KEYS = predicted_of("crystals", "chgnet")


def read_placed(rows: CrystalRows, count: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """(N,) predictions of withheld skeletons on generated geometry, and under ``known_…`` what is known of each."""
    held = rows.subset((rows.splits == "val") & np.array([len(c.sites) <= MAX_SITES for c in rows.crystals]))
    chosen = np.random.default_rng(seed).permutation(len(held))[:count]
    sample = held.subset(np.isin(np.arange(len(held)), chosen))
    engine, settings = load_engine("symmetry-first"), CrystalSettings()
    assert isinstance(engine, SymmetryFirst)
    asked = draw_conditions(Target(), engine.keys, len(sample), np.random.default_rng(seed), load_reference(), True)
    crystals, _ = engine.placer.place(
        [skeleton_of(c) for c in sample.crystals],
        torch.from_numpy(asked),
        settings,
        torch.Generator().manual_seed(seed),
    )
    read = predict([Candidate(str(i), crystal, Origin("withheld")) for i, crystal in enumerate(crystals)])
    columns = {key: np.array([_number(c.value(key)) for c in read]) for key in KEYS}
    return columns | {f"known_{key}": sample.column(key).astype(float) for key in KEYS}


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def measure_predictions(placed: Mapping[str, NDArray[np.float64]]) -> tuple[Spreads, dict[str, Any]]:
    """Spreads for use, and figures for a reader, of what :func:`read_placed` gave."""
    sound = ~np.isnan(placed["e_above_hull"])
    above = placed["e_above_hull"][sound]
    errors = {key: (placed[key] - placed[f"known_{key}"])[sound] for key in KEYS}
    near = above < EDGES[0]
    figures = {
        key: {
            "mean_absolute_error": round(float(np.nanmean(np.abs(error))), 4),
            "median_error": round(float(np.nanmedian(error)), 4),
            "mean_absolute_error_near_hull": round(float(np.nanmean(np.abs(error[near]))), 4),
            "median_error_near_hull": round(float(np.nanmedian(error[near])), 4),
        }
        for key, error in errors.items()
    }
    return summarise(above.tolist(), errors), {"skeletons": len(sound), "read": int(sound.sum()), "errors": figures}
