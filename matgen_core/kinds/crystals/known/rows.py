"""Training rows of crystals: the arrays that the crystal networks train on, kept in one file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.symmetry import LETTERS
from matgen_core.core.errors import BadInput
from matgen_core.core.records import Crystal, Site

#: Column of a table for each property the networks can be asked for. A column that is absent stays unknown.
COLUMNS = {
    "band_gap": "band_gap",
    "formation_energy": "formation_energy_per_atom",
    "magnetic_moment": "magmom_per_atom",
    "e_above_hull": "e_above_hull",
    "max_site_moment": "max_site_moment",
    "chgnet_energy": "chgnet_energy_per_atom",
}
#: Elements the networks know, in order of atomic number (H to Pu, those for which there is data).
_SYMBOLS = """
H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru
Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At
Rn Fr Ra Ac Th Pa U Np Pu
"""
ELEMENTS = tuple(_SYMBOLS.split())


@dataclass(frozen=True)
class CrystalRows:
    """Crystals with what is known of them.

    Args:
        ids: (N,) name of each row.
        crystals: N records.
        properties: (N, len(COLUMNS)) in the order of :data:`COLUMNS`; NaN where unknown.
        splits: (N,) "train" or "val".
    """

    ids: NDArray[np.str_]
    crystals: tuple[Crystal, ...]
    properties: NDArray[np.float32]
    splits: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.crystals)

    def column(self, key: str) -> NDArray[np.float32]:
        """(N,) values of one property; NaN where unknown."""
        return self.properties[:, list(COLUMNS).index(key)]

    def subset(self, mask: NDArray[np.bool_]) -> CrystalRows:
        """The rows where ``mask`` (N,) holds."""
        kept = tuple(c for c, keep in zip(self.crystals, mask, strict=True) if keep)
        return CrystalRows(self.ids[mask], kept, self.properties[mask], self.splits[mask])


def save_rows(path: Path, rows: CrystalRows) -> None:
    """Writes rows as one compressed ``.npz`` of plain arrays (sites of all crystals end to end)."""
    sites = [site for crystal in rows.crystals for site in crystal.sites]
    coordinates = np.full((len(sites), 3), np.nan, dtype=np.float32)
    for i, site in enumerate(sites):
        coordinates[i, : len(site.coordinates)] = site.coordinates
    partial = path.with_suffix(".part.npz")
    np.savez_compressed(
        partial,
        ids=rows.ids,
        splits=rows.splits,
        properties=rows.properties,
        space_groups=np.array([c.space_group for c in rows.crystals], dtype=np.int16),
        lattices=np.array([c.lattice for c in rows.crystals], dtype=np.float32).reshape(len(rows), 6),
        counts=np.array([len(c.sites) for c in rows.crystals], dtype=np.int16),
        letters=np.array([LETTERS.index(s.letter) for s in sites], dtype=np.int8),
        elements=np.array([ELEMENTS.index(s.element) for s in sites], dtype=np.int8),
        coordinates=coordinates,
    )
    partial.replace(path)  # so that an interrupted write leaves no half file under the final name


def load_rows(path: Path) -> CrystalRows:
    """Reads what :func:`save_rows` wrote.

    Raises:
        BadInput: where the file is missing or is not such a file.
    """
    if not path.is_file():
        raise BadInput(f"{path} does not exist; make it with: matgen data build FILE --out {path.parent}")
    try:
        with np.load(path, allow_pickle=False) as file:
            return CrystalRows(file["ids"], tuple(_crystals(file)), file["properties"], file["splits"])
    except (KeyError, ValueError, OSError, EOFError) as error:
        raise BadInput(f"{path} is not a table of crystals ({error}); build it again") from None


def _crystals(file: np.lib.npyio.NpzFile) -> Iterator[Crystal]:
    letters, elements, coordinates = file["letters"], file["elements"], file["coordinates"].astype(float)
    freedom = (~np.isnan(coordinates)).sum(axis=1)
    start = 0
    for group, lattice, count in zip(file["space_groups"], file["lattices"], file["counts"].tolist(), strict=True):
        sites = tuple(
            Site(LETTERS[letters[i]], ELEMENTS[elements[i]], tuple(coordinates[i, : freedom[i]].tolist()))
            for i in range(start, start + count)
        )
        start += count
        a, b, c, alpha, beta, gamma = (float(value) for value in lattice)
        yield Crystal(int(group), sites, (a, b, c, alpha, beta, gamma))


def concatenate(parts: Iterator[CrystalRows] | Sequence[CrystalRows]) -> CrystalRows:
    """Rows of several tables, in order."""
    tables = list(parts)
    return CrystalRows(
        np.concatenate([t.ids for t in tables]) if tables else np.array([], dtype=str),
        tuple(c for t in tables for c in t.crystals),
        np.concatenate([t.properties for t in tables]) if tables else np.zeros((0, len(COLUMNS)), dtype=np.float32),
        np.concatenate([t.splits for t in tables]) if tables else np.array([], dtype=str),
    )
