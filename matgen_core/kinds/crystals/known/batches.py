"""Batches of crystals for the networks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.chem.crystals.equivalent_origins import move_origin
from matgen_core.core.errors import BadInput
from matgen_core.core.properties import conditions_of
from matgen_core.kinds.crystals.known.rows import CrystalRows
from matgen_core.kinds.crystals.writing.grammar import MAX_SITES, PAD, encode, skeleton_of
from matgen_core.models.conditioning import ConditionConfig


def condition_values(rows: CrystalRows) -> NDArray[np.float32]:
    """(N, K) conditions of each row, in the order of :func:`condition_config`'s keys; NaN where unknown."""
    return np.stack([rows.column(key) for key in conditions_of("crystals")], axis=1)


def condition_config(rows: CrystalRows, width: int) -> ConditionConfig:
    """Conditions normalised over the rows; the long tail of unstable rows does not set the scale."""
    values = condition_values(rows)
    means = tuple(float(v) for v in np.nanmean(values, axis=0))
    stds = tuple(float(max(1e-3, v)) for v in np.nanstd(np.clip(values, -6, 6), axis=0))
    return ConditionConfig(conditions_of("crystals"), means, stds, width)


def split_rows(rows: CrystalRows) -> tuple[CrystalRows, CrystalRows]:
    """Training and validation rows by their ``split`` column (validation falls back to every twentieth row)."""
    held = rows.splits == "val"
    if not held.any():
        held = np.arange(len(rows)) % 20 == 0
    if held.all():
        raise BadInput("every row is marked as validation; mark some rows 'train' in the split column")
    return rows.subset(~held), rows.subset(held)


def length_batches(lengths: NDArray[np.int64], size: int, rng: np.random.Generator) -> list[NDArray[np.int64]]:
    """Row numbers in random batches whose members are of similar length (so that little is padding)."""
    order = rng.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), size * 32):
        pool = order[start : start + size * 32]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def pad(rows: list[list[int]]) -> Tensor:
    """(B, longest) int64, filled up with PAD."""
    out = torch.full((len(rows), max(map(len, rows))), PAD, dtype=torch.int64)
    for i, row in enumerate(rows):
        out[i, : len(row)] = torch.tensor(row)
    return out


class SkeletonBatches:
    """Token strings of crystals with their properties; each epoch from fresh equivalent origins.

    Args:
        rows: crystals; those with more than MAX_SITES sites are left out.
        size: crystals a batch.
        seed: of order and origins.
        augment: whether origins are moved.
    """

    def __init__(self, rows: CrystalRows, size: int, seed: int, augment: bool = True) -> None:
        self.rows = rows.subset(np.array([len(c.sites) <= MAX_SITES for c in rows.crystals]))
        self.conditions = torch.from_numpy(condition_values(self.rows))
        self.size, self.seed, self.augment = size, seed, augment
        self._lengths = np.array([len(c.sites) for c in self.rows.crystals])

    def __len__(self) -> int:
        return -(-len(self.rows) // self.size)

    def __call__(self, epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        """(tokens (B, T), conditions (B, K)) of every row once."""
        rng = np.random.default_rng((self.seed, epoch))
        for numbers in length_batches(self._lengths, self.size, rng):
            crystals = [self.rows.crystals[i] for i in numbers]
            if self.augment:
                crystals = [move_origin(crystal, rng) for crystal in crystals]
            yield pad([encode(skeleton_of(c)) for c in crystals]), self.conditions[torch.from_numpy(numbers)]
