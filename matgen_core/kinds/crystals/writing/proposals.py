"""Geometry as tokens: what a GPT proposes before diffusion refines it.

After the skeleton's tokens come the free cell numbers, then each site that has freedom: its letter and element again,
so that the network knows which one, and a token a free coordinate. Coordinates fall into 96 bins whose centres hold
every special fraction (1/2, 1/3, 1/4, 1/8); cell numbers, normalised by crystal system, into 96 bins from −3.2 to 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from matgen_core.chem.crystals.equivalent_origins import move_origin
from matgen_core.chem.crystals.symmetry import CRYSTAL_SYSTEMS, crystal_system, wyckoff_positions
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.known.batches import condition_values, length_batches, pad
from matgen_core.kinds.crystals.known.rows import CrystalRows
from matgen_core.kinds.crystals.placing.geometry import geometry_of, to_skeletons
from matgen_core.kinds.crystals.writing.grammar import MAX_SITES, MAX_TOKENS, VOCABULARY, Skeleton, encode, skeleton_of
from matgen_core.models.geometry import CELL_FREE

BINS = 96
_REACH = 3.2
_COORDINATE = VOCABULARY
_CELL = VOCABULARY + BINS
PROPOSAL_VOCABULARY = VOCABULARY + BINS + 6 * BINS
PROPOSAL_TOKENS = MAX_TOKENS + 6 + 5 * MAX_SITES
#: What one token of a proposal stands for: ("given", token) or ("cell", kind) or ("coordinate", site, axis).
Slot = tuple[str, int] | tuple[str, int, int]


def slots(skeleton: Skeleton) -> list[Slot]:
    """What follows the skeleton's tokens, one entry a token."""
    system = CRYSTAL_SYSTEMS.index(crystal_system(skeleton.space_group))
    table, tokens = wyckoff_positions(skeleton.space_group), encode(skeleton)
    found: list[Slot] = [("cell", kind) for kind in range(6) if CELL_FREE[system, kind]]
    for s, (letter, _) in enumerate(skeleton.sites):
        axes = table[letter].free_axes
        if axes:
            found += [("given", tokens[2 + 2 * s]), ("given", tokens[3 + 2 * s])]
            found += [("coordinate", s, axis) for axis in axes]
    return found


def coordinate_token(value: float) -> int:
    """Token of a fractional coordinate.

    >>> coordinate_token(0.25) == coordinate_token(1.2501)
    True
    """
    return _COORDINATE + round(value % 1.0 * BINS) % BINS


def cell_token(kind: int, normal: float) -> int:
    """Token of a normalised cell number."""
    place = int((min(max(normal, -_REACH), _REACH - 1e-6) + _REACH) / (2 * _REACH) * BINS)
    return _CELL + kind * BINS + place


def allowed_tokens(slot: Slot) -> tuple[int, int]:
    """First and last (exclusive) token that may stand in a slot."""
    if slot[0] == "given":
        return slot[1], slot[1] + 1
    start = _COORDINATE if slot[0] == "coordinate" else _CELL + slot[1] * BINS
    return start, start + BINS


def value_of(slot: Slot, token: int, jitter: float) -> float:
    """The number a token stands for; jitter in (−0.5, 0.5) places it within its bin."""
    start = allowed_tokens(slot)[0]
    if slot[0] == "coordinate":
        return (token - start + jitter) / BINS % 1.0
    return (token - start + 0.5 + jitter) / BINS * 2 * _REACH - _REACH


def encode_geometry(crystal: Crystal, normal: Sequence[float], rng: np.random.Generator | None) -> list[int]:
    """All tokens of a crystal: skeleton, cell, coordinates.

    Args:
        crystal: its sites in writing order.
        normal: (6,) normalised cell numbers.
        rng: moves numbers by a fraction of a bin, so that neighbouring bins teach each other; None for none.
    """
    skeleton = skeleton_of(crystal)
    tokens = encode(skeleton)
    table = wyckoff_positions(crystal.space_group)
    for slot in slots(skeleton):
        if len(slot) == 3:
            site = crystal.sites[slot[1]]
            value = site.coordinates[table[site.letter].free_axes.index(slot[2])]
            tokens.append(coordinate_token(value + (rng.normal(0.0, 0.4 / BINS) if rng else 0.0)))
        elif slot[0] == "cell":
            tokens.append(cell_token(slot[1], normal[slot[1]] + (rng.normal(0.0, 0.04) if rng else 0.0)))
        else:
            tokens.append(slot[1])
    return tokens


class ProposalBatches:
    """Crystals as (tokens (B, T), counted (B, T), conditions (B, K)); each epoch from fresh equivalent origins.

    ``counted`` marks the tokens that are geometry, which alone are learnt.

    Args:
        rows: crystals; those with more than MAX_SITES sites are left out.
        volumes: Å³ of an atom of each element.
        means: (7, 6) of the cell numbers.
        stds: (7, 6) likewise.
        size: crystals a batch.
        seed: of order and origins.
        augment: whether origins are moved and numbers jittered.
    """

    def __init__(
        self,
        rows: CrystalRows,
        volumes: Sequence[float],
        means: ArrayLike,
        stds: ArrayLike,
        size: int,
        seed: int,
        augment: bool = True,
    ) -> None:
        self.rows = rows.subset(np.array([len(c.sites) <= MAX_SITES for c in rows.crystals]))
        self.conditions = torch.from_numpy(condition_values(self.rows))
        self.size, self.seed, self.augment = size, seed, augment
        self._lengths = np.array([len(encode_geometry(c, (0.0,) * 6, None)) for c in self.rows.crystals])
        blocks = (self.rows.crystals[first : first + 500] for first in range(0, len(self.rows), 500))
        numbers = [
            geometry_of(block, to_skeletons([skeleton_of(c) for c in block], volumes))[1].numpy() for block in blocks
        ]
        systems = np.array([CRYSTAL_SYSTEMS.index(crystal_system(c.space_group)) for c in self.rows.crystals])
        means, stds = np.asarray(means, dtype=float), np.asarray(stds, dtype=float)
        self._normal = (np.concatenate(numbers) - means[systems]) / stds[systems]

    def __len__(self) -> int:
        return -(-len(self.rows) // self.size)

    def strings(self) -> list[list[int]]:
        """Tokens of every row as it stands, in the order of ``rows``."""
        pairs = zip(self.rows.crystals, self._normal.tolist(), strict=True)
        return [encode_geometry(crystal, normal, None) for crystal, normal in pairs]

    def __call__(self, epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Every row once."""
        rng = np.random.default_rng((self.seed, epoch))
        for numbers in length_batches(self._lengths, self.size, rng):
            strings = []
            for i in numbers:
                crystal = self.rows.crystals[i]
                if self.augment:
                    crystal = move_origin(crystal, rng)
                strings.append(encode_geometry(crystal, self._normal[i].tolist(), rng if self.augment else None))
            tokens = pad(strings)
            yield tokens, tokens >= _COORDINATE, self.conditions[torch.from_numpy(numbers)]
