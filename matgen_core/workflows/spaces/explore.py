"""Questions to a space of materials: a flat map, groups, neighbours, and the way from one to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.formulas.formula import whole_amounts
from matgen_core.chem.formulas.stability import fractions_of
from matgen_core.core.errors import BadInput, Cancelled
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.writing.embed import decode_latents
from matgen_core.kinds.registry import load_kind
from matgen_core.workflows.spaces.maps import Rebuilt
from matgen_core.workflows.spaces.sources import SPACES
from matgen_core.workflows.spaces.space import Space, Vectors

_SEED = 0
#: Dimensions that are kept before a slow map: the rest is noise, and costs time.
_KEPT = 30
#: So many points push each other by trees, more by a grid, which takes 10 s for a dozen where trees take 0.1 s.
_FEW = 2000
#: Latents that are decoded together.
_TOGETHER = 50


@dataclass(frozen=True, eq=False)
class Projection:
    """Principal axes of a space.

    Args:
        centre: (D,).
        axes: (2, D), unit length, the one with most variance first.
        explained: share of the variance along each.
    """

    centre: Vectors
    axes: Vectors
    explained: tuple[float, float]

    def place(self, vectors: Vectors) -> Vectors:
        """(N, 2) places on the map of vectors (N, D)."""
        placed: Vectors = ((vectors - self.centre) @ self.axes.T).astype(np.float32)
        return placed


def principal_axes(vectors: Vectors) -> Projection:
    """The two directions along which vectors (N, D) differ most."""
    centre = vectors.mean(axis=0)
    covariance = np.cov((vectors - centre).T)
    values, directions = np.linalg.eigh(covariance)
    order = np.argsort(-values)[:2]
    axes = directions[:, order].T
    axes *= np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]  # a sign that does not flip at random
    first, second = (values[order] / values.sum()).tolist()
    return Projection(centre.astype(np.float32), axes.astype(np.float32), (first, second))


def neighbour_map(
    vectors: Vectors,
    *,
    iterations: int = 500,
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Vectors:
    """(N, 2) a map that keeps neighbours together (openTSNE; Linderman et al. 2019), in the order of the vectors.

    Raises:
        BadInput: for fewer than ten vectors.
        Cancelled: where ``cancelled`` said so.
    """
    from openTSNE import TSNE

    if len(vectors) < 10:
        raise BadInput("{n_vectors} points are too few for a t-SNE map; add more, or use PCA", n_vectors=len(vectors))
    centre = vectors - vectors.mean(axis=0)
    _left, _values, directions = np.linalg.svd(centre[:: max(1, len(centre) // 2000)], full_matrices=False)
    reduced = centre @ directions[:_KEPT].T
    early = iterations // 4
    seen = [0]

    def report(_iteration: int, _error: float, _embedding: object) -> bool:
        seen[0] = min(iterations, seen[0] + 10)
        if on_progress:
            on_progress(seen[0], iterations)
        return bool(cancelled and cancelled())

    fit = TSNE(
        perplexity=min(30.0, (len(vectors) - 1) / 3),
        n_jobs=1,
        random_state=_SEED,
        early_exaggeration_iter=early,
        n_iter=iterations - early,
        callbacks=report,
        callbacks_every_iters=10,
        negative_gradient_method="bh" if len(vectors) <= _FEW else "fft",
    )
    placed = np.asarray(fit.fit(reduced), dtype=np.float32)
    if cancelled and cancelled():
        raise Cancelled
    return placed


def group(vectors: Vectors, count: int) -> NDArray[np.int64]:
    """(N,) number of the group of each vector (k-means, seeded)."""
    from sklearn.cluster import MiniBatchKMeans

    if not 2 <= count <= len(vectors):
        raise BadInput(
            "{count} groups of {n_vectors} points are not possible; choose 2 to {n_vectors}",
            count=count,
            n_vectors=len(vectors),
        )
    labels: NDArray[np.int64] = MiniBatchKMeans(count, random_state=_SEED, n_init=3).fit_predict(vectors)
    return labels.astype(np.int64)


def nearest(space: Space, vector: Vectors, count: int = 10, *, leave_out: int | None = None) -> list[tuple[int, float]]:
    """Places and Euclidean distances of the known materials nearest to a vector (D,), nearest first."""
    distances = np.linalg.norm(space.vectors - vector, axis=1)
    if leave_out is not None:
        distances[leave_out] = np.inf
    order = np.argsort(distances, kind="stable")[:count]
    return [(int(i), float(distances[i])) for i in order if np.isfinite(distances[i])]


def search(space: Space, text: str, count: int = 10) -> list[tuple[int, float]]:
    """The known materials most like a formula or a SMILES, with a distance.

    Among crystals a formula is compared by composition (half the sum of absolute differences of atomic fractions, 0
    the same to 1 nothing in common), since it has no structure to encode; elsewhere by its vector, as a SMILES is.

    Raises:
        BadInput: for what cannot be read.
    """
    text = text.strip()
    if not text:
        raise BadInput("nothing to search for; enter a formula such as SrTiO3, or a SMILES")
    source = SPACES[space.kind]
    if source.reads_texts:
        return nearest(space, source.encode([load_kind(source.holds).read(text)])[0], count)
    wanted = _fractions(text)
    distances = np.array([_difference(wanted, name) for name in space.names])
    order = np.argsort(distances, kind="stable")[:count]
    return [(int(i), float(distances[i])) for i in order]


def _fractions(formula: str) -> dict[str, float]:
    counts = whole_amounts(formula)
    total = sum(counts.values())
    return {element: count / total for element, count in counts.items()}


def _difference(wanted: dict[str, float], name: str) -> float:
    other = _known_fractions(name)
    return 0.5 * sum(abs(wanted.get(e, 0.0) - other.get(e, 0.0)) for e in wanted.keys() | other.keys())


@lru_cache(maxsize=50_000)
def _known_fractions(name: str) -> dict[str, float]:
    return dict(fractions_of(name))


def between(start: Vectors, end: Vectors, steps: int) -> Vectors:
    """(steps, D) on the way from one vector (D,) to another, ends included.

    The way is bent outwards (spherical interpolation), because the middle of a straight line between two draws of a
    normal distribution is shorter than any draw; nearly parallel vectors are joined by a straight line.
    """
    if not 2 <= steps <= 50:
        raise BadInput("{steps} steps are not possible; choose 2 to 50", steps=steps)
    shares = np.linspace(0.0, 1.0, steps, dtype=np.float32)[:, None]
    cosine = float(start @ end / max(1e-9, float(np.linalg.norm(start) * np.linalg.norm(end))))
    angle = float(np.arccos(np.clip(cosine, -1.0, 1.0)))
    if np.sin(angle) < 1e-3:
        straight: Vectors = start + shares * (end - start)
        return straight
    way: Vectors = (np.sin((1 - shares) * angle) * start + np.sin(shares * angle) * end) / np.sin(angle)
    return way.astype(np.float32)


def count_rebuilt(space: Space, count: int = 1000) -> Rebuilt:
    """How many of so many known crystals, drawn at random, come back from their latents.

    Args:
        space: of crystals.
        count: crystals to try; all, where there are fewer.
    """
    chosen = np.sort(np.random.default_rng(_SEED).choice(len(space), min(count, len(space)), replace=False))
    formula = symmetry = 0
    for first in range(0, len(chosen), _TOGETHER):
        rows = chosen[first : first + _TOGETHER]
        for row, crystal in zip(rows, decode_latents(space.vectors[rows]), strict=True):
            same = crystal is not None and is_rebuilt(space, int(row), crystal)
            formula += same
            symmetry += same and crystal is not None and crystal.space_group == int(space.columns["space_group"][row])
    return Rebuilt(len(chosen), formula, symmetry)


def is_rebuilt(space: Space, place: int, crystal: Crystal | None) -> bool:
    """Whether a crystal that was decoded has the formula of the known one."""
    return crystal is not None and reduced_formula(crystal) == space.names[place]


def crystal_path(space: Space, start: int, end: int, steps: int = 8) -> list[Crystal | None]:
    """Crystals decoded on the way between two known ones; None where the decoder wrote none."""
    return decode_latents(between(space.vectors[start], space.vectors[end], steps))


def known_path(space: Space, start: Vectors, end: Vectors, steps: int = 8) -> list[tuple[int, float]]:
    """Known materials along the straight line between two vectors: each step the nearest not yet taken."""
    taken: set[int] = set()
    path = []
    for share in np.linspace(0.0, 1.0, steps):
        point = (start + share * (end - start)).astype(np.float32)
        step = next(pair for pair in nearest(space, point, steps) if pair[0] not in taken)
        taken.add(step[0])
        path.append(step)
    return path
