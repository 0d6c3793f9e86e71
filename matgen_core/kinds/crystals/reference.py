"""The one reference: hull, known formulas, known structure types, and readings of known crystals.

Everything in ``assets/reference`` is computed by :func:`build_reference` from tables of the Materials Project
(CC BY 4.0) and never typed in. Every page and every evaluation reads it through :func:`load_reference`.
"""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.energy import EnergyReading, fit_references, formation_energy, read_energies
from matgen_core.chem.formula import whole_amounts
from matgen_core.chem.matching import match
from matgen_core.chem.stability import Hull, HullReading, find_vertices, fractions_of, measure_depths
from matgen_core.chem.structure import formula_counts, reduced_formula, to_structure
from matgen_core.chem.symmetry import symbol, wyckoff_positions
from matgen_core.core.errors import BadInput, MissingReference
from matgen_core.core.installation import ASSETS
from matgen_core.core.records import Crystal, Verdict
from matgen_core.files.tables import find_column, open_table
from matgen_core.files.units import MISSING, read_number
from matgen_core.kinds.crystals.known_structures import FILE as STRUCTURES
from matgen_core.kinds.crystals.known_structures import KnownStructures, save_structures
from matgen_core.kinds.crystals.rows import CrystalRows
from matgen_core.kinds.crystals.uncertainty import Spreads, read_spreads

FOLDER = ASSETS / "reference"
ATTRIBUTION = "Materials Project (CC BY 4.0), through Matbench, MP-20 and MPTS-52"
#: Readings of the evaluation's unconditional samples: what chance alone would meet.
SAMPLES = "samples.npz"
#: Spreads of readings on generated geometry, where they were measured.
GENERATED = "generated.json"
#: What a table of phases may call its formation energies (eV/atom, MP2020 corrections).
_PHASE_ENERGIES = ("formation_energy_mp2020", "formation_energy_per_atom")
_UNKNOWN = -32_768
#: Fewer crystals of one element than this measure no spread.
_FEWEST_ELEMENTS = 20
#: Properties of known crystals that are kept, as CrystalRows names them.
KEPT = ("band_gap", "formation_energy", "magnetic_moment", "max_site_moment", "e_above_hull")


def structure_type(crystal: Crystal) -> str:
    """Key of a structure type: formula, space group, and the occupied positions by element; the geometry has no part.

    Positions count by multiplicity and freedom, not by letter, because letters depend on the choice of origin.
    """
    table = wyckoff_positions(crystal.space_group)
    sites = sorted(
        f"{s.element}{table[s.letter].multiplicity}.{table[s.letter].degrees_of_freedom}" for s in crystal.sites
    )
    return f"{reduced_formula(crystal)}|{crystal.space_group}|{','.join(sites)}"


def hash_names(names: Iterable[str]) -> NDArray[np.uint64]:
    """Sorted 64-bit hashes, each once."""
    digests = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in set(names)]
    return np.sort(np.frombuffer(b"".join(digests), dtype=np.uint64))


@dataclass(frozen=True)
class Reference:
    """What is known.

    Args:
        hull: convex hull of the known phases.
        formulas: hashes of known reduced formulas.
        types: hashes of known structure types.
        elements: energy of each element for CHGNet's formation energies, eV/atom.
        known: columns of the known crystals: id, formula, space_group, atoms and those of KEPT.
        counts: what went in, and how well the elemental energies fit.
        spreads: half of what covers 95 % of a reading's errors on slightly disturbed geometry, by property.
        samples: readings of unconditional samples of the default engine, by property; empty where not measured.
        generated: spreads on generated geometry; None where not measured.
        structures: of the known crystals, in the order of ``known``.
        entries: how many structures of each of ``formulas`` are known elsewhere; 0 where they were not counted.
        energies: lowest known formation energy of each of ``formulas``, meV/atom; _UNKNOWN where none is.
        depths: spread of the hull itself where few phases are known (:func:`chem.stability.measure_depths`).
    """

    hull: Hull
    formulas: NDArray[np.uint64]
    types: NDArray[np.uint64]
    elements: Mapping[str, float]
    known: Mapping[str, NDArray[np.generic]]
    counts: Mapping[str, float]
    spreads: Mapping[str, float]
    samples: Mapping[str, NDArray[np.float32]]
    generated: Spreads | None = None
    structures: KnownStructures = field(default_factory=KnownStructures)
    entries: NDArray[np.uint16] = field(default_factory=lambda: np.zeros(0, dtype=np.uint16))
    energies: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, dtype=np.int16))
    depths: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def spread(self, key: str, above: float | None, generated: bool) -> float | None:
        """Spread of a reading, on generated geometry where ``above`` was read as the distance to the hull."""
        if not generated or self.generated is None:
            return self.spreads.get(key)
        return self.generated.of(key, above)

    def widen(self, spread: float | None, reading: HullReading) -> float | None:
        """Spread of a distance to the hull with that of the hull itself, where fewer than three formulas are known."""
        depths = self.depths.get(str(min(reading.elements, 5)))
        if spread is None or not depths or reading.known > 2 or reading.own is not None:
            return spread
        return round(math.hypot(spread, depths[reading.known]), 4)

    def energy_of(self, formula: str) -> float | None:
        """Lowest known formation energy of a reduced formula, eV/atom; None where none is known."""
        place = _place(self.formulas, formula)
        if place is None or not len(self.energies) or self.energies[place] == _UNKNOWN:
            return self.hull.energy_of(formula)
        return float(self.energies[place]) / 1000

    def find_known(self, crystal: Crystal) -> int | None:
        """Row of the known crystal that has its formula and geometry; None where none is here."""
        for row in self.structures.rows(reduced_formula(crystal)):
            if match(crystal, self.structures.crystal(row)):
                return row
        return None

    def known_value(self, key: str, row: int) -> float | None:
        """What is known of one property of a known crystal."""
        value = float(self.known[key][row])
        return None if math.isnan(value) else round(value, 4)

    def newness(self, crystal: Crystal) -> Verdict:
        """Verdict "newness": no for a known structure, yes for an unknown one, None where that cannot be told.

        Geometry is compared with every known structure of the formula that is here. Where more are known than are
        here, no difference from those that are here makes it new.
        """
        formula = reduced_formula(crystal)
        if self.is_new_formula(formula):
            return Verdict("newness", True, f"{formula} is not among the {len(self.formulas):,} known formulas")
        rows, known = self.structures.rows(formula), self.count_known(formula)
        if not rows:
            reason = (
                f"not compared: {formula} is a known formula whose structure is not in the reference; look it up in "
                f"the public databases"
            )
            return Verdict("newness", None, reason)
        if (row := self.find_known(crystal)) is not None:
            name, group = self.structures.ids[row], symbol(self.structures.crystal(row).space_group)
            return Verdict("newness", False, f"known structure of {formula}: {name}, {group}")
        if known is None:
            reason = (
                f"not compared with all: unlike the {len(rows)} structures of {formula} in the reference, which may "
                f"not be all; look it up in the public databases"
            )
            return Verdict("newness", None, reason)
        if len(rows) < known:
            reason = (
                f"not compared with all: unlike the {len(rows)} structures of {formula} in the reference, but {known} "
                f"are known; look it up in the public databases"
            )
            return Verdict("newness", None, reason)
        return Verdict("newness", True, f"unlike all {len(rows)} known structures of {formula}")

    def count_known(self, formula: str) -> int | None:
        """How many structures of a reduced formula are known, here or elsewhere; None where that was not counted."""
        place = _place(self.formulas, formula)
        if place is None:
            return 0
        counted = int(self.entries[place]) if len(self.entries) else 0
        return max(counted, len(self.structures.rows(formula))) if counted else None

    def may_be_new(self, formula: str) -> bool:
        """Whether a crystal of a reduced formula can be told to be new: all that is known of it is here to compare."""
        known = self.count_known(formula)
        return known is not None and len(self.structures.rows(formula)) >= known

    def has_type(self, name: str) -> bool:
        """Whether a structure type, as :func:`structure_type` names it, is known."""
        return _place(self.types, name) is not None

    def is_new_formula(self, formula: str) -> bool:
        """Whether a reduced formula is not among the known ones."""
        return _place(self.formulas, formula) is None

    def column(self, key: str) -> NDArray[np.float32]:
        """One property of the known crystals, without those of which it is unknown."""
        values = np.asarray(self.known[key], dtype=np.float32)
        return values[~np.isnan(values)]


def _place(hashes: NDArray[np.uint64], name: str) -> int | None:
    wanted = hash_names([name])[0]
    place = int(np.searchsorted(hashes, wanted))
    return place if place < len(hashes) and hashes[place] == wanted else None


# ----------------------------------------------------------------------------------------------------------- build


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
        out / "hull.npz", formulas=formulas[stable], energies=energies[stable].astype(np.float32),
        systems=np.array(names), system_counts=np.array([systems[n] for n in names], dtype=np.int16),
    )  # fmt: skip
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
            "phases": len(formulas), "vertices": int(stable.sum()), "crystals": len(rows),
            "formation_energy_mae": error,
        },
        "spreads": {**spreads, **_measure_elements(rows, compositions, elements)},
        "depths": measure_depths(hull, systems),
        "digests": {name: _digest(out / name) for name in ("hull.npz", "known.npz", STRUCTURES)},
    }  # fmt: skip
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
    """Spread of readings about what is known, on geometry disturbed as generated geometry is.

    Cells are strained by 1 % and atoms moved by up to 0.03 Å, since a relaxed training row would flatter the reading.
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
    for i, reading in zip(chosen, read_energies(structures), strict=True):
        for key, value in _read_back(reading, formula_counts(rows.crystals[i]), elements, hull).items():
            error = abs(value - float(rows.column(key)[i]))
            if math.isfinite(error):
                errors.setdefault(key, []).append(error)
    return {key: round(float(np.quantile(values, 0.95)) / 2, 4) for key, values in errors.items()}


def _read_back(
    reading: EnergyReading, counts: Mapping[str, int], elements: Mapping[str, float], hull: Hull
) -> dict[str, float]:
    """What a reading says of each property, without those of which it says nothing."""
    energy = None if reading.energy is None else formation_energy(reading.energy, counts, elements)
    values = {
        "formation_energy": energy,
        "e_above_hull": None if energy is None else hull.read(counts, energy).e_above_hull,
        "magnetic_moment": reading.magnetic_moment,
        "max_site_moment": reading.max_site_moment,
    }
    return {key: value for key, value in values.items() if value is not None}


def _read_phases(path: Path) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """Reduced formulas, each once, and the lowest formation energy of each; rows without an energy are passed over."""
    with open_table(path) as table:
        column = find_column(table.columns, *_PHASE_ENERGIES)
        formula = find_column(table.columns, "formula")
        if column is None or formula is None:
            raise BadInput(f"{path} needs the columns formula and {_PHASE_ENERGIES[0]}")
        rows = list(table.rows)
    formulas, energies = [], []
    for row in rows:
        if row.problem:
            raise BadInput(f"{path}, row {row.number}: {row.problem}")
        if row.cells[column].lower() in MISSING:
            continue
        try:
            energies.append(read_number(row.cells[column])[0])
        except BadInput as error:
            raise BadInput(f"{path}, row {row.number}: {error}; correct or remove its row") from None
        formulas.append(row.cells[formula])
    lowest: dict[str, float] = {}
    for text, energy in zip(formulas, energies, strict=True):
        if math.isfinite(energy):
            name = _reduce(text, path)
            lowest[name] = min(energy, lowest.get(name, math.inf))
    if not lowest:
        raise BadInput(f"{path} holds no formation energies in its column {column}; give numbers in eV/atom")
    return np.array(list(lowest)), np.array(list(lowest.values()))


def _count_entries(path: Path) -> Counter[str]:
    """Rows of each reduced formula in a table with a column ``formula``."""
    with open_table(path) as table:
        column = find_column(table.columns, "formula")
        if column is None:
            raise BadInput(f"{path} needs a column formula")
        formulas = Counter(row.cells[column] for row in table.rows if not row.problem)
    counted: Counter[str] = Counter()
    for formula, times in formulas.items():
        counted[_reduce(formula, path)] += times
    return counted


def _entries_of(hashes: NDArray[np.uint64], counted: Mapping[str, int]) -> NDArray[np.uint16]:
    """How often each hashed formula was counted."""
    found = np.zeros(len(hashes), dtype=np.uint16)
    for formula, times in counted.items():
        place = _place(hashes, formula)
        if place is not None:
            found[place] = times
    return found


def _energies_of(
    hashes: NDArray[np.uint64], formulas: Sequence[str], energies: NDArray[np.float64]
) -> NDArray[np.int16]:
    """Lowest formation energy of each hashed formula, meV/atom."""
    found = np.full(len(hashes), _UNKNOWN, dtype=np.int16)
    for formula, energy in zip(formulas, energies.tolist(), strict=True):
        place = _place(hashes, formula)
        if place is not None and abs(energy) < 30:
            found[place] = round(1000 * energy)
    return found


def _reduce(formula: str, path: Path) -> str:
    from pymatgen.core import Composition

    try:
        return str(Composition(whole_amounts(formula)).reduced_formula)
    except BadInput as error:
        raise BadInput(f"{path}: {error}; correct or remove its row") from None


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# ------------------------------------------------------------------------------------------------------------ load


#: What a missing, cut or foreign file makes json, zipfile and numpy raise.
_UNREADABLE = (OSError, KeyError, ValueError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error)


@lru_cache(maxsize=4)
def load_reference(folder: Path = FOLDER) -> Reference:
    """Reads the reference once.

    Raises:
        MissingReference: where it is absent or damaged.
    """
    remedy = "restore it with: git checkout assets/reference, or build it with: matgen data reference FILE"
    try:
        manifest = json.loads((folder / "reference.json").read_text(encoding="utf-8"))
        for name, digest in manifest["digests"].items():
            if _digest(folder / name) != digest:
                raise MissingReference(f"{folder / name} does not match its digest; {remedy}")
        with np.load(folder / "hull.npz", allow_pickle=False) as file:
            systems = dict(zip(file["systems"].tolist(), file["system_counts"].tolist(), strict=True))
            hull = Hull(file["formulas"], file["energies"].astype(float), systems)
        with np.load(folder / "known.npz", allow_pickle=False) as file:
            columns = {key: file[key] for key in file.files}
        # A reference built before structures were shipped has none: then no known formula can be compared.
        whole = STRUCTURES in manifest["digests"]
        structures = KnownStructures(columns["id"], columns["formula"], folder / STRUCTURES if whole else None)
        return Reference(
            hull, columns.pop("formulas"), columns.pop("types"), manifest["elements"], columns, manifest["counts"],
            manifest["spreads"], _read_samples(folder / SAMPLES), read_spreads(folder / GENERATED),
            structures, columns.pop("entries", np.zeros(0, dtype=np.uint16)),
            columns.pop("energies", np.zeros(0, dtype=np.int16)), manifest.get("depths", {}),
        )  # fmt: skip
    except MissingReference:
        raise
    except _UNREADABLE as error:
        raise MissingReference(f"the reference in {folder} cannot be read ({type(error).__name__}); {remedy}") from None


def _read_samples(path: Path) -> dict[str, NDArray[np.float32]]:
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as file:
        return {key: file[key].astype(np.float32) for key in file.files}
