"""Two views of a formula to look at (chapter 4, after 4.7): what contrastive pretraining makes, and where they lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from matgen_core.kinds.compositions.rows import (
    FIRST,
    VOCABULARY,
    count_atoms,
    decode_atoms,
    encode_atoms,
    reduce_formula,
    token_mates,
)
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.lessons.transfer import load_pretrained, tokens_of
from matgen_core.models.augmentation import shuffle_atoms, substitute_elements
from matgen_core.models.bert import MatBERT
from matgen_core.workflows.spaces.explore import principal_axes


def views_of(formula: str, count: int, seed: int = 0) -> list[str]:
    """Views that contrastive pretraining makes of a formula: atoms in another order, elements of the same group.

    Args:
        formula: read as reduced.
        count: views.
        seed: of the draws.
    """
    tokens = torch.tensor([encode_atoms(count_atoms(reduce_formula(formula)))]).repeat(count, 1)
    generator = torch.Generator().manual_seed(seed)
    seen = shuffle_atoms(substitute_elements(tokens, token_mates(), generator), FIRST, generator)
    return [" ".join(VOCABULARY[t] for t in row if t >= FIRST) for row in seen.tolist()]


@torch.inference_mode()
def place_views(formulas: Sequence[str], views: int = 6, others: int = 400, seed: int = 0) -> ViewMap:
    """Where the views of some formulas lie in the embedding, among known ones.

    Args:
        formulas: read as reduced; at most 50 atoms each.
        views: of each.
        others: known formulas drawn as a background.
        seed: of the draws.
    """
    network, _ = load_pretrained()
    known = np.unique(np.array(load_reference().known["formula"], dtype=str))
    rng = np.random.default_rng(seed)
    background = [f for f in rng.permutation(known).tolist() if sum(count_atoms(f).values()) <= 50][:others]
    strings = [v.split() for f in formulas for v in (" ".join(tokens_of(f)[1:-1]), *views_of(f, views, seed))]
    strings += [tokens_of(f)[1:-1] for f in background]
    vectors = _vectors(network, strings)
    points = principal_axes(vectors).place(vectors)
    mine = len(formulas) * (views + 1)
    owners = tuple(reduce_formula(f) for f in formulas for _ in range(views + 1))
    labels = tuple(reduce_formula("".join(f"{e}{n}" for e, n in _counts(s).items())) for s in strings)
    return ViewMap(points[:mine], owners, labels[:mine], points[mine:], labels[mine:])


def view_distance(found: ViewMap) -> float:
    """Median distance of a view from its formula, in units of that between two known formulas on the same map."""
    firsts = [found.owners.index(owner) for owner in found.owners]
    mine = np.linalg.norm(found.points - found.points[firsts], axis=1)
    moved = [distance for place, distance in enumerate(mine) if place != firsts[place]]
    half = len(found.others) // 2
    apart = np.linalg.norm(found.others[:half] - found.others[half : 2 * half], axis=1)
    return float(np.median(moved) / np.median(apart))


@dataclass(frozen=True)
class ViewMap:
    """Points on the two main axes.

    Args:
        points: (N, 2) of the views; the first of each owner is the formula itself.
        owners: (N,) whose view it is.
        labels: (N,) formula of the view.
        others: (M, 2) of known formulas.
        names: (M,) these.
    """

    points: NDArray[np.float32]
    owners: tuple[str, ...]
    labels: tuple[str, ...]
    others: NDArray[np.float32]
    names: tuple[str, ...]


def _counts(symbols: Sequence[str]) -> dict[str, int]:
    return decode_atoms(VOCABULARY.index(s) for s in symbols)


def _vectors(network: MatBERT, strings: Sequence[Sequence[str]]) -> NDArray[np.float32]:
    rows = [[1, *(VOCABULARY.index(s) for s in symbols), 2] for symbols in strings]
    width = max(map(len, rows))
    tokens = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    parts = [network.pool(network(part), part) for part in tokens.split(256)]
    return np.asarray(torch.cat(parts).numpy())
