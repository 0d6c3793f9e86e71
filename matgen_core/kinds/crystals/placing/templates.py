"""Geometry of a skeleton from known crystals: the same space group and positions, other elements.

A known crystal whose atoms lie on the same Wyckoff positions lends its free coordinates and the shape of its cell; the
cell is scaled by the volumes of the atoms that come and go. Of several, the one with the nearest elements comes first,
by Mendeleev number (Pettifor 1984; pymatgen's table). The known crystals are those of the shipped reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.equivalent_origins import at_origin, letters_at_origin, origin_shifts
from matgen_core.chem.crystals.structure import sort_sites
from matgen_core.chem.crystals.symmetry import wyckoff_positions
from matgen_core.core.records import Crystal, Site
from matgen_core.kinds.crystals.known.known_structures import KnownStructures
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.kinds.crystals.placing.geometry import conventional_counts
from matgen_core.kinds.crystals.writing.grammar import Skeleton, skeleton_of
from matgen_core.learning.checkpoints import load_checkpoint

Array = NDArray[np.float64]
_CHECKPOINT = "crystal-geometry"
#: Two templates are one where no free coordinate and no relative length of the cell differ by more.
_SAME = 0.02
#: Known crystals that are looked at for each template that is asked for.
_LOOKED_AT = 12


@dataclass(frozen=True)
class Template:
    """A skeleton in the geometry of a known crystal.

    Args:
        crystal: the skeleton's elements on the known crystal's places, its cell scaled.
        id: name of the known crystal.
        formula: its reduced formula.
        distance: mean difference in Mendeleev number of an atom.
        own: whether the known crystal has the skeleton's own elements on its positions.
    """

    crystal: Crystal
    id: str
    formula: str
    distance: float
    own: bool


class Templates:
    """The known crystals by space group and positions.

    Args:
        structures: known crystals.
        volumes: Å³ of an atom of each of ELEMENTS (:func:`.geometry.fit_volumes`).
    """

    def __init__(self, structures: KnownStructures, volumes: Sequence[float]) -> None:
        self.structures, self.volumes = structures, np.asarray(volumes)

    @cached_property
    def _rows(self) -> dict[tuple[int, str], list[int]]:
        rows: dict[tuple[int, str], list[int]] = {}
        for row, key in enumerate(self.structures.positions()):
            rows.setdefault(key, []).append(row)
        return rows

    def find(self, skeleton: Skeleton, most: int = 1, own: bool = True) -> list[Template]:
        """At most ``most`` templates of a skeleton that differ from one another, the nearest elements first.

        Args:
            skeleton: space group, positions and elements.
            most: templates.
            own: whether a known crystal that has these elements on these positions may be one.
        """
        found: list[Template] = []
        for template in self._nearest(skeleton, most * _LOOKED_AT):
            if (own or not template.own) and not any(_alike(template.crystal, f.crystal) for f in found):
                found.append(template)
            if len(found) == most:
                break
        return found

    def count(self, skeleton: Skeleton) -> int:
        """How many known crystals have a skeleton's space group and positions, from whatever origin."""
        return sum(len(rows) for _, rows in self._settings(skeleton))

    def _settings(self, skeleton: Skeleton) -> Iterator[tuple[tuple[float, float, float], list[int]]]:
        """Known crystals under each way to choose the origin; two ways that give the same letters count once."""
        letters, seen = [letter for letter, _ in skeleton.sites], set()
        for shift in origin_shifts(skeleton.space_group):
            moved = letters_at_origin(skeleton.space_group, letters, shift)
            key = None if moved is None else "".join(sorted(moved))
            if key is not None and key not in seen:
                seen.add(key)
                yield shift, self._rows.get((skeleton.space_group, key), [])

    def _nearest(self, skeleton: Skeleton, most: int) -> list[Template]:
        """Known crystals with a skeleton's positions, the nearest elements first, equal ones equal elements first."""
        table = wyckoff_positions(skeleton.space_group)
        weights = np.array([table[letter].multiplicity for letter, _ in skeleton.sites], dtype=float)
        found: list[tuple[int, float, int, tuple[float, float, float], list[int]]] = []
        for shift, rows in self._settings(skeleton):
            back = (-shift[0], -shift[1], -shift[2])
            for row in rows:
                elements = self.structures.elements(row)
                names = self.structures.letters(row)
                moved = letters_at_origin(skeleton.space_group, names, back)
                if moved is None or sorted(moved) != sorted(letter for letter, _ in skeleton.sites):
                    continue
                places = _assign(skeleton, moved, elements)
                lent = [elements[place] for place in places]
                distance = float(weights @ _distances([e for _, e in skeleton.sites], lent) / weights.sum())
                found.append((_mixed(skeleton, lent), distance, row, shift, places))
        found.sort(key=lambda entry: entry[:3])
        return [self._lend(skeleton, *entry[1:]) for entry in found[:most]]

    def _lend(
        self, skeleton: Skeleton, distance: float, row: int, shift: tuple[float, float, float], places: list[int]
    ) -> Template:
        known = self.structures.crystal(row)
        moved = at_origin(known, (-shift[0], -shift[1], -shift[2]))
        assert moved is not None
        sites = [
            Site(letter, element, moved.sites[place].coordinates)
            for (letter, element), place in zip(skeleton.sites, places, strict=True)
        ]
        scale = (self._volume(skeleton) / self._volume(skeleton_of(known))) ** (1 / 3)
        a, b, c, *angles = known.lattice
        lattice = (a * scale, b * scale, c * scale, angles[0], angles[1], angles[2])
        crystal = Crystal(skeleton.space_group, sort_sites(sites), lattice)
        own = all(
            known.sites[place].element == element for (_, element), place in zip(skeleton.sites, places, strict=True)
        )
        return Template(
            crystal, str(self.structures.ids[row]), str(self.structures.formulas[row]), round(distance, 2), own
        )

    def _volume(self, skeleton: Skeleton) -> float:
        """Å³ of a conventional cell, as the sum of its atoms' volumes."""
        counts = conventional_counts(skeleton)
        return float(sum(count * self.volumes[ELEMENTS.index(element)] for element, count in counts.items()))


@lru_cache(maxsize=1)
def load_templates() -> Templates:
    """The templates of the shipped reference, with the volumes of the geometry network.

    Raises:
        MissingReference: where the reference is absent.
        UnknownCheckpoint: where the network is absent.
    """
    return Templates(load_reference().structures, load_checkpoint(_CHECKPOINT).config["volumes"])


@lru_cache(maxsize=256)
def mendeleev_number(element: str) -> float:
    """Mendeleev number of an element (Villars et al. 2004, pymatgen's table): near ones are alike chemically."""
    from pymatgen.core import Element

    return float(Element(element).mendeleev_no)


def _distances(these: Sequence[str], those: Sequence[str]) -> Array:
    numbers = [[mendeleev_number(e) for e in elements] for elements in (these, those)]
    return np.asarray(np.abs(np.array(numbers[0]) - np.array(numbers[1])), dtype=float)


def _assign(skeleton: Skeleton, letters: Sequence[str], elements: Sequence[str]) -> list[int]:
    """For each site of a skeleton the known crystal's site of its letter: both in the order of Mendeleev numbers."""
    places = [0] * len(skeleton.sites)
    for letter in set(letters):
        ours = [i for i, (own, _) in enumerate(skeleton.sites) if own == letter]
        theirs = [i for i, other in enumerate(letters) if other == letter]
        ours.sort(key=lambda i: mendeleev_number(skeleton.sites[i][1]))
        theirs.sort(key=lambda i: mendeleev_number(elements[i]))
        for here, there in zip(ours, theirs, strict=True):
            places[here] = there
    return places


def _mixed(skeleton: Skeleton, lent: Sequence[str]) -> int:
    """How many pairs of sites have one element here and two there, or the other way round."""
    ours = np.array([element for _, element in skeleton.sites])
    theirs = np.array(lent)
    return int(((ours[:, None] == ours) != (theirs[:, None] == theirs)).sum() // 2)


def _alike(one: Crystal, other: Crystal) -> bool:
    """Whether two geometries of one skeleton are the same for a start."""
    coordinates = [np.array([v for site in c.sites for v in site.coordinates]) for c in (one, other)]
    apart = np.abs((coordinates[0] - coordinates[1] + 0.5) % 1.0 - 0.5)
    shapes = [
        np.array(c.lattice) / np.array([np.prod(c.lattice[:3]) ** (1 / 3)] * 3 + [90.0] * 3) for c in (one, other)
    ]
    return bool(apart.max(initial=0.0) < _SAME and np.abs(shapes[0] - shapes[1]).max() < _SAME)
