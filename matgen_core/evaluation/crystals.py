"""What the crystal engines reach, measured: ``matgen evaluate crystals`` writes it as JSON.

Definitions. struct: every distance above 0.5 Å, images of the same atom counted, and volume above 0.1 Å³. comp:
``smact_validity``. unique and novel: StructureMatcher's defaults, among the samples and against all known rows. stable:
``e_above_hull`` < 0.1 eV/atom by CHGNet on the geometry as generated. MSUN: stable, unique and novel. All shares are of
all samples; intervals are Wilson's at 95 %.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from matgen_core.chem.composition import check_charges
from matgen_core.chem.distances import check_overlap
from matgen_core.chem.structure import reduced_formula, to_structure
from matgen_core.core.goals import Goal, Target, meets
from matgen_core.core.properties import CRYSTAL_CONDITIONS, PROPERTIES
from matgen_core.core.records import Candidate, Crystal, Origin
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.predict import predict
from matgen_core.kinds.crystals.rows import CrystalRows
from matgen_core.workflows.design import design

STABLE = 0.1
#: Targets of the conditional evaluation.
TARGETS: tuple[dict[str, float], ...] = (
    *({"band_gap": value} for value in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)),
    *({"formation_energy": value} for value in (-0.5, -1.0, -2.0, -3.0)),
    *({"magnetic_moment": value} for value in (0.0, 0.5, 1.0)),
    {"band_gap": 2.0, "formation_energy": -0.5, "magnetic_moment": 0.0},
    {"band_gap": 2.5, "formation_energy": -0.8, "magnetic_moment": 0.0},
    {"band_gap": 3.5, "formation_energy": -1.0, "magnetic_moment": 0.2},
)


def share(hits: int, total: int) -> dict[str, float]:
    """A share with its 95 % interval (Wilson 1927).

    >>> share(5, 10)["value"]
    0.5
    """
    if total == 0:
        return {"value": math.nan, "low": math.nan, "high": math.nan, "of": 0}
    z, p = 1.96, hits / total
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    return {"value": round(p, 4), "low": round(middle - half, 4), "high": round(middle + half, 4), "of": total}


def measure_unconditional(candidates: Sequence[Candidate], rows: CrystalRows) -> dict[str, Any]:
    """The table of the unconditional evaluation for candidates that were read and judged."""
    unique, novel = find_unique(candidates), find_novel(candidates, rows)
    above = [c.value("e_above_hull") for c in candidates]
    stable = [value is not None and value < STABLE for value in above]
    known = sorted(value for value in above if value is not None)
    total = len(candidates)

    apart = [check_overlap(to_structure(c.material)).passed is True for c in candidates]
    valid = [check_charges(reduced_formula(c.material)).passed is True for c in candidates]
    low = sum(c.material.space_group <= 2 for c in candidates)
    return {
        "samples": total,
        "struct": share(sum(apart), total),
        "comp": share(sum(valid), total),
        "unique": share(sum(unique), total),
        "novel": share(sum(novel), total),
        "stable": share(sum(stable), total),
        "msun": share(sum(s and u and n for s, u, n in zip(stable, unique, novel, strict=True)), total),
        "median_e_above_hull": round(float(np.median(known)), 4) if known else None,
        "p1_or_p-1": share(low, total),
    }


def find_unique(candidates: Sequence[Candidate]) -> list[bool]:
    """Whether each is unlike all before it."""
    from pymatgen.analysis.structure_matcher import StructureMatcher

    matcher, unique = StructureMatcher(), []
    groups: dict[str, list[Any]] = defaultdict(list)
    for candidate in candidates:
        structure, group = to_structure(candidate.material), groups[reduced_formula(candidate.material)]
        unique.append(not any(matcher.fit(structure, other) for other in group))
        group.append(structure)
    return unique


def find_novel(candidates: Sequence[Candidate], rows: CrystalRows) -> list[bool]:
    """Whether each is unlike every known row of its formula."""
    from pymatgen.analysis.structure_matcher import StructureMatcher

    wanted = {reduced_formula(c.material) for c in candidates}
    known: dict[str, list[Crystal]] = defaultdict(list)
    for crystal in rows.crystals:
        formula = reduced_formula(crystal)
        if formula in wanted:
            known[formula].append(crystal)
    matcher = StructureMatcher()
    return [
        not any(matcher.fit(to_structure(c.material), to_structure(k)) for k in known[reduced_formula(c.material)])
        for c in candidates
    ]


# ----------------------------------------------------------------------------------------------------- conditional


def measure_targets(
    count: int,
    seed: int,
    settings: CrystalSettings,
    unconditional: Sequence[Candidate],
    rows: CrystalRows,
    on_progress: Callable[[str], None] | None = None,
) -> list[dict[str, Any]]:
    """Hit rates of every target of TARGETS beside base rate, ceiling and lift.

    Args:
        count: samples a target.
        seed: of the draws.
        settings: engine and sampling.
        unconditional: read samples without a target: the base rate.
        rows: known crystals; those withheld from training give the ceiling.
        on_progress: called with each finished target.
    """
    held = rows.subset(rows.splits == "val")
    known = read_rows(held)
    results: list[dict[str, Any]] = []
    for number, values in enumerate(TARGETS):
        goals = {key: Goal.at(value) for key, value in values.items()}
        found = design("crystals", Target(goals), count, seed=seed + 1000 * (number + 1), settings=settings)
        hits, base = _hits(found, goals), _hits(unconditional, goals)
        true = [all(meets(k, g, float(held.column(k)[i])) for k, g in goals.items()) for i in range(len(held))]
        reachable = [c for c, fits in zip(known, true, strict=True) if fits]
        ceiling = share(sum(_hits(reachable, goals)), len(reachable))
        hit, chance, best = sum(hits) / max(1, len(found)), sum(base) / max(1, len(base)), ceiling["value"]
        results.append(
            {
                "target": values,
                "hits": share(sum(hits), len(found)),
                "mean_absolute_error": _mean_errors(found, goals),
                "base_rate": share(sum(base), len(base)),
                "ceiling": ceiling,
                "lift_of_possible": None if not best > chance else round((hit - chance) / (best - chance), 3),
                "stable": share(sum(_is_stable(c) for c in found), len(found)),
                "new": share(sum(c.passed("newness") for c in found), len(found)),
                "retrieval": share(sum(_hits(retrieve(rows, goals, count), goals)), count),
                "independent": "magnetic_moment" not in values,
            }
        )
        if on_progress:
            on_progress(f"{values}: {results[-1]['hits']['value']:.2f} (chance {chance:.2f}, ceiling {best:.2f})")
    return results


def retrieve(rows: CrystalRows, goals: dict[str, Goal], count: int) -> list[Candidate]:
    """The baseline without a generator: the known training crystals nearest the goals, read like candidates.

    Nearness is the sum of distances in units of each property's tolerance, by what the table says of the row. Their
    novelty is 0.
    """
    learn = rows.subset(rows.splits != "val")
    far = np.zeros(len(learn))
    for key, goal in goals.items():
        assert goal.low is not None
        far += np.abs(learn.column(key) - goal.low) / PROPERTIES[key].tolerance
    nearest = np.argsort(np.nan_to_num(far, nan=np.inf), kind="stable")[:count]
    return read_rows(learn.subset(np.isin(np.arange(len(learn)), nearest)))


def read_rows(rows: CrystalRows) -> list[Candidate]:
    """Known crystals, read like candidates."""
    found = [
        Candidate(str(name), crystal, Origin("file")) for name, crystal in zip(rows.ids, rows.crystals, strict=True)
    ]
    return list(predict(found))


def _is_stable(candidate: Candidate) -> bool:
    value = candidate.value("e_above_hull")
    return value is not None and value < STABLE


def _hits(candidates: Sequence[Candidate], goals: dict[str, Goal]) -> list[bool]:
    return [all(meets(key, goal, c.value(key)) is True for key, goal in goals.items()) for c in candidates]


def _mean_errors(candidates: Sequence[Candidate], goals: dict[str, Goal]) -> dict[str, float | None]:
    errors: dict[str, float | None] = {}
    for key, goal in goals.items():
        read = [value for c in candidates if (value := c.value(key)) is not None]
        errors[key] = round(float(np.mean([goal.distance(v) for v in read])), 4) if read else None
    return errors


def readings_of(candidates: Sequence[Candidate]) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    """(N,) readings by property, for the base rates that the page shows."""
    return {
        key: np.array([value for c in candidates if (value := c.value(key)) is not None], dtype=np.float32)
        for key in (*CRYSTAL_CONDITIONS, "max_site_moment")
    }
