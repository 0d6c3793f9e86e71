"""Between crystals and the arrays that the geometry network works on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.chem.crystals.equivalent_origins import move_origin
from matgen_core.chem.crystals.scene import covalent_radius
from matgen_core.chem.crystals.structure import sort_sites, to_structure
from matgen_core.chem.crystals.symmetry import (
    CRYSTAL_SYSTEMS,
    TO_PRIMITIVE,
    centring,
    crystal_system,
    position_starts,
    symbol,
    wyckoff_positions,
)
from matgen_core.core.records import Crystal, Site
from matgen_core.kinds.crystals.known.batches import condition_values, length_batches
from matgen_core.kinds.crystals.known.rows import ELEMENTS, CrystalRows
from matgen_core.kinds.crystals.writing.grammar import Skeleton, skeleton_of
from matgen_core.models.geometry import CELL_FREE, Skeletons, cell_numbers

Array = NDArray[np.float64]
_ELEMENT = {symbol_: number for number, symbol_ in enumerate(ELEMENTS, start=1)}


@cache
def _orbit(space_group: int, letter: str) -> tuple[int, NDArray[np.bool_], Array, Array]:
    """(number, free axes (3,), rotations (M, 3, 3), translations (M, 3)) of the atoms in the primitive cell."""
    table = wyckoff_positions(space_group)
    position = table[letter]
    free = np.zeros(3, dtype=bool)
    free[list(position.free_axes)] = True
    point = np.where(free, [0.1371, 0.2917, 0.4303], 0.0)
    inverse = np.linalg.inv(primitive_vectors(space_group))
    kept: list[int] = []
    places: list[Array] = []
    for i in range(position.multiplicity):
        place = (position.rotations[i] @ point + position.translations[i]) @ inverse
        if all(np.abs((place - p + 0.5) % 1.0 - 0.5).max() > 1e-6 for p in places):
            kept.append(i)
            places.append(place)
    assert len(kept) == position.multiplicity // centring(space_group)
    number = position_starts()[space_group - 1] + list(table).index(letter) + 1
    return number, free, position.rotations[kept], position.translations[kept]


def primitive_vectors(space_group: int) -> Array:
    """(3, 3) primitive vectors in terms of the conventional ones (rows)."""
    return np.array(TO_PRIMITIVE.get(symbol(space_group)[0], np.eye(3)), dtype=float)


# --------------------------------------------------------------------------------------------------------- volumes


def conventional_counts(skeleton: Skeleton) -> dict[str, int]:
    """Atoms of each element in the conventional cell."""
    table = wyckoff_positions(skeleton.space_group)
    counts: dict[str, int] = {}
    for letter, element in skeleton.sites:
        counts[element] = counts.get(element, 0) + table[letter].multiplicity
    return counts


def fit_volumes(crystals: Sequence[Crystal]) -> tuple[float, ...]:
    """Volume (Å³) of an atom of each element, fitted to the cells; the mean for elements that are not there."""
    from scipy.optimize import nnls

    fractions, volumes = np.zeros((len(crystals), len(ELEMENTS))), np.zeros(len(crystals))
    for i, crystal in enumerate(crystals):
        counts = conventional_counts(skeleton_of(crystal))
        atoms = sum(counts.values())
        for element, count in counts.items():
            fractions[i, ELEMENTS.index(element)] = count / atoms
        volumes[i] = _volume(crystal.lattice) / atoms
    # Relative errors count, so that loose cells do not decide for all.
    fitted, _ = nnls(fractions / volumes[:, None], np.ones(len(crystals)))
    seen = fractions.any(axis=0) & (fitted > 1.0)
    return tuple(float(v) for v in np.where(seen, fitted, fitted[seen].mean()))


def fit_contacts(crystals: Sequence[Crystal], cutoff: float = 4.5) -> tuple[float, ...]:
    """How near (Å) atoms of each pair of elements come: the nearest pair of each crystal, of these the 5th percentile.

    Pairs that are rare lean on 0.85 of the sum of covalent radii as if it had been seen three times.

    Returns:
        The lower triangle, row by row: entry i (i + 1) / 2 + j for elements j <= i of ELEMENTS.
    """
    nearest: dict[tuple[int, int], list[float]] = {}
    for crystal in crystals:
        structure = to_structure(crystal)
        numbers = np.array([ELEMENTS.index(site.specie.symbol) for site in structure])
        here, there, _, distances = structure.get_neighbor_list(cutoff)
        best: dict[tuple[int, int], float] = {}
        for a, b, d in zip(numbers[here].tolist(), numbers[there].tolist(), distances.tolist(), strict=True):
            if a >= b:
                best[a, b] = min(d, best.get((a, b), math.inf))
        for pair, distance in best.items():
            nearest.setdefault(pair, []).append(distance)
    radii = [covalent_radius(element) for element in ELEMENTS]
    contacts = []
    for a in range(len(ELEMENTS)):
        for b in range(a + 1):
            usual, seen = 0.85 * (radii[a] + radii[b]), nearest.get((a, b), [])
            low = float(np.quantile(seen, 0.05)) if seen else 0.0
            contacts.append(round((len(seen) * low + 3 * usual) / (len(seen) + 3), 3))
    return tuple(contacts)


def _volume(lattice: Sequence[float]) -> float:
    a, b, c, *angles = lattice
    x, y, z = (math.cos(math.radians(angle)) for angle in angles)
    return a * b * c * math.sqrt(max(1e-6, 1 - x * x - y * y - z * z + 2 * x * y * z))


# ---------------------------------------------------------------------------------------------------------- arrays


def to_skeletons(skeletons: Sequence[Skeleton], volumes: Sequence[float]) -> Skeletons:
    """A padded batch for the network.

    Args:
        skeletons: B of them.
        volumes: Å³ of an atom of each element.
    """
    orbits = [[_orbit(s.space_group, letter) for letter, _ in s.sites] for s in skeletons]
    count, width = len(skeletons), max(len(s.sites) for s in skeletons)
    atoms = max(sum(len(o[2]) for o in orbit) for orbit in orbits)
    element, position = np.zeros((2, count, width), dtype=np.int64)
    free, first = np.zeros((count, width, 3), dtype=bool), np.zeros((count, width), dtype=np.int64)
    site, real = np.zeros((count, atoms), dtype=np.int64), np.zeros((count, atoms), dtype=bool)
    rotation, translation = np.zeros((count, atoms, 3, 3)), np.zeros((count, atoms, 3))
    for b, (skeleton, orbit) in enumerate(zip(skeletons, orbits, strict=True)):
        start = 0
        for s, (number, axes, rotations, translations) in enumerate(orbit):
            stop = start + len(rotations)
            element[b, s], position[b, s] = _ELEMENT[skeleton.sites[s][1]], number
            free[b, s], first[b, s] = axes, start
            site[b, start:stop], real[b, start:stop] = s, True
            rotation[b, start:stop], translation[b, start:stop] = rotations, translations
            start = stop
    table = dict(zip(ELEMENTS, volumes, strict=True))
    expected = [sum(table[e] * n for e, n in conventional_counts(s).items()) for s in skeletons]
    return Skeletons(
        torch.from_numpy(element),
        torch.from_numpy(position),
        torch.from_numpy(free),
        torch.from_numpy(site),
        torch.from_numpy(real),
        torch.from_numpy(first),
        torch.from_numpy(rotation).float(),
        torch.from_numpy(translation).float(),
        torch.tensor(np.array([primitive_vectors(s.space_group) for s in skeletons]), dtype=torch.float32),
        torch.tensor([CRYSTAL_SYSTEMS.index(crystal_system(s.space_group)) for s in skeletons]),
        torch.tensor([math.log(volume) / 3 for volume in expected], dtype=torch.float32),
    )


def geometry_of(crystals: Sequence[Crystal], skeletons: Skeletons) -> tuple[Tensor, Tensor]:
    """Coordinates (B, S, 3) and cell numbers (B, 6) of known crystals, to be encoded by the network."""
    coordinates = torch.zeros(skeletons.free.shape)
    for b, crystal in enumerate(crystals):
        for s, site in enumerate(crystal.sites):
            coordinates[b, s, skeletons.free[b, s]] = torch.tensor(site.coordinates, dtype=torch.float32)
    lattice = torch.tensor([crystal.lattice for crystal in crystals], dtype=torch.float32)
    return coordinates, cell_numbers(lattice[:, :3], torch.deg2rad(lattice[:, 3:]).cos(), skeletons.log_scale)


def to_crystals(skeletons: Sequence[Skeleton], coordinates: Tensor, matrices: Tensor) -> list[Crystal]:
    """Crystals of generated geometry: coordinates (B, S, 3), conventional cells (B, 3, 3) in Å."""
    crystals = []
    for skeleton, points, matrix in zip(skeletons, coordinates.double().numpy(), matrices.double(), strict=True):
        table = wyckoff_positions(skeleton.space_group)
        sites = [
            Site(letter, element, tuple(float(points[s, axis]) % 1.0 for axis in table[letter].free_axes))
            for s, (letter, element) in enumerate(skeleton.sites)
        ]
        crystals.append(Crystal(skeleton.space_group, sort_sites(sites), _parameters(matrix)))
    return crystals


def _parameters(matrix: Tensor) -> tuple[float, float, float, float, float, float]:
    lengths = matrix.norm(dim=1)
    unit = matrix / lengths[:, None]
    cosines = torch.stack([unit[1] @ unit[2], unit[0] @ unit[2], unit[0] @ unit[1]])
    # Angles that symmetry fixes come out of float32 a hair beside 90 or 120.
    alpha, beta, gamma = (round(float(angle), 4) for angle in torch.rad2deg(torch.acos(cosines)))
    a, b, c = (round(float(length), 6) for length in lengths)
    return a, b, c, alpha, beta, gamma


def cell_statistics(crystals: Sequence[Crystal], volumes: Sequence[float]) -> tuple[Array, Array]:
    """Mean and standard deviation (7, 6) of the free cell numbers in each crystal system."""
    means, stds = np.zeros((7, 6)), np.ones((7, 6))
    for system, name in enumerate(CRYSTAL_SYSTEMS):
        members = [c for c in crystals if crystal_system(c.space_group) == name]
        if len(members) < 2:
            continue
        skeletons = to_skeletons([skeleton_of(c) for c in members], volumes)
        numbers = geometry_of(members, skeletons)[1].numpy()
        free = CELL_FREE[system].numpy()
        means[system, free] = numbers.mean(axis=0)[free]
        stds[system, free] = np.maximum(numbers.std(axis=0)[free], 1e-2)
    return means, stds


class GeometryBatches:
    """Crystals as (skeletons, coordinates, cell numbers, conditions); each epoch from fresh equivalent origins.

    Args:
        rows: crystals.
        volumes: Å³ of an atom of each element.
        size: atoms times sites a batch may hold, so that batches cost about the same.
        seed: of order and origins.
        augment: whether origins are moved.
    """

    def __init__(self, rows: CrystalRows, volumes: Sequence[float], size: int, seed: int, augment: bool = True) -> None:
        self.rows, self.volumes, self.size, self.seed, self.augment = rows, volumes, size, seed, augment
        self.conditions = torch.from_numpy(condition_values(rows))
        counts = [sum(conventional_counts(skeleton_of(c)).values()) // centring(c.space_group) for c in rows.crystals]
        self._lengths = np.array(counts)

    def __len__(self) -> int:
        return -(-len(self.rows) // self.size)

    def __call__(self, epoch: int) -> Iterator[tuple[Skeletons, Tensor, Tensor, Tensor]]:
        """Every row once, in batches of crystals with about as many atoms."""
        rng = np.random.default_rng((self.seed, epoch))
        for numbers in length_batches(self._lengths, self.size, rng):
            crystals = [self.rows.crystals[i] for i in numbers]
            if self.augment:
                crystals = [move_origin(crystal, rng) for crystal in crystals]
            skeletons = to_skeletons([skeleton_of(c) for c in crystals], self.volumes)
            coordinates, cells = geometry_of(crystals, skeletons)
            yield skeletons, coordinates, cells, self.conditions[torch.from_numpy(numbers)]
