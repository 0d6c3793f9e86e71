"""The chapter's questions of a candidate (4.5): reached? synthesizable? stable? new? Each rule a verdict with a reason.

Nothing here is a score: a stage is passed where none of its rules says no.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matgen_core.checkpoints import load_checkpoint
from matgen_core.chem.composition import check_oxidation
from matgen_core.chem.hazards import check_hazards
from matgen_core.chem.structure import formula_counts, reduced_formula, to_structure
from matgen_core.data.crystals import ELEMENTS
from matgen_core.data.formulas import count_atoms
from matgen_core.networks import build_geometry
from matgen_core.settings import Rules as Rules
from matgen_core.stages.familiarity import check_surroundings, check_type
from matgen_core.stages.solid_state import check_solid_state
from matgen_core.types import Candidate, Formula, M, Verdict

if TYPE_CHECKING:
    from pymatgen.core import Structure


#: The stages in their order, and the rules of each; "target" stands for every goal's.
STAGES: Mapping[str, tuple[str, ...]] = {
    "reached": ("distances", "constraints", "target", "valid", "scaffold", "require", "forbid"),
    "synthesizable": (
        "oxidation",
        "bonds",
        "packing",
        "coordination",
        "hazards",
        "solid_state",
        "sa_score",
        "PAINS",
        "BRENK",
    ),
    "stable": ("formation", "hull"),
    "new": ("duplicate", "newness"),
}


_STAGE_OF = {rule: stage for stage, rules in STAGES.items() for rule in rules}


def stage_of(verdict: Verdict) -> str | None:
    """The stage that asks a verdict's rule; None for one that no stage asks."""
    return _STAGE_OF.get("target" if verdict.rule.startswith("target:") else verdict.rule)


def failed(candidate: Candidate[M], stage: str, rules: Rules) -> list[Verdict]:
    """The verdicts for which a candidate does not pass a stage; a goal without a reading is one of them."""
    return [verdict for verdict in candidate.verdicts if _stops(verdict, rules) and stage_of(verdict) == stage]


def objections(candidate: Candidate[M], rules: Rules) -> list[Verdict]:
    """The verdicts of every stage for which a candidate does not pass, in the order of the stages."""
    stopping = [verdict for verdict in candidate.verdicts if _stops(verdict, rules)]
    return [verdict for stage in STAGES for verdict in stopping if stage_of(verdict) == stage] if stopping else []


def _stops(verdict: Verdict, rules: Rules) -> bool:
    """Whether it stops a candidate at the stage that asks it, if any does."""
    if verdict.passed is True:
        return False
    if verdict.rule == "hull" or verdict.rule.startswith("target:"):  # without a reading nothing says that it is met
        return True
    return verdict.passed is False and not (verdict.rule == "newness" and rules.known)


def passes(candidate: Candidate[M], rules: Rules) -> bool:
    """Whether a candidate passes every stage."""
    return not objections(candidate, rules)


# ---------------------------------------------------------------------------------------------------------- crystals


def judge_crystals(candidates: Sequence[Candidate], rules: Rules) -> tuple[Candidate, ...]:
    """Crystals that were read and assessed, with the verdicts of the stages "synthesizable" and "stable" added."""
    judged = []
    for candidate in candidates:
        crystal, formula = candidate.material, reduced_formula(candidate.material)
        structure = to_structure(crystal)
        judged.append(
            candidate.add_verdicts(
                check_oxidation(formula),
                *check_geometry(structure),
                check_surroundings(structure),
                check_type(crystal),
                check_hazards(formula_counts(crystal), toxic=rules.toxic, radioactive=rules.radioactive),
                *([check_solid_state(formula)] if rules.solid_state else []),
                *check_energies(candidate, rules),
            )
        )
    return tuple(judged)


def judge_compositions(candidates: Sequence[Candidate[Formula]], rules: Rules) -> tuple[Candidate[Formula], ...]:
    """Compositions that were read and finished, with hazards by the rules and the verdicts of the stage "stable"."""
    return tuple(
        candidate.add_verdicts(
            check_hazards(count_atoms(candidate.material.reduced), toxic=rules.toxic, radioactive=rules.radioactive),
            *([check_solid_state(candidate.material.reduced)] if rules.solid_state else []),
            *check_energies(candidate, rules),
        )
        for candidate in candidates
    )


@lru_cache(maxsize=1)
def _known_geometry() -> tuple[dict[str, float], NDArray[np.float64]]:
    """Volume of an atom (Å³) and nearest approach of each pair (Å) in the training rows, as the networks know them."""
    _network, volumes, contacts = build_geometry(load_checkpoint("crystal-geometry"))
    return dict(zip(ELEMENTS, volumes, strict=False)), np.asarray(contacts.tolist())


def check_geometry(structure: Structure) -> list[Verdict]:
    """Verdicts "bonds" and "packing", against the training rows.

    Bonds: no pair of elements nearer than 0.9 of what known crystals hold. Packing: the volume within 0.6 and 1.6 of
    what its elements take in known crystals.
    """
    volumes, contacts = _known_geometry()
    symbols = [str(site.specie) for site in structure]
    numbers = np.array([ELEMENTS.index(symbol) + 1 for symbol in symbols])
    firsts, seconds, _images, distances = structure.get_neighbor_list(4.0)
    least = contacts[numbers[firsts], numbers[seconds]]
    known = np.flatnonzero(least > 0)
    tightest, words = math.inf, "no neighbours within 4 Å"
    if len(known):
        at = known[int(np.argmin(distances[known] / least[known]))]
        tightest = float(distances[at] / least[at])
        pair = f"{symbols[firsts[at]]}–{symbols[seconds[at]]}"
        words = f"{pair} {distances[at]:.2f} Å; nearest in known crystals {least[at]:.2f} Å"
    expected = sum(volumes[symbol] for symbol in symbols)
    ratio = structure.volume / expected
    packing = (
        f"{structure.density:.2f} g/cm³, {structure.volume / len(structure):.1f} Å³ an atom, {ratio:.2f} of what known "
        f"crystals of these elements take"
    )
    return [
        Verdict("bonds", None if tightest == math.inf else bool(tightest >= 0.9), words),
        Verdict("packing", bool(0.6 <= ratio <= 1.6), packing),
    ]


def check_energies(candidate: Candidate[M], rules: Rules) -> list[Verdict]:
    """Verdicts "formation" and "hull" by the readings, whichever model made them."""
    formation, above = candidate.value("formation_energy"), candidate.value("e_above_hull")
    reading = candidate.predictions.get("e_above_hull")
    note = "" if reading is None else reading.note
    return [
        Verdict(
            "formation", None if formation is None else formation < 0,
            "no reading" if formation is None else f"{formation:.3f} eV/atom against the elements",
        ),
        Verdict(
            "hull", None if above is None else above <= rules.max_e_above_hull,
            f"no reading: {note}" if above is None
            else f"{above:.3f} eV/atom above the hull, at most {rules.max_e_above_hull:g} allowed; {note}",
        ),
    ]  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ funnel


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many got how far, and why the others did not.

    Args:
        counts: "generated", each of STAGES, "listed", with how many passed it and all before it.
        reasons: rule and how many it stopped, the most first; a candidate counts once, for the first rule that failed.
    """

    counts: tuple[tuple[str, int], ...]
    reasons: tuple[tuple[str, int], ...]


def count_stages(candidates: Sequence[Candidate[M]], rules: Rules) -> Funnel:
    """The funnel of judged candidates."""
    stopped, reasons = dict.fromkeys(STAGES, 0), dict[str, int]()
    for candidate in candidates:
        if problems := objections(candidate, rules):
            first = problems[0]
            stopped[stage_of(first) or ""] += 1
            reasons[first.rule] = reasons.get(first.rule, 0) + 1
    left, counts = len(candidates), [("generated", len(candidates))]
    for stage, count in stopped.items():
        left -= count
        counts.append((stage, left))
    counts.append(("listed", left))
    return Funnel(tuple(counts), tuple(sorted(reasons.items(), key=lambda item: -item[1])))


def listed(candidates: Sequence[Candidate[M]], rules: Rules) -> tuple[Candidate[M], ...]:
    """Those that pass every stage, in the order given."""
    return tuple(candidate for candidate in candidates if passes(candidate, rules))
