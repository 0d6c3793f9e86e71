"""Training rows of the skeleton critic: known crystals as skeletons, and formulas with their energies and gaps.

Formulas bring the unstable phases that tables of crystals lack; their distance to the hull is their formation energy
less that of the best mixture of known phases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.chem.crystals.equivalent_origins import move_origin
from matgen_core.chem.formulas.stability import Hull
from matgen_core.core.properties import CRYSTAL_CONDITIONS
from matgen_core.kinds.compositions.rows import FORMULA_PROPERTIES, FormulaRows, count_atoms
from matgen_core.kinds.crystals.checks.critic import encode_amounts
from matgen_core.kinds.crystals.known.batches import condition_values, length_batches
from matgen_core.kinds.crystals.known.rows import CrystalRows
from matgen_core.kinds.crystals.writing.grammar import MAX_SITES, Skeleton, skeleton_of
from matgen_core.models.skeleton_critic import Sites

#: Choices of origin kept of each crystal.
ORIGINS = 4


@dataclass(frozen=True)
class CriticRows:
    """N skeletons and formulas with what is known of them, written from V choices of origin.

    Args:
        element: (V, N, S) numbers from 1, 0 for padding.
        position: (V, N, S) numbers from 1, 0 for a formula.
        amount: (V, N, S) atoms in the primitive cell, or in the formula.
        group: (N,) space group, 0 for a formula.
        values: (N, K) in the order of CRYSTAL_CONDITIONS; NaN where unknown.
        held: (N,) rows of withheld formulas.
    """

    element: NDArray[np.uint8]
    position: NDArray[np.uint16]
    amount: NDArray[np.uint16]
    group: NDArray[np.uint8]
    values: NDArray[np.float32]
    held: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """(N,) sites of each row."""
        count: NDArray[np.int64] = (self.element[0] > 0).sum(axis=1)
        return count

    def subset(self, mask: NDArray[np.bool_]) -> CriticRows:
        """The rows where ``mask`` (N,) holds."""
        return CriticRows(
            self.element[:, mask],
            self.position[:, mask],
            self.amount[:, mask],
            self.group[mask],
            self.values[mask],
            self.held[mask],
        )

    def batch(self, rows: NDArray[np.int64], origins: NDArray[np.int64]) -> tuple[Sites, Tensor]:
        """Rows by number, each from the origin of that number, without columns of padding only; and their values."""
        width = max(1, int((self.element[0, rows] > 0).sum(axis=1).max(initial=1)))
        amount = self.amount[origins, rows, :width].astype(np.float32)
        total = amount.sum(axis=1)
        group = self.group[rows].astype(np.int64)
        sites = Sites(
            _whole(self.element[origins, rows, :width]),
            _whole(self.position[origins, rows, :width]),
            torch.from_numpy(amount / total[:, None]),
            _whole(group),
            _whole(np.where(group > 0, total, 0)),
        )
        return sites, torch.from_numpy(self.values[rows])


def _whole(array: NDArray[np.generic]) -> Tensor:
    return torch.from_numpy(array.astype(np.int64))


class CriticBatches:
    """Batches of (sites, values); each epoch from fresh choices of origin, rows of similar size together.

    Args:
        rows: skeletons and formulas.
        size: rows a batch.
        seed: of order and origins.
        skeletons: how often an epoch sees each skeleton; formulas come once.
    """

    def __init__(self, rows: CriticRows, size: int, seed: int, skeletons: int = 1) -> None:
        self.rows, self.size, self.seed = rows, size, seed
        structured = np.flatnonzero(rows.group > 0)
        self.order = np.concatenate([np.flatnonzero(rows.group == 0), *[structured] * skeletons])

    def __len__(self) -> int:
        return -(-len(self.order) // self.size)

    def __call__(self, epoch: int) -> Iterator[tuple[Sites, Tensor]]:
        """Every row of the order once."""
        rng = np.random.default_rng((self.seed, epoch))
        for numbers in length_batches(self.rows.lengths[self.order], self.size, rng):
            chosen = self.order[numbers]
            yield self.rows.batch(chosen, rng.integers(len(self.rows.element), size=len(chosen)))


# -------------------------------------------------------------------------------------------------------- building


def build_critic_rows(crystals: CrystalRows, formulas: FormulaRows, hull: Hull) -> CriticRows:
    """Crystals and formulas in one table.

    Args:
        crystals: known crystals; those with more than MAX_SITES sites are left out.
        formulas: formulas with energies and gaps.
        hull: of the known phases.
    """
    crystals = crystals.subset(np.array([len(c.sites) <= MAX_SITES for c in crystals.crystals]))
    rng, count = np.random.default_rng(0), len(crystals) + len(formulas)
    sites = np.zeros((3, ORIGINS, count, MAX_SITES), dtype=np.uint16)
    group = np.zeros(count, dtype=np.uint8)
    values = np.full((count, len(CRYSTAL_CONDITIONS)), np.nan, dtype=np.float32)
    for i, crystal in enumerate(crystals.crystals):
        group[i] = crystal.space_group
        for v in range(ORIGINS):
            _fill(sites[:, v, i], skeleton_of(move_origin(crystal, rng) if v else crystal))
    for i, formula in enumerate(formulas.formulas, len(crystals)):
        _fill(sites[:, :, i], formula)
    values[: len(crystals)] = condition_values(crystals)
    for j, key in enumerate(FORMULA_PROPERTIES):
        values[len(crystals) :, CRYSTAL_CONDITIONS.index(key)] = formulas.values[:, j]
    energy = formulas.values[:, FORMULA_PROPERTIES.index("formation_energy")]
    ground = _ground_states(formulas.formulas, hull)
    # The tables' own hulls differ by a few meV from the reference's; nothing lies below the hull that it is part of.
    values[len(crystals) :, CRYSTAL_CONDITIONS.index("e_above_hull")] = np.maximum(energy - ground, 0.0)
    held = np.concatenate([crystals.splits == "val", formulas.held])
    return CriticRows(sites[0].astype(np.uint8), sites[1], sites[2], group, values, held)


def _fill(place: NDArray[np.uint16], material: Skeleton | str) -> None:
    """Writes elements, positions and amounts of one material into (3, …, S)."""
    found = np.array(encode_amounts(material), dtype=np.uint16)  # (3, S)
    place[..., : found.shape[1]] = found if place.ndim == 2 else found[:, None]


def _ground_states(formulas: tuple[str, ...], hull: Hull) -> NDArray[np.float32]:
    """(N,) energy on the hull at each composition, eV/atom; NaN where the hull says nothing."""
    found: dict[str, float] = {}
    for formula in sorted(set(formulas)):
        counts = count_atoms(formula)
        total = sum(counts.values())
        if hull.elements_apart(list(counts)):
            found[formula] = np.nan
        else:
            found[formula] = hull.ground_state({element: n / total for element, n in counts.items()})[0]
    return np.array([found[formula] for formula in formulas], dtype=np.float32)


def save_critic_rows(path: Path, rows: CriticRows) -> None:
    """Writes the arrays, packed."""
    np.savez_compressed(path, allow_pickle=False, **{f.name: getattr(rows, f.name) for f in fields(rows)})


def load_critic_rows(path: Path) -> CriticRows:
    """Rows of :func:`save_critic_rows`."""
    with np.load(path, allow_pickle=False) as file:
        return CriticRows(**{f.name: file[f.name] for f in fields(CriticRows)})
