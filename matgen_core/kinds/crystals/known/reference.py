"""The one reference: hull, known formulas, known structure types, and predictions of known crystals.

Everything in ``assets/reference`` is computed from tables of the Materials Project (CC BY 4.0) by
:mod:`.reference_build` and never typed in. Every page and every evaluation reads it through :func:`load_reference`.
"""

from __future__ import annotations

import hashlib
import json
import math
import zipfile
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.matching import match
from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.crystals.symmetry import symbol, wyckoff_positions
from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.chem.formulas.stability import Hull, HullDistance
from matgen_core.core.errors import MissingReference
from matgen_core.core.installation import ASSETS
from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Crystal, Verdict
from matgen_core.core.registry import load
from matgen_core.kinds.crystals.checks.uncertainty import Spreads, read_spreads
from matgen_core.kinds.crystals.known.known_structures import FILE as STRUCTURES
from matgen_core.kinds.crystals.known.known_structures import KnownStructures
from matgen_core.kinds.predictors import PREDICTORS
from matgen_core.runs.own_phases import phases_stamp, read_phases

FOLDER = ASSETS / "reference"
ATTRIBUTION = "Materials Project (CC BY 4.0), through Matbench, MP-20 and MPTS-52"
#: Predictions of the evaluation's unconditional samples: what chance would meet.
SAMPLES = "samples.npz"
#: Spreads of predictions on generated geometry, where they were measured.
GENERATED = "generated.json"
#: Stands for an energy that is not known.
UNKNOWN = -32_768


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
        known: columns of the known crystals: id, formula, space_group, atoms and those of reference_build.KEPT.
        counts: what went in, and how well the elemental energies fit.
        spreads: half of what covers 95 % of a prediction's errors on slightly disturbed geometry, by property.
        samples: predictions of unconditional samples of the default engine, by property; empty where not measured.
        generated: spreads on generated geometry; None where not measured.
        structures: of the known crystals, in the order of ``known``.
        entries: how many structures of each of ``formulas`` are known elsewhere; 0 where they were not counted.
        energies: lowest known formation energy of each of ``formulas``, meV/atom; UNKNOWN where none is.
        depths: spread of the hull itself where few phases are known, by ``measure_depths`` of
            ``chem/formulas/stability.py``.
        own: formation energy of the user's computed phases by reduced formula, eV/atom; the hull has them, too.
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
    own: Mapping[str, float] = field(default_factory=dict)
    _columns: dict[str, NDArray[np.float32]] = field(default_factory=dict, repr=False, compare=False)

    def spread(self, key: str, above: float | None, generated: bool) -> float | None:
        """Spread of a prediction, on generated geometry where ``above`` was read as the distance to the hull."""
        if not generated or self.generated is None:
            return self.spreads.get(key)
        return self.generated.of(key, above)

    def widen(self, spread: float | None, prediction: HullDistance) -> float | None:
        """Spread of a distance to the hull with that of the hull itself, where fewer than three formulas are known."""
        depths = self.depths.get(str(min(prediction.elements, 5)))
        if spread is None or not depths or prediction.known > 2 or prediction.own is not None:
            return spread
        return round(math.hypot(spread, depths[prediction.known]), 4)

    def energy_of(self, formula: str) -> float | None:
        """Lowest known formation energy of a reduced formula, eV/atom; None where none is known."""
        place = place_of(self.formulas, formula)
        if place is None or not len(self.energies) or self.energies[place] == UNKNOWN:
            known = self.hull.energy_of(formula)
        else:
            known = float(self.energies[place]) / 1000
        own = self.own.get(formula)
        return known if own is None or (known is not None and known < own) else own

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

    def novelty(self, crystal: Crystal) -> Verdict:
        """Verdict "novelty": no for a known structure, yes for an unknown one, None where that cannot be decided.

        Geometry is compared with every known structure of the formula that is here. Where more are known than are
        here, no difference from those that are here makes it new.
        """
        return Verdict("novelty", *self._compare(crystal, reduced_formula(crystal)))

    def _compare(self, crystal: Crystal, formula: str) -> tuple[bool | None, Message]:
        """Whether no known structure of its formula is the crystal, and how that is known."""
        if self.is_new_formula(formula):
            count = len(self.formulas)
            return True, Message(
                "{formula} is not among the {n_formulas:,} known formulas",
                formula=write_formula(formula),
                n_formulas=count,
            )
        rows, known = self.structures.rows(formula), self.count_known(formula)
        if not rows:
            return None, Message(
                "not compared: {formula} is a known formula whose structure is not in the reference; "
                "look it up in the public databases",
                formula=write_formula(formula),
            )
        if (row := self.find_known(crystal)) is not None:
            name, group = self.structures.ids[row], symbol(self.structures.crystal(row).space_group)
            return False, Message(
                "known structure of {formula}: {name}, {group}", formula=write_formula(formula), name=name, group=group
            )
        if known is None:
            return None, Message(
                "not compared with all: different from each structure of {formula} in the reference ({n_rows}), "
                "but others may be known; look it up in the public databases",
                formula=write_formula(formula),
                n_rows=len(rows),
            )
        if len(rows) < known:
            return None, Message(
                "not compared with all: different from each structure of {formula} in the reference ({n_rows} of "
                "{known} known); look it up in the public databases",
                formula=write_formula(formula),
                n_rows=len(rows),
                known=known,
            )
        return True, Message(
            "different from every known structure of {formula} ({n_rows})",
            formula=write_formula(formula),
            n_rows=len(rows),
        )

    def count_known(self, formula: str) -> int | None:
        """How many structures of a reduced formula are known, here or elsewhere; None where that was not counted."""
        place = place_of(self.formulas, formula)
        if place is None:
            return 0
        counted = int(self.entries[place]) if len(self.entries) else 0
        return max(counted, len(self.structures.rows(formula))) if counted else None

    def may_be_new(self, formula: str) -> bool:
        """Whether a crystal of a reduced formula can be known to be new: all that is known of it is here to compare."""
        known = self.count_known(formula)
        return known is not None and len(self.structures.rows(formula)) >= known

    def has_type(self, name: str) -> bool:
        """Whether a structure type, as :func:`structure_type` names it, is known."""
        return place_of(self.types, name) is not None

    def is_new_formula(self, formula: str) -> bool:
        """Whether a reduced formula is not among the known ones."""
        return place_of(self.formulas, formula) is None

    def column(self, key: str) -> NDArray[np.float32]:
        """One property of the known crystals, without those of which it is unknown."""
        values = np.asarray(self.known[key] if key in self.known else self._computed(key), dtype=np.float32)
        return values[~np.isnan(values)]

    def _computed(self, key: str) -> NDArray[np.float32]:
        """A property that has no column, but that its predictor computes from the known structures; computed once."""
        if key not in self._columns:
            predictor = PREDICTORS["crystals"][PROPERTIES[key].predicted_by["crystals"]]
            self._columns[key] = load(predictor.known)(self) if predictor.known else np.zeros(0, dtype=np.float32)
        return self._columns[key]


def place_of(hashes: NDArray[np.uint64], name: str) -> int | None:
    """Place of a name among sorted hashes; None where it is not among them."""
    wanted = hash_names([name])[0]
    place = int(np.searchsorted(hashes, wanted))
    return place if place < len(hashes) and hashes[place] == wanted else None


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


#: What a missing, cut or foreign file makes json, zipfile and numpy raise.
_UNREADABLE = (OSError, KeyError, ValueError, TypeError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error)


def load_reference(folder: Path = FOLDER) -> Reference:
    """The reference, read once; the shipped one with the user's computed phases, as they are now.

    Raises:
        MissingReference: where it is absent or damaged.
        DamagedPhases: where the user's phases cannot be read.
    """
    stamp = phases_stamp() if folder == FOLDER else None
    return _load_shipped(folder) if stamp is None else _with_own_phases(*stamp)


@lru_cache(maxsize=2)
def _with_own_phases(file: Path, changed: int, size: int) -> Reference:
    shipped, own = _load_shipped(FOLDER), dict[str, float]()
    for phase in read_phases(file, changed, size):
        own[phase.formula] = min(phase.energy, own.get(phase.formula, phase.energy))
    if not own:
        return shipped
    new = [formula for formula in own if shipped.is_new_formula(formula)]
    return replace(shipped, hull=shipped.hull.with_phases(own, new), own=own)


@lru_cache(maxsize=4)
def _load_shipped(folder: Path) -> Reference:
    remedy = "restore it with: git checkout assets/reference, or build it with: matgen data reference FILE"
    try:
        manifest = json.loads((folder / "reference.json").read_text(encoding="utf-8"))
        for name, digest in manifest["digests"].items():
            if digest_of(folder / name) != digest:
                raise MissingReference(
                    "{folder} does not match its digest; {remedy}", folder=folder / name, remedy=remedy
                )
        with np.load(folder / "hull.npz", allow_pickle=False) as file:
            systems = dict(zip(file["systems"].tolist(), file["system_counts"].tolist(), strict=True))
            hull = Hull(file["formulas"], file["energies"].astype(float), systems)
        with np.load(folder / "known.npz", allow_pickle=False) as file:
            columns = {key: file[key] for key in file.files}
        # A reference built before structures were shipped has none: then no known formula can be compared.
        whole = STRUCTURES in manifest["digests"]
        structures = KnownStructures(columns["id"], columns["formula"], folder / STRUCTURES if whole else None)
        return Reference(
            hull,
            columns.pop("formulas"),
            columns.pop("types"),
            manifest["elements"],
            columns,
            manifest["counts"],
            manifest["spreads"],
            _read_samples(folder / SAMPLES),
            read_spreads(folder / GENERATED),
            structures,
            columns.pop("entries", np.zeros(0, dtype=np.uint16)),
            columns.pop("energies", np.zeros(0, dtype=np.int16)),
            manifest.get("depths", {}),
        )
    except MissingReference:
        raise
    except _UNREADABLE as error:
        raise MissingReference(
            "the reference in {folder} cannot be read ({error}); {remedy}",
            folder=folder,
            error=type(error).__name__,
            remedy=remedy,
        ) from None


def _read_samples(path: Path) -> dict[str, NDArray[np.float32]]:
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as file:
        return {key: file[key].astype(np.float32) for key in file.files}
