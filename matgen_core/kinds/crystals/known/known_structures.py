"""The structures of the known crystals, shipped small: symmetry, positions and cell, without anything predicted.

Lengths are kept to 0.001 Å, angles to 0.01°, free coordinates to 1/65,536 of the cell: far below what the comparison
tolerates. The file is read when the first formula is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.symmetry import LETTERS
from matgen_core.core.records import Crystal, Site
from matgen_core.kinds.crystals.known.rows import ELEMENTS

FILE = "structures.npz"
_LENGTH, _ANGLE, _COORDINATE = 1000, 100, 65_536


def save_structures(crystals: Sequence[Crystal], path: Path) -> None:
    """Writes crystals, in their order."""
    sites = [site for crystal in crystals for site in crystal.sites]
    lattices = np.array([c.lattice for c in crystals], dtype=float).reshape(len(crystals), 6)
    free = np.array([value for site in sites for value in site.coordinates], dtype=float)
    np.savez_compressed(
        path,
        allow_pickle=False,
        space_groups=np.array([c.space_group for c in crystals], dtype=np.uint8),
        lengths=np.round(lattices[:, :3] * _LENGTH).astype(np.uint32),
        angles=np.round(lattices[:, 3:] * _ANGLE).astype(np.uint16),
        sites=np.array([len(c.sites) for c in crystals], dtype=np.uint16),
        letters=np.array([LETTERS.index(s.letter) for s in sites], dtype=np.uint8),
        elements=np.array([ELEMENTS.index(s.element) for s in sites], dtype=np.uint8),
        freedom=np.array([len(s.coordinates) for s in sites], dtype=np.uint8),
        coordinates=(np.round(free * _COORDINATE).astype(np.int64) % _COORDINATE).astype(np.uint16),
    )


@dataclass(frozen=True)
class KnownStructures:
    """Known crystals by formula.

    Args:
        ids: (N,) name of each.
        formulas: (N,) reduced formula of each.
        path: file of the structures; None where none were shipped.
    """

    ids: NDArray[np.str_] = field(default_factory=lambda: np.array([], dtype=str))
    formulas: NDArray[np.str_] = field(default_factory=lambda: np.array([], dtype=str))
    path: Path | None = None

    @cached_property
    def _rows(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        if self.path is not None:
            for row, formula in enumerate(self.formulas.tolist()):
                rows.setdefault(formula, []).append(row)
        return rows

    @cached_property
    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        assert self.path is not None
        with np.load(self.path, allow_pickle=False) as file:
            found = {key: file[key] for key in file.files}
        ends = np.cumsum(found["sites"], dtype=np.int64)
        found["first_site"] = ends - found["sites"]
        found["first_coordinate"] = np.cumsum(found["freedom"], dtype=np.int64) - found["freedom"]
        return found

    def volumes(self) -> NDArray[np.float64]:
        """(N,) volume of the conventional cells in Å³; empty where no structures were shipped."""
        if self.path is None:
            return np.zeros(0)
        lengths = np.asarray(self._arrays["lengths"], dtype=float) / _LENGTH
        cosines = np.cos(np.radians(np.asarray(self._arrays["angles"], dtype=float) / _ANGLE))
        skew = 1.0 + 2.0 * cosines.prod(axis=1) - (cosines**2).sum(axis=1)
        return np.asarray(lengths.prod(axis=1) * np.sqrt(skew))

    def rows(self, formula: str) -> list[int]:
        """Rows of a reduced formula, in the order of the table of known crystals."""
        return self._rows.get(formula, [])

    def crystal(self, row: int) -> Crystal:
        """The crystal of one row."""
        data = self._arrays
        begin, count = int(data["first_site"][row]), int(data["sites"][row])
        sites = []
        for i in range(begin, begin + count):
            start, free = int(data["first_coordinate"][i]), int(data["freedom"][i])
            values = np.asarray(data["coordinates"][start : start + free], dtype=float) / _COORDINATE
            letter, element = int(data["letters"][i]), int(data["elements"][i])
            sites.append(Site(LETTERS[letter], ELEMENTS[element], tuple(values.tolist())))
        a, b, c = (np.asarray(data["lengths"][row], dtype=float) / _LENGTH).tolist()
        alpha, beta, gamma = (np.asarray(data["angles"][row], dtype=float) / _ANGLE).tolist()
        group = int(data["space_groups"][row])
        return Crystal(group, tuple(sites), (a, b, c, alpha, beta, gamma))

    def positions(self) -> list[tuple[int, str]]:
        """Space group and sorted Wyckoff letters of every row."""
        if self.path is None:
            return []
        names = np.array(list(LETTERS))[self._arrays["letters"]]
        ends = np.cumsum(self._arrays["sites"], dtype=np.int64)
        parts = np.split(names, ends[:-1])
        return [
            (int(group), "".join(sorted(part.tolist())))
            for group, part in zip(self._arrays["space_groups"], parts, strict=True)
        ]

    def letters(self, row: int) -> list[str]:
        """Wyckoff letters of one row's sites."""
        return [LETTERS[i] for i in self._of_sites("letters", row)]

    def elements(self, row: int) -> list[str]:
        """Elements of one row's sites."""
        return [ELEMENTS[i] for i in self._of_sites("elements", row)]

    def _of_sites(self, name: str, row: int) -> list[int]:
        data = self._arrays
        begin, count = int(data["first_site"][row]), int(data["sites"][row])
        return [int(value) for value in data[name][begin : begin + count]]
