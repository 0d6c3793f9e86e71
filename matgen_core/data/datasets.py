"""Batches of crystals for the networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.chem.settings import move_origin
from matgen_core.chem.stability import fractions_of
from matgen_core.data.crystals import ELEMENTS, CrystalRows
from matgen_core.data.tokenizers import MAX_SITES, PAD, encode, skeleton_of
from matgen_core.models.conditioning import ConditionConfig
from matgen_core.properties import CRYSTAL_CONDITIONS
from matgen_core.types import BadInput


def condition_values(rows: CrystalRows) -> NDArray[np.float32]:
    """(N, K) what each row's network is told, in the order of CRYSTAL_CONDITIONS; NaN where unknown."""
    return np.stack([rows.column(key) for key in CRYSTAL_CONDITIONS], axis=1)


def condition_config(rows: CrystalRows, width: int) -> ConditionConfig:
    """Conditions normalised over the rows; the long tail of unstable rows does not set the scale."""
    values = condition_values(rows)
    means = tuple(float(v) for v in np.nanmean(values, axis=0))
    stds = tuple(float(max(1e-3, v)) for v in np.nanstd(np.clip(values, -6, 6), axis=0))
    return ConditionConfig(CRYSTAL_CONDITIONS, means, stds, width)


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


def composition_arrays(
    compositions: Sequence[Mapping[str, float]], most: int = 10
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Elements (B, E), 1-based with 0 for none, and their fractions (B, E), rarest dropped beyond ``most``."""
    rows = [sorted(c.items(), key=lambda item: (-item[1], item[0]))[:most] for c in compositions]
    width = max(map(len, rows))
    elements, fractions = np.zeros((len(rows), width), dtype=np.int64), np.zeros((len(rows), width), dtype=np.float32)
    for i, row in enumerate(rows):
        total = sum(amount for _, amount in row)
        for j, (element, amount) in enumerate(row):
            elements[i, j], fractions[i, j] = ELEMENTS.index(element) + 1, amount / total
    return elements, fractions


class GapBatches:
    """Formulas with their band gaps, as (elements, fractions, gaps).

    Args:
        formulas: N of them; those with elements the networks do not know are left out.
        gaps: (N,) eV.
        size: formulas a batch.
        seed: of the order.
    """

    def __init__(self, formulas: Sequence[str], gaps: NDArray[np.float64], size: int, seed: int) -> None:
        parsed = [fractions_of(formula) for formula in formulas]
        usable = [i for i, c in enumerate(parsed) if set(c) <= set(ELEMENTS) and np.isfinite(gaps[i])]
        elements, fractions = composition_arrays([parsed[i] for i in usable])
        self.elements, self.fractions = torch.from_numpy(elements), torch.from_numpy(fractions)
        self.gaps = torch.from_numpy(gaps[usable].astype(np.float32))
        self.size, self.seed = size, seed

    def __len__(self) -> int:
        return -(-len(self.gaps) // self.size)

    def __call__(self, epoch: int) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Every formula once."""
        order = torch.from_numpy(np.random.default_rng((self.seed, epoch)).permutation(len(self.gaps)))
        for numbers in order.split(self.size):
            width = int((self.elements[numbers] > 0).sum(dim=1).max())
            yield self.elements[numbers, :width], self.fractions[numbers, :width], self.gaps[numbers]


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
