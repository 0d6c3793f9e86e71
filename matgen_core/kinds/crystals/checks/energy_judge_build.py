"""Fits the judge's references to crystals of the Materials Project, and measures its errors on withheld ones."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.structure import reduced_formula, to_structure
from matgen_core.chem.energies.sevennet import METHOD, predict_energy
from matgen_core.chem.formulas.mp2020 import fit_terms, formation_energy, terms
from matgen_core.core.errors import BadInput
from matgen_core.kinds.crystals.checks.energy_judge import FILE, JudgeReference, load_judge
from matgen_core.kinds.crystals.checks.uncertainty import summarise
from matgen_core.kinds.crystals.known.reference import ATTRIBUTION, FOLDER
from matgen_core.kinds.crystals.known.rows import CrystalRows

#: A term that fewer crystals hold has no reference.
_FEWEST = 4
#: A term with this many has a spread of its own, where it is this many times the usual one.
_FEWEST_SPREAD, _FAR_LARGER = 20, 3.0
_FOLDS = 10
_FEWEST_ELEMENTS = 20


def build_judge(
    rows: CrystalRows,
    cache: Path,
    out: Path = FOLDER,
    count: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> JudgeReference:
    """Computes SevenNet's energies of a sample of the rows, fits the references and writes them to ``out``.

    Args:
        rows: crystals with their formation energies (DFT, MP2020).
        cache: CSV of energies by id; read where it is there and added to, so that a build goes on where it stopped.
        out: folder.
        count: crystals to use; None takes those of the cache, and all where it is empty.
        on_progress: called with crystals read and crystals in all.

    Raises:
        BadInput: where fewer than a hundred crystals have both energies.
    """
    known = np.isfinite(rows.column("formation_energy"))
    energies = _read_cache(cache)
    if count is not None or not energies:
        chosen = spread_sample(rows.subset(known), count or len(rows))
        energies = _compute(chosen, energies, cache, on_progress)
    have = np.array([name in energies for name in rows.ids.tolist()], dtype=bool) & known
    if have.sum() < 100:
        raise BadInput(
            "only {count} crystals have a formation energy and an energy; give at least 100", count=int(have.sum())
        )
    record = _fit(rows.subset(have), energies)
    out.mkdir(parents=True, exist_ok=True)
    (out / FILE).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    load_judge.cache_clear()
    return load_judge(out)


def spread_sample(rows: CrystalRows, count: int) -> CrystalRows:
    """Rows in which every element occurs about equally often, as far as there are rows of it; always the same."""
    rng = np.random.default_rng(0)
    order = rng.permutation(len(rows))
    elements = [{site.element for site in crystal.sites} for crystal in rows.crystals]
    total = Counter(element for row in elements for element in row)
    taken: Counter[str] = Counter()
    chosen: list[int] = []
    waiting = {element: [i for i in order if element in elements[i]] for element in total}
    picked: set[int] = set()
    while len(chosen) < min(count, len(rows)):
        left = [element for element, places in waiting.items() if places]
        element = min(left, key=lambda name: (taken[name], total[name], name))
        place = waiting[element].pop(0)
        if place in picked:
            continue
        picked.add(place)
        chosen.append(place)
        taken.update(elements[place])
    mask = np.zeros(len(rows), dtype=bool)
    mask[chosen] = True
    return rows.subset(mask)


def _read_cache(cache: Path) -> dict[str, float]:
    if not cache.is_file():
        return {}
    with cache.open(newline="", encoding="utf-8") as file:
        return {row["id"]: float(row["energy"]) for row in csv.DictReader(file) if row["energy"]}


def _compute(
    rows: CrystalRows, energies: dict[str, float], cache: Path, on_progress: Callable[[int, int], None] | None
) -> dict[str, float]:
    cache.parent.mkdir(parents=True, exist_ok=True)
    fresh = not cache.is_file()
    with cache.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if fresh:
            writer.writerow(("id", "energy"))
        for done, (name, crystal) in enumerate(zip(rows.ids.tolist(), rows.crystals, strict=True), 1):
            if name not in energies and (energy := predict_energy(to_structure(crystal)).energy) is not None:
                energies[name] = energy
                writer.writerow((name, energy))
                file.flush()
            if on_progress:
                on_progress(done, len(rows))
    return energies


def _fit(rows: CrystalRows, energies: Mapping[str, float]) -> dict[str, object]:
    shares = [terms(to_structure(crystal)) for crystal in rows.crystals]
    energy = np.array([energies[name] for name in rows.ids.tolist()])
    formation = rows.column("formation_energy").astype(float)
    learn = rows.splits != "val"
    references = _references(shares, energy, formation, learn)
    withheld = _errors(shares, energy, formation, references)[~learn]
    crossed = _cross_validate(rows, shares, energy, formation)
    above = rows.column("e_above_hull").astype(float)
    judged = np.isfinite(crossed) & np.isfinite(above)
    spreads = summarise(above[judged].tolist(), {"formation_energy": crossed[judged]})
    usual = float(np.nanquantile(np.abs(crossed), 0.95)) / 2
    alone = np.array([len(row) == 1 for row in shares])
    found = withheld[np.isfinite(withheld)] if (~learn).any() else crossed[np.isfinite(crossed)]
    return {
        "attribution": f"fitted to formation energies of the {ATTRIBUTION}; energies by {METHOD} (Park et al. 2024)",
        "method": METHOD,
        "crystals": int(learn.sum()),
        "withheld": len(found),
        "error": round(float(np.abs(found).mean()), 4),
        "median_error": round(float(np.median(np.abs(found))), 4),
        "references": references,
        "spreads": asdict(spreads),
        "element": _half_quantile(crossed[alone], _FEWEST_ELEMENTS),
        "terms": _large_spreads(shares, crossed, usual),
    }


def _references(
    shares: Sequence[Mapping[str, float]],
    energy: NDArray[np.float64],
    formation: NDArray[np.float64],
    learn: NDArray[np.bool_],
) -> dict[str, float]:
    """Terms that enough crystals hold, fitted; crystals with others take no part."""
    counts = Counter(name for row, keep in zip(shares, learn, strict=True) if keep for name in row)
    rare = {name for name, number in counts.items() if number < _FEWEST}
    kept = [i for i, row in enumerate(shares) if learn[i] and not rare & set(row)]
    return fit_terms([shares[i] for i in kept], energy[kept], formation[kept])


def _errors(
    shares: Sequence[Mapping[str, float]],
    energy: NDArray[np.float64],
    formation: NDArray[np.float64],
    references: Mapping[str, float],
) -> NDArray[np.float64]:
    """Formation energy as judged less what is known; NaN where a term has no reference."""
    judged = [formation_energy(float(e), row, references) for e, row in zip(energy, shares, strict=True)]
    return np.array([np.nan if value is None else value for value in judged]) - formation


def _cross_validate(
    rows: CrystalRows, shares: list[dict[str, float]], energy: NDArray[np.float64], formation: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Errors of each crystal with references fitted to the other formulas."""
    names = {name: i for i, name in enumerate(sorted({reduced_formula(c) for c in rows.crystals}))}
    fold = np.array([names[reduced_formula(crystal)] % _FOLDS for crystal in rows.crystals])
    errors = np.full(len(rows), np.nan)
    for number in range(_FOLDS):
        references = _references(shares, energy, formation, fold != number)
        errors[fold == number] = _errors(shares, energy, formation, references)[fold == number]
    return errors


def _half_quantile(errors: NDArray[np.float64], fewest: int) -> float | None:
    """Half the 95th percentile, as errors have long tails; None of fewer than ``fewest``."""
    known = np.abs(errors[np.isfinite(errors)])
    return round(float(np.quantile(known, 0.95)) / 2, 4) if len(known) >= fewest else None


def _large_spreads(
    shares: Sequence[Mapping[str, float]], errors: NDArray[np.float64], usual: float
) -> dict[str, float]:
    """Spread of crystals that hold a term, where it is far larger than the usual one."""
    found = {}
    for name in sorted({name for row in shares for name in row}):
        spread = _half_quantile(errors[np.array([name in row for row in shares])], _FEWEST_SPREAD)
        if spread is not None and spread > _FAR_LARGER * usual:
            found[name] = spread
    return found
