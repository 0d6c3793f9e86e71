"""Measured quality of the crystal engines: ``matgen evaluate crystals`` writes it as JSON.

Definitions. struct: every distance above 0.5 Å, images of the same atom counted, and volume above 0.1 Å³. comp:
``smact_validity``. unique and novel: StructureMatcher's defaults, among the samples and against all known rows. stable:
``e_above_hull`` < 0.1 eV/atom by both potentials, CHGNet, which steered, and SevenNet, which did not; each alone stands
beside. SUN: stable, unique and novel. new: by the app's verdict, for which a known formula does not count where its
structure is not among the rows. Energies that are asked for count by SevenNet. All shares are of all samples; intervals
are Wilson's at 95 %.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from matgen_core.chem.crystals.distances import check_overlap
from matgen_core.chem.crystals.structure import reduced_formula, to_structure
from matgen_core.chem.formulas.composition import check_charges
from matgen_core.core.goals import Goal, meets
from matgen_core.core.properties import CRYSTAL_CONDITIONS, PROPERTIES
from matgen_core.core.records import FILE, Candidate, Crystal, Origin
from matgen_core.evaluation.sampling import Sample
from matgen_core.kinds.crystals.checks.energy_judge import judge_energies
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.known.rows import CrystalRows
from matgen_core.kinds.crystals.predict import predict

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


def share(hits: int, total: int) -> dict[str, float | None]:
    """A share with its 95 % interval (Wilson 1927); None of each where there was nothing to count.

    >>> share(5, 10)["value"]
    0.5
    """
    if total == 0:
        return {"value": None, "low": None, "high": None, "of": 0}
    z, p = 1.96, hits / total
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / (1 + z * z / total)
    low, high = max(0.0, round(middle - half, 4)), round(middle + half, 4)
    return {"value": round(p, 4), "low": low, "high": high, "of": total}


def measure_unconditional(samples: Sequence[Sample], rows: CrystalRows) -> dict[str, Any]:
    """The table of the unconditional evaluation.

    Args:
        samples: predicted and checked.
        rows: known crystals.
    """
    candidates, total = [sample.candidate for sample in samples], len(samples)
    unique, novel = find_unique(candidates), find_novel(candidates, rows)
    stable = [sample.is_stable(STABLE) for sample in samples]
    both = [steering and judging for steering, judging in stable]
    good = [u and n for u, n in zip(unique, novel, strict=True)]
    new = [load_reference().novelty(candidate.material).passed is True for candidate in candidates]
    apart = [check_overlap(to_structure(c.material)).passed is True for c in candidates]
    valid = [check_charges(reduced_formula(c.material)).passed is True for c in candidates]
    low = sum(c.material.space_group <= 2 for c in candidates)
    return {
        "samples": total,
        "struct": share(sum(apart), total),
        "comp": share(sum(valid), total),
        "unique": share(sum(unique), total),
        "novel": share(sum(novel), total),
        "stable": share(sum(both), total),
        "novel_of_stable": share(sum(n for b, n in zip(both, novel, strict=True) if b), sum(both)),
        "sun": share(sum(b and g for b, g in zip(both, good, strict=True)), total),
        "new": share(sum(new), total),
        "sun_new": share(sum(b and u and n for b, u, n in zip(both, unique, new, strict=True)), total),
        "stable_chgnet": share(sum(steering for steering, _ in stable), total),
        "sun_chgnet": share(sum(s and g for (s, _), g in zip(stable, good, strict=True)), total),
        "stable_sevennet": share(sum(judging for _, judging in stable), total),
        "median_e_above_hull": _median([c.value("e_above_hull") for c in candidates]),
        "median_e_above_hull_sevennet": _median([sample.e_above_hull for sample in samples]),
        "p1_or_p-1": share(low, total),
        "engines": _by_engine(candidates, both),
    }


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return round(float(np.median(known)), 4) if known else None


def _by_engine(candidates: Sequence[Candidate], stable: Sequence[bool]) -> dict[str, dict[str, float | None]]:
    names = [candidate.origin.engine for candidate in candidates]
    return {
        name: share(sum(s for n, s in zip(names, stable, strict=True) if n == name), names.count(name))
        for name in sorted(set(names))
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


def measure_target(
    values: Mapping[str, float],
    samples: Sequence[Sample],
    unconditional: Sequence[Sample],
    reachable: Sequence[Sample],
    retrieved: Sequence[Sample],
) -> dict[str, Any]:
    """Hit rate of one target beside base rate, ceiling and lift.

    Args:
        values: asked for.
        samples: drawn for it.
        unconditional: drawn without a target: the base rate.
        reachable: withheld crystals that have the values by the table: the ceiling.
        retrieved: known training crystals nearest the values: what costs nothing.
    """
    goals = {key: Goal.at(value) for key, value in values.items()}
    hits, base, best = (hits_of(group, goals) for group in (samples, unconditional, reachable))
    stable = [sample.is_stable(STABLE) for sample in samples]
    both = [steering and judging for steering, judging in stable]
    ceiling, total = share(sum(best), len(best)), len(samples)
    hit, chance = sum(hits) / max(1, total), sum(base) / max(1, len(base))
    apart = sum(best) / max(1, len(best)) - chance
    return {
        "target": dict(values),
        "hits": share(sum(hits), total),
        "hits_chgnet": share(sum(_hits([s.candidate for s in samples], goals)), total),
        "mean_absolute_error": _mean_errors(samples, goals),
        "base_rate": share(sum(base), len(base)),
        "ceiling": ceiling,
        "lift_of_possible": round((hit - chance) / apart, 3) if apart > 0 else None,
        "stable": share(sum(both), total),
        "stable_chgnet": share(sum(steering for steering, _ in stable), total),
        "stable_and_hit": share(sum(b and h for b, h in zip(both, hits, strict=True)), total),
        "new": share(sum(load_reference().novelty(s.candidate.material).passed is True for s in samples), total),
        "retrieval": share(sum(hits_of(retrieved, goals)), len(retrieved)),
        "independent": "magnetic_moment" not in values,
    }


def known_samples(rows: CrystalRows, most: int, seed: int = 0) -> list[Sample]:
    """Known crystals, at most so many, predicted and checked like candidates."""
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(rows))[:most]
    found = read_rows(rows.subset(np.isin(np.arange(len(rows)), chosen)))
    judged = judge_energies([candidate.material for candidate in found])
    return [Sample(c, j.formation_energy, j.e_above_hull) for c, j in zip(found, judged, strict=True)]


def withheld(rows: CrystalRows, values: Mapping[str, float]) -> CrystalRows:
    """Rows withheld from training that have the values, by the table."""
    goals = {key: Goal.at(value) for key, value in values.items()}
    held = rows.subset(rows.splits == "val")
    fits = [all(meets(k, g, float(held.column(k)[i])) for k, g in goals.items()) for i in range(len(held))]
    return held.subset(np.array(fits, dtype=bool))


def nearest_rows(rows: CrystalRows, values: Mapping[str, float], count: int) -> CrystalRows:
    """The known training crystals nearest the values: the baseline without a generator, whose novelty is 0.

    Nearness is the sum of distances in units of each property's tolerance, by what the table says of the row.
    """
    learn = rows.subset(rows.splits != "val")
    far = np.zeros(len(learn))
    for key, value in values.items():
        far += np.abs(learn.column(key) - value) / PROPERTIES[key].tolerance
    nearest = np.argsort(np.nan_to_num(far, nan=np.inf), kind="stable")[:count]
    return learn.subset(np.isin(np.arange(len(learn)), nearest))


def read_rows(rows: CrystalRows) -> list[Candidate]:
    """Known crystals, read like candidates."""
    found = [Candidate(str(name), crystal, Origin(FILE)) for name, crystal in zip(rows.ids, rows.crystals, strict=True)]
    return list(predict(found))


def hits_of(samples: Sequence[Sample], goals: dict[str, Goal]) -> list[bool]:
    """Whether each meets every goal: energies by SevenNet, the gap by its judge, the moment by CHGNet."""
    return [all(meets(key, goal, judged_value(s, key)) is True for key, goal in goals.items()) for s in samples]


def judged_value(sample: Sample, key: str) -> float | None:
    """A property by the predictor that steered nothing, where there is one."""
    if key == "formation_energy":
        return sample.formation_energy
    return sample.e_above_hull if key == "e_above_hull" else sample.candidate.value(key)


def _hits(candidates: Sequence[Candidate], goals: dict[str, Goal]) -> list[bool]:
    return [all(meets(key, goal, c.value(key)) is True for key, goal in goals.items()) for c in candidates]


def _mean_errors(samples: Sequence[Sample], goals: dict[str, Goal]) -> dict[str, float | None]:
    errors: dict[str, float | None] = {}
    for key, goal in goals.items():
        read = [value for s in samples if (value := judged_value(s, key)) is not None]
        errors[key] = round(float(np.mean([goal.distance(v) for v in read])), 4) if read else None
    return errors


def sample_predictions(candidates: Sequence[Candidate]) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    """(N,) predictions by property, for the base rates that the page shows."""
    return {
        key: np.array([value for c in candidates if (value := c.value(key)) is not None], dtype=np.float32)
        for key in (*CRYSTAL_CONDITIONS, "max_site_moment")
    }
