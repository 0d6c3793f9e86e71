"""Builds the crystals' reference from tables of the Materials Project; :mod:`.reference` reads it.

One table gives the phases of the hull, another the known crystals. The elemental energies are fitted, the spreads are
measured, and every file of the reference is written with its digest.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.structure import formula_counts, reduced_formula, to_structure
from matgen_core.chem.energies.chgnet import PredictedEnergy, fit_references, formation_energy, predict_energies
from matgen_core.chem.formulas.formula import whole_amounts
from matgen_core.chem.formulas.stability import Hull, find_vertices, fractions_of, measure_depths
from matgen_core.core.errors import BadInput
from matgen_core.core.properties import PROPERTIES, predicted_of
from matgen_core.files.tables import find_column, open_table
from matgen_core.files.units import MISSING, read_number
from matgen_core.kinds.crystals.known.known_structures import FILE as STRUCTURES
from matgen_core.kinds.crystals.known.known_structures import save_structures
from matgen_core.kinds.crystals.known.labels import values_of
from matgen_core.kinds.crystals.known.reference import (
    ATTRIBUTION,
    FOLDER,
    UNKNOWN,
    Reference,
    digest_of,
    hash_names,
    load_reference,
    place_of,
    structure_type,
)
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows

#: What a table of phases may call its formation energies (eV/atom, MP2020 corrections).
_PHASE_ENERGIES = ("formation_energy_mp2020", "formation_energy_per_atom")
#: Fewer crystals of one element than this measure no spread.
_FEWEST_ELEMENTS = 20
#: Properties of known crystals that are kept, as CrystalRows names them.
KEPT = tuple(key for key in COLUMNS if key in PROPERTIES)


def build_reference(phases: Path, rows: CrystalRows, out: Path = FOLDER, entries: Path | None = None) -> Reference:
    """Computes the reference and writes it to ``out``.

    Args:
        phases: CSV with ``formula`` and ``formation_energy_mp2020`` or ``formation_energy_per_atom`` (eV/atom, MP2020
            corrections); of several rows of one formula the lowest counts.
        rows: known crystals.
        out: folder.
        entries: CSV with ``formula``, one row a known crystal: how many structures of each formula are known. Without
            it one is counted for each formula of which no more are in ``rows``.

    Raises:
        BadInput: where the table of phases has not these columns, or names no formulas in them.
    """
    formulas, energies = _read_phases(phases)
    stable = find_vertices(formulas, energies)
    systems = Counter("-".join(sorted(fractions_of(f))) for f in formulas.tolist())
    learn = rows.splits != "val"
    known = [reduced_formula(crystal) for crystal in rows.crystals]
    compositions = [dict(formula_counts(c)) for c in rows.crystals]
    fit = learn & np.isfinite(rows.column("chgnet_energy")) & np.isfinite(rows.column("formation_energy"))
    elements, error = _fit_elements(rows, compositions, fit)
    names = sorted(systems)
    counted = _count_entries(entries) if entries else Counter(formulas.tolist())
    hashes = hash_names([*formulas.tolist(), *known, *counted])
    out.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        out / "hull.npz",
        formulas=formulas[stable],
        energies=energies[stable].astype(np.float32),
        systems=np.array(names),
        system_counts=np.array([systems[n] for n in names], dtype=np.int16),
    )
    np.savez_compressed(
        out / "known.npz",
        formulas=hashes,
        entries=_entries_of(hashes, counted),
        energies=_energies_of(hashes, formulas.tolist(), energies),
        types=hash_names(structure_type(c) for c in rows.crystals),
        id=rows.ids,
        formula=np.array(known),
        space_group=np.array([c.space_group for c in rows.crystals], dtype=np.int16),
        atoms=np.array([sum(c.values()) for c in compositions], dtype=np.int16),
        allow_pickle=False,
        **{key: rows.column(key).astype(np.float16) for key in KEPT},
    )
    save_structures(rows.crystals, out / STRUCTURES)
    hull = Hull(formulas[stable], energies[stable].astype(np.float32).astype(float), systems)
    spreads = measure_spreads(rows.subset(~learn) if (~learn).any() else rows, elements, hull)
    manifest: dict[str, object] = {
        "attribution": ATTRIBUTION,
        "elements": elements,
        "counts": {
            "phases": len(formulas),
            "vertices": int(stable.sum()),
            "crystals": len(rows),
            "formation_energy_mae": error,
        },
        "spreads": {**spreads, **_measure_elements(rows, compositions, elements)},
        "depths": measure_depths(hull, systems),
        "digests": {name: digest_of(out / name) for name in ("hull.npz", "known.npz", STRUCTURES)},
    }
    (out / "reference.json").write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return load_reference(out)


def _fit_elements(
    rows: CrystalRows, compositions: Sequence[Mapping[str, float]], fit: NDArray[np.bool_]
) -> tuple[dict[str, float], float]:
    chosen = [c for c, keep in zip(compositions, fit, strict=True) if keep]
    energies = rows.column("chgnet_energy")[fit].astype(float)
    target = rows.column("formation_energy")[fit].astype(float)
    elements = fit_references(chosen, energies, target)
    read = [formation_energy(e, c, elements) or 0.0 for e, c in zip(energies.tolist(), chosen, strict=True)]
    return elements, round(float(np.abs(np.array(read) - target).mean()), 4)


def _measure_elements(
    rows: CrystalRows, compositions: Sequence[Mapping[str, float]], elements: Mapping[str, float]
) -> dict[str, float]:
    """Spread of the formation energies of crystals of one element, under "element"; empty where there are too few."""
    alone = np.array([len(c) == 1 for c in compositions], dtype=bool)
    energies, known = rows.column("chgnet_energy"), rows.column("formation_energy")
    own = np.array([elements.get(next(iter(c)), math.nan) for c in compositions])
    errors = np.abs(energies - own - known)[alone]
    errors = errors[np.isfinite(errors)]
    return {"element": round(float(np.quantile(errors, 0.95)) / 2, 4)} if len(errors) >= _FEWEST_ELEMENTS else {}


def measure_spreads(rows: CrystalRows, elements: Mapping[str, float], hull: Hull, count: int = 600) -> dict[str, float]:
    """Spread of predictions about what is known, on geometry disturbed as generated geometry is.

    Cells are strained by 1 % and atoms moved by up to 0.03 Å, since a relaxed training row would flatter the model.
    Errors have long tails, so the spread is half the 95th percentile: twice the spread covers 95 of 100 errors.
    A property of which nothing is known has none.
    """
    rng = np.random.default_rng(0)
    chosen = np.sort(rng.permutation(len(rows))[:count])
    structures = []
    for i in chosen:
        structure = to_structure(rows.crystals[i])
        structure.apply_strain(rng.normal(0.0, 0.01, 3))
        structure.perturb(0.03, seed=int(i))
        structures.append(structure)
    errors: dict[str, list[float]] = {}
    for i, prediction in zip(chosen, predict_energies(structures), strict=True):
        for key, value in _read_back(prediction, formula_counts(rows.crystals[i]), elements, hull).items():
            error = abs(value - float(rows.column(key)[i]))
            if math.isfinite(error):
                errors.setdefault(key, []).append(error)
    return {key: round(float(np.quantile(values, 0.95)) / 2, 4) for key, values in errors.items()}


def _read_back(
    prediction: PredictedEnergy, counts: Mapping[str, int], elements: Mapping[str, float], hull: Hull
) -> dict[str, float]:
    """What a prediction says of each property, without those of which it says nothing."""
    values = values_of(prediction, counts, elements, hull)
    return {key: value for key in predicted_of("crystals", "chgnet") if (value := values[key]) is not None}


def _read_phases(path: Path) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """Reduced formulas, each once, and the lowest formation energy of each; rows without an energy are passed over."""
    with open_table(path) as table:
        column = find_column(table.columns, *_PHASE_ENERGIES)
        formula = find_column(table.columns, "formula")
        if column is None or formula is None:
            raise BadInput(
                "{path} needs the columns formula and {phase_energies}", path=path, phase_energies=_PHASE_ENERGIES[0]
            )
        rows = list(table.rows)
    formulas, energies = [], []
    for row in rows:
        if row.problem:
            raise BadInput("{path}, row {number}: {problem}", path=path, number=row.number, problem=row.problem)
        if row.cells[column].lower() in MISSING:
            continue
        try:
            energies.append(read_number(row.cells[column])[0])
        except BadInput as error:
            raise BadInput(
                "{path}, row {number}: {error}; correct or remove its row", path=path, number=row.number, error=error
            ) from None
        formulas.append(row.cells[formula])
    lowest: dict[str, float] = {}
    for text, energy in zip(formulas, energies, strict=True):
        if math.isfinite(energy):
            name = _reduce(text, path)
            lowest[name] = min(energy, lowest.get(name, math.inf))
    if not lowest:
        raise BadInput(
            "{path} contains no formation energies in its column {column}; give numbers in eV/atom",
            path=path,
            column=column,
        )
    return np.array(list(lowest)), np.array(list(lowest.values()))


def _count_entries(path: Path) -> Counter[str]:
    """Rows of each reduced formula in a table with a column ``formula``."""
    with open_table(path) as table:
        column = find_column(table.columns, "formula")
        if column is None:
            raise BadInput("{path} needs a column formula", path=path)
        formulas = Counter(row.cells[column] for row in table.rows if not row.problem)
    counted: Counter[str] = Counter()
    for formula, times in formulas.items():
        counted[_reduce(formula, path)] += times
    return counted


def _entries_of(hashes: NDArray[np.uint64], counted: Mapping[str, int]) -> NDArray[np.uint16]:
    """How often each hashed formula was counted."""
    found = np.zeros(len(hashes), dtype=np.uint16)
    for formula, times in counted.items():
        place = place_of(hashes, formula)
        if place is not None:
            found[place] = times
    return found


def _energies_of(
    hashes: NDArray[np.uint64], formulas: Sequence[str], energies: NDArray[np.float64]
) -> NDArray[np.int16]:
    """Lowest formation energy of each hashed formula, meV/atom."""
    found = np.full(len(hashes), UNKNOWN, dtype=np.int16)
    for formula, energy in zip(formulas, energies.tolist(), strict=True):
        place = place_of(hashes, formula)
        if place is not None and abs(energy) < 30:
            found[place] = round(1000 * energy)
    return found


def _reduce(formula: str, path: Path) -> str:
    from pymatgen.core import Composition

    try:
        return str(Composition(whole_amounts(formula)).reduced_formula)
    except BadInput as error:
        raise BadInput("{path}: {error}; correct or remove its row", path=path, error=error) from None
