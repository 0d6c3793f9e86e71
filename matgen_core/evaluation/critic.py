"""The skeleton critic and the judge of gaps on withheld formulas: errors, chances, and whether the two err alike.

Of 100 drafts to which the critic gives a chance of 0.3, 30 should meet the goal. The judge must not share the critic's
errors: of the drafts that the critic picks for a goal, the share that the judge passes should be the share that holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matgen_core.core.goals import Goal, Target, meets
from matgen_core.core.records import FILE, Candidate, Origin
from matgen_core.kinds.crystals.checks.critic import load_critic, predict_drafts, score
from matgen_core.kinds.crystals.gap import Features, load_gap_judge, predict_gaps
from matgen_core.kinds.crystals.known.rows import CrystalRows
from matgen_core.kinds.crystals.writing.grammar import MAX_SITES, skeleton_of

#: Goals that are scored, one property at a time.
GOALS: Mapping[str, Sequence[Goal]] = {
    "band_gap": [Goal.at(v) for v in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)] + [Goal.at_least(2.0), Goal.between(0.5, 2.0)],
    "formation_energy": [Goal.at(v) for v in (-0.5, -1.0, -2.0, -3.0)] + [Goal.at_most(-1.5)],
    "magnetic_moment": [Goal.at(v) for v in (0.0, 0.5, 1.0)],
    "e_above_hull": [Goal.at_most(v) for v in (0.01, 0.025, 0.05)],
}
#: Drafts that the critic picks for each gap, to see what the judge says of them.
PICKED = 50
#: Edges of the groups of chances.
_EDGES = (0.0, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0)


def measure_critic(rows: CrystalRows, features: Sequence[Features]) -> dict[str, Any]:
    """Figures of critic and judge on withheld crystals.

    Args:
        rows: withheld crystals; those with more than MAX_SITES sites are left out.
        features: CHGNet's features of each.
    """
    short = np.array([len(crystal.sites) <= MAX_SITES for crystal in rows.crystals])
    features = [f for f, keep in zip(features, short, strict=True) if keep]
    rows = rows.subset(short)
    return {
        "critic": load_critic().name,
        "judge": load_gap_judge().name,
        "rows": len(rows),
        "errors": _errors(rows),
        "chances": _chances(rows),
        "gap": _compare_gaps(rows, features),
    }


def _errors(rows: CrystalRows) -> dict[str, Any]:
    """Mean absolute error of the critic's median, by property."""
    predicted = predict_drafts([skeleton_of(crystal) for crystal in rows.crystals])
    found = {}
    for k, key in enumerate(p.property for p in predicted[0]):
        value, truth = np.array([p[k].value for p in predicted], dtype=float), rows.column(key)
        known = np.isfinite(truth)
        found[key] = {"mean_absolute_error": _round(np.abs(value - truth)[known].mean()), "rows": int(known.sum())}
    return found


def _chances(rows: CrystalRows) -> list[dict[str, Any]]:
    """For each group of chances: how many goals were given such a chance, what was given on average, what held."""
    given, held = list[NDArray[np.float64]](), list[NDArray[np.bool_]]()
    skeletons = [skeleton_of(crystal) for crystal in rows.crystals]
    for key, goals in GOALS.items():
        truth = rows.column(key)
        known = np.isfinite(truth)
        for goal in goals:
            given.append(score(skeletons, Target({key: goal}), None).exp().double().numpy()[known])
            held.append(np.array([bool(meets(key, goal, float(value))) for value in truth[known]]))
    chance, true = np.concatenate(given), np.concatenate(held)
    groups = []
    for low, high in pairwise(_EDGES):
        inside = (chance >= low) & ((chance < high) | (high == _EDGES[-1]))
        if inside.any():
            figures = {"given": _round(chance[inside].mean()), "held": _round(true[inside].mean())}
            groups.append({"from": low, "to": high, "of": int(inside.sum()), **figures})
    return groups


def _compare_gaps(rows: CrystalRows, features: Sequence[Features]) -> dict[str, Any]:
    """Errors of critic and judge, their correlation, and what each says of the drafts that the critic picks."""
    known = np.isfinite(rows.column("band_gap"))
    features = [f for f, keep in zip(features, known, strict=True) if keep]
    rows = rows.subset(known)
    truth, away = rows.column("band_gap").astype(float), rows.column("band_gap") >= 0.05
    skeletons = [skeleton_of(crystal) for crystal in rows.crystals]
    candidates = [Candidate(str(i), c, Origin(FILE)) for i, c in enumerate(rows.crystals)]
    judged = np.array([p.value for p in predict_gaps(candidates, features)], dtype=float)
    steered = np.array([p[0].value for p in predict_drafts(skeletons)], dtype=float)
    picks = []
    for gap in (1.0, 2.0, 3.0, 4.0, 5.0):
        goal = Goal.at(gap)
        chance = score(skeletons, Target({"band_gap": goal}), None).exp().double().numpy()
        best = np.argsort(-chance)[:PICKED]
        passed, held, chance_alone = (
            _round(float(np.mean([bool(meets("band_gap", goal, value)) for value in column])))
            for column in (judged[best], truth[best], truth)
        )
        figures = {"critic": _round(chance[best].mean()), "judge": passed, "held": held, "by_chance": chance_alone}
        picks.append({"gap": gap, "of": len(best), **figures})
    return {
        "rows": len(rows),
        "non_metals": int(away.sum()),
        "critic": _gap_figures(steered, truth, away),
        "judge": _gap_figures(judged, truth, away),
        "correlation_of_errors": _round(np.corrcoef(steered - truth, judged - truth)[0, 1]),
        "picked_by_the_critic": picks,
    }


def _gap_figures(value: NDArray[np.float64], truth: NDArray[np.float64], away: NDArray[np.bool_]) -> dict[str, float]:
    error = np.abs(value - truth)
    return {
        "mean_absolute_error": _round(error.mean()),
        "mean_absolute_error_of_non_metals": _round(error[away].mean()),
        "non_metals_within_half_an_ev": _round((error[away] <= 0.5).mean()),
        "metals_told_right": _round(((value < 0.05) == ~away).mean()),
    }


def _round(value: float) -> float:
    return round(float(value), 4)
