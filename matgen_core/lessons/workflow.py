"""The forward and the inverse problem (4.1), and the workflow of inverse design with its losses (4.5).

forward: material -> value, one each          inverse: value -> materials, thousands or none
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Candidate, Crystal
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.judge import met_all
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.lessons.chapter.inverse_design import CONDITIONS, simple_synthesizability_checker
from matgen_core.workflows.design import design

#: eV/atom above the hull below which a crystal counts as stable here.
STABLE = 0.1
#: eV within which a gap counts as the one that was asked for.
TOLERANCE = 0.25
#: The chapter's targets: band gap (eV), formation energy (eV/atom), magnetic moment (µB/atom).
TARGETS = ((2.5, -0.8, 0.0), (2.0, -0.5, 0.0), (3.5, -1.0, 2.0))
#: Candidates of one run.
COUNT = 16


@lru_cache(maxsize=1)
def known_gaps() -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Formulas of the known crystals and their computed band gaps (eV)."""
    known = load_reference().known
    gaps = np.asarray(known["band_gap"], dtype=np.float32)
    there = np.isfinite(gaps)
    return tuple(str(f) for f in known["formula"][there]), gaps[there]


@dataclass(frozen=True)
class Answers:
    """Known materials that answer an inverse question.

    Args:
        count: crystals whose gap lies within TOLERANCE.
        of: crystals in all.
        examples: some formulas, the nearest first.
    """

    count: int
    of: int
    examples: tuple[str, ...]


def answers_to(gap: float, shown: int = 8) -> Answers:
    """The known crystals that have a band gap (eV)."""
    formulas, gaps = known_gaps()
    away = np.abs(gaps - gap)
    order = np.argsort(away, kind="stable")
    names = list(dict.fromkeys(formulas[i] for i in order[: 20 * shown] if away[i] <= TOLERANCE))
    return Answers(int((away <= TOLERANCE).sum()), len(gaps), tuple(names[:shown]))


@dataclass(frozen=True)
class Funnel:
    """What is left after each box of the workflow.

    Args:
        generated: candidates.
        reached: of these, every target is met.
        makeable: of these, charges balance and no atoms overlap.
        stable: of these, within STABLE of the hull.
        names: formulas of the last.
    """

    generated: int
    reached: int
    makeable: int
    stable: int
    names: tuple[str, ...]


def run_workflow(values: Sequence[float], count: int = COUNT, seed: int = 0) -> Funnel:
    """Runs the boxes of the chapter's flowchart once, without the way back to the generator.

    Args:
        values: targets in the order of the chapter: gap, energy, moment.
        count: candidates.
        seed: of the draws.
    """
    target = Target({key: Goal.at(value) for key, value in zip(CONDITIONS, values, strict=True)})
    found = design("crystals", target, count, seed=seed, settings=CrystalSettings(cap=1))
    reached = [candidate for candidate in found if met_all(candidate)]
    makeable = [candidate for candidate in reached if simple_synthesizability_checker(candidate)]
    stable = [candidate for candidate in makeable if _is_stable(candidate)]
    names = tuple(reduced_formula(candidate.material) for candidate in stable)
    return Funnel(len(found), len(reached), len(makeable), len(stable), names)


def _is_stable(candidate: Candidate[Crystal]) -> bool:
    prediction = candidate.predictions.get("e_above_hull")
    return prediction is not None and prediction.value is not None and prediction.value < STABLE
