"""Statistics of known crystals: bond lengths and coordination numbers for each pair of elements, structure types.

The first shell of a site contains the elements whose nearest atom is within SHELL times the nearest distance of all. Of
each element it counts the atoms within SPREAD times the nearest distance of that element. :func:`measure_coordination`
measures all numbers on the training rows; none is typed in.
"""

from __future__ import annotations

import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.structure import formula_counts, reduced_formula, to_structure
from matgen_core.chem.crystals.structure_types import anonymous_type
from matgen_core.core.errors import MissingReference
from matgen_core.core.messages import Message
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.known.reference import FOLDER, hash_names
from matgen_core.kinds.crystals.known.rows import ELEMENTS

if TYPE_CHECKING:
    from pymatgen.core import Structure

FILE = "coordination.npz"
SHELL, SPREAD = 1.25, 1.2
#: Å; beyond it no atom is anyone's neighbour.
_REACH = 4.5
#: Pairs seen fewer times than this judge nobody. With 100 the rule rejects 2.4 % of withheld crystals, with 20 9.8 %.
FEW = 100


@dataclass(frozen=True, slots=True)
class Neighbours:
    """One element in the first shell of one site.

    Args:
        centre: element of the site.
        other: element around it.
        distance: to the nearest, Å.
        count: how many there are.
    """

    centre: str
    other: str
    distance: float
    count: int


@dataclass(frozen=True)
class CoordinationStatistics:
    """Statistics of the first shells and structure types of known crystals.

    Args:
        seen: (E, E) sites of an element (row) with another (column) in their first shell, in the order of ELEMENTS.
        lengths: (E, E, 3) nearest distance, Å: shortest, median, longest.
        counts: (E, E, 2) coordination: fewest and most.
        types: hash of a structure type: known crystals that have it, and the formula of one of them.
    """

    seen: NDArray[np.int32]
    lengths: NDArray[np.float32]
    counts: NDArray[np.int16]
    types: Mapping[int, tuple[int, str]]

    def problem(self, found: Neighbours) -> str | None:
        """The reason why these neighbours are unlike those of known crystals, or None."""
        i, j = ELEMENTS.index(found.centre), ELEMENTS.index(found.other)
        if self.seen[i, j] < FEW:
            return None
        pair = f"{found.centre}–{found.other}"
        low, _middle, high = self.lengths[i, j].tolist()
        if not 0.9 * low <= found.distance <= 1.1 * high:
            return Message(
                "{pair} {distance:.2f} Å (known crystals: {low:.2f} to {high:.2f} Å)",
                pair=pair,
                distance=found.distance,
                low=low,
                high=high,
            )
        least, most = self.counts[i, j].tolist()
        if not least <= found.count <= most:
            return Message(
                "{count} {other} around {centre} (known crystals: {least} to {most})",
                count=found.count,
                other=found.other,
                centre=found.centre,
                least=least,
                most=most,
            )
        return None


def shells(structure: Structure) -> list[Neighbours]:
    """The first shell of every site, one entry an element in it."""
    centres, others, _images, distances = structure.get_neighbor_list(_REACH)
    symbols = [str(site.specie) for site in structure]
    around: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for i, j, distance in zip(centres.tolist(), others.tolist(), distances.tolist(), strict=True):
        around[i][symbols[j]].append(distance)
    found = []
    for i, elements in around.items():
        nearest = min(min(values) for values in elements.values())
        for element, values in elements.items():
            if (own := min(values)) <= SHELL * nearest:
                count = sum(value <= SPREAD * own for value in values)
                found.append(Neighbours(symbols[i], element, own, count))
    return found


def stoichiometry(crystal: Crystal) -> tuple[int, ...]:
    """Amounts of the elements in the reduced formula, sorted."""
    amounts = list(formula_counts(crystal).values())
    return tuple(sorted(amount // gcd(*amounts) for amount in amounts))


def measure_coordination(crystals: Iterable[Crystal]) -> CoordinationStatistics:
    """Counts the shells and structure types of crystals."""
    lengths: dict[tuple[int, int], list[float]] = defaultdict(list)
    counts: dict[tuple[int, int], list[int]] = defaultdict(list)
    types: Counter[str] = Counter()
    named: dict[str, str] = {}
    for crystal in crystals:
        key = anonymous_type(crystal)
        types[key] += 1
        formula = reduced_formula(crystal)
        named[key] = min(named.get(key, formula), formula, key=lambda name: (len(name), name))
        for found in shells(to_structure(crystal)):
            pair = ELEMENTS.index(found.centre), ELEMENTS.index(found.other)
            lengths[pair].append(found.distance)
            counts[pair].append(found.count)
    size = len(ELEMENTS)
    seen = np.zeros((size, size), dtype=np.int32)
    spans, around = np.zeros((size, size, 3), dtype=np.float32), np.zeros((size, size, 2), dtype=np.int16)
    for pair, values in lengths.items():
        seen[pair] = len(values)
        spans[pair] = np.percentile(values, (0, 50, 100))
        around[pair] = min(counts[pair]), max(counts[pair])
    hashes = {int(hash_names([key])[0]): (types[key], named[key]) for key in types}
    return CoordinationStatistics(seen, spans, around, hashes)


def share_unlike(table: CoordinationStatistics, crystals: Iterable[Crystal]) -> float:
    """Share of crystals with unusual neighbours; on withheld known crystals this is the rule's error rate."""
    flagged = [any(table.problem(found) for found in shells(to_structure(crystal))) for crystal in crystals]
    return sum(flagged) / len(flagged) if flagged else 0.0


def save_coordination(table: CoordinationStatistics, folder: Path = FOLDER) -> Path:
    """Writes the table beside the reference."""
    pairs = np.argwhere(table.seen > 0)
    rows, columns = pairs.T
    names = sorted(table.types)
    np.savez_compressed(
        folder / FILE,
        allow_pickle=False,
        pairs=pairs.astype(np.uint8),
        seen=table.seen[rows, columns],
        lengths=table.lengths[rows, columns].astype(np.float16),
        counts=table.counts[rows, columns],
        types=np.array(names, dtype=np.uint64),
        times=np.array([table.types[n][0] for n in names], dtype=np.int32),
        formulas=np.array([table.types[n][1] for n in names]),
    )
    return folder / FILE


@lru_cache(maxsize=2)
def load_coordination(folder: Path = FOLDER) -> CoordinationStatistics:
    """Reads the table once.

    Raises:
        MissingReference: where it is absent or damaged.
    """
    try:
        with np.load(folder / FILE, allow_pickle=False) as file:
            rows, columns = file["pairs"].astype(int).T
            size = len(ELEMENTS)
            seen = np.zeros((size, size), dtype=np.int32)
            lengths, counts = np.zeros((size, size, 3), dtype=np.float32), np.zeros((size, size, 2), dtype=np.int16)
            seen[rows, columns], lengths[rows, columns] = file["seen"], file["lengths"]
            counts[rows, columns] = file["counts"]
            known = zip(file["times"].tolist(), file["formulas"].tolist(), strict=True)
            return CoordinationStatistics(seen, lengths, counts, dict(zip(file["types"].tolist(), known, strict=True)))
    except (OSError, KeyError, ValueError, EOFError, IndexError, zipfile.BadZipFile) as error:
        raise MissingReference(
            "{folder} cannot be read ({error}); restore it with: git checkout assets/reference, or "
            "measure it with: matgen data coordination",
            folder=folder / FILE,
            error=type(error).__name__,
        ) from None
