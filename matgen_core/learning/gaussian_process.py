"""Gaussian process over several views of a material: a predictor of a property that few rows are known of.

    y = m + f(x) + e,    f ~ GP(0, sum_v a_v k_v(x, x')),    e ~ N(0, s)
    value(x) = m + k(x)' (K + s I)^-1 (y - m),    variance(x) = k(x, x) + s - k(x)' (K + s I)^-1 k(x)

A view is an array (N, D). Its kernel is Tanimoto's, for fingerprints and fractions, or the squared exponential, for
standardised numbers. The weights a, the lengths and the noise s maximise the marginal likelihood of the rows.
Invariant: far from every row the value is m and the variance that of y.
Reference: Rasmussen & Williams (2006), algorithm 2.1; Griffiths et al. (2023, GAUCHE) for Tanimoto's kernel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

#: Kernels.
TANIMOTO, GAUSSIAN = "tanimoto", "gaussian"
#: Rows on which weights, lengths and noise are fitted; the others only stand in the equations.
_FITTED = 600
_STEPS = 60
#: Least noise, for values of variance 1: the equations stay solvable where rows are equal.
_LEAST = 1e-4


@dataclass(frozen=True)
class View:
    """One array of numbers of N materials.

    Args:
        kernel: TANIMOTO or GAUSSIAN.
        values: (N, D).
    """

    kernel: str
    values: NDArray[np.float32]

    def rows(self, which: NDArray[np.intp]) -> View:
        """Those of some materials."""
        return View(self.kernel, self.values[which])


def tanimoto(a: Tensor, b: Tensor) -> Tensor:
    """(N, M) Tanimoto similarity of rows (N, D) and (M, D), a b / (|a|² + |b|² - a b); 1 of two rows of zeros."""
    product = a @ b.T
    union = a.square().sum(dim=1)[:, None] + b.square().sum(dim=1) - product
    return torch.where(union > 0, product / union.clamp(min=1e-12), torch.ones_like(product))


def gaussian(a: Tensor, b: Tensor, length: Tensor) -> Tensor:
    """(N, M) exp(-|a - b|² / (2 D length²)) of rows (N, D) and (M, D)."""
    squares = a.square().sum(dim=1)[:, None] + b.square().sum(dim=1) - 2.0 * a @ b.T
    result: Tensor = torch.exp(-squares.clamp(min=0.0) / (2.0 * a.shape[1] * length.square()))
    return result


@dataclass(frozen=True, eq=False)
class Kernel:
    """The covariance of two materials.

    Args:
        weights: (V,) logarithms of a.
        lengths: (V,) likewise; of no use to a view under Tanimoto's kernel.
        noise: logarithm of s, all for values of variance 1.
        scales: mean and standard deviation (D,) of each view that is standardised.
    """

    weights: Tensor
    lengths: Tensor
    noise: Tensor
    scales: tuple[tuple[Tensor, Tensor] | None, ...]

    def numbers(self) -> dict[str, list[float]]:
        """Weights, lengths and noise, as JSON takes them."""
        return {"weights": self.weights.tolist(), "lengths": self.lengths.tolist(), "noise": [float(self.noise)]}

    def covariance(self, a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
        """(N, M)."""
        total = torch.zeros(len(a[0]), len(b[0]))
        for i, (one, other) in enumerate(zip(a, b, strict=True)):
            same = tanimoto(one, other) if self.scales[i] is None else gaussian(one, other, self.lengths[i].exp())
            total = total + self.weights[i].exp() * same
        return total

    def prepare(self, views: Sequence[View]) -> list[Tensor]:
        """The views' numbers, standardised where the kernel asks for it."""
        found = []
        for view, scale in zip(views, self.scales, strict=True):
            numbers = torch.from_numpy(np.ascontiguousarray(view.values, dtype=np.float32))
            found.append(numbers if scale is None else ((numbers - scale[0]) / scale[1]).clamp(-8.0, 8.0))
        return found


class GaussianProcess:
    """A fitted process.

    Args:
        views: of N materials, in the same order in all calls.
        values: (N,).
        seed: of the rows on which weights, lengths and noise are fitted.
        kernel: of the same views; fitted to the rows where None.
    """

    def __init__(
        self, views: Sequence[View], values: NDArray[np.float32], seed: int = 0, kernel: Kernel | None = None
    ) -> None:
        numbers = torch.from_numpy(np.asarray(values, dtype=np.float32))
        self.mean, self.std = float(numbers.mean()), max(float(numbers.std()), 1e-9)
        target = (numbers - self.mean) / self.std
        self.kernel = _fit(views, target, seed) if kernel is None else kernel
        self._rows = self.kernel.prepare(views)
        covariance = self.kernel.covariance(self._rows, self._rows)
        covariance = covariance + (self.kernel.noise.exp() + _LEAST) * torch.eye(len(target))
        self._root = torch.linalg.cholesky(covariance)
        self._solved = torch.cholesky_solve(target[:, None], self._root)

    @property
    def noise(self) -> float:
        """Standard deviation of the rows' own error, as it was fitted, in the unit of the values."""
        return float(self.kernel.noise.exp().sqrt()) * self.std

    def read(self, views: Sequence[View]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Values, standard deviations and explained shares (M,) of M materials.

        The explained share is 1 where a row says all of a material, 0 where no row says anything.
        """
        asked = self.kernel.prepare(views)
        cross = self.kernel.covariance(asked, self._rows)  # (M, N)
        prior = self.kernel.weights.exp().sum()
        half = torch.linalg.solve_triangular(self._root, cross.T, upper=False)  # (N, M)
        left = (prior - half.square().sum(dim=0)).clamp(min=1e-6)
        value = (cross @ self._solved).squeeze(1) * self.std + self.mean
        spread = (left + self.kernel.noise.exp() + _LEAST).sqrt() * self.std
        return value.numpy(), spread.numpy(), (1.0 - left / prior).numpy()


def _fit(views: Sequence[View], target: Tensor, seed: int) -> Kernel:
    """Weights, lengths and noise by the marginal likelihood of some rows."""
    chosen = np.random.default_rng(seed).permutation(len(target))[:_FITTED]
    scales = tuple(None if view.kernel == TANIMOTO else _scale(view) for view in views)
    logs = [torch.full((len(views),), float(np.log(1.0 / len(views)))), torch.zeros(len(views)), torch.tensor(-1.5)]
    free = [part.clone().requires_grad_(True) for part in logs]
    rows = Kernel(free[0], free[1], free[2], scales).prepare([view.rows(chosen) for view in views])
    known = target[torch.from_numpy(chosen)]
    optimizer = torch.optim.Adam(free, lr=0.1)
    for _step in range(_STEPS):
        fitted = Kernel(free[0], free[1], free[2], scales)
        covariance = fitted.covariance(rows, rows) + (fitted.noise.exp() + _LEAST) * torch.eye(len(known))
        root = torch.linalg.cholesky(covariance)
        solved = torch.cholesky_solve(known[:, None], root).squeeze(1)
        loss = 0.5 * known @ solved + root.diagonal().log().sum()
        # A weak prior keeps what few rows leave open where it began.
        loss = loss + sum(0.5 * ((part - begun) / 2.0).square().sum() for part, begun in zip(free, logs, strict=True))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    weights, lengths, noise = (part.detach() for part in free)
    return Kernel(weights, lengths, noise, scales)


def rebuild_kernel(views: Sequence[View], numbers: Mapping[str, Sequence[float]]) -> Kernel:
    """The kernel of the same rows whose numbers :meth:`Kernel.numbers` wrote."""
    scales = tuple(None if view.kernel == TANIMOTO else _scale(view) for view in views)
    weights, lengths, noise = (torch.tensor(list(numbers[name])) for name in ("weights", "lengths", "noise"))
    return Kernel(weights, lengths, noise[0], scales)


def _scale(view: View) -> tuple[Tensor, Tensor]:
    numbers = torch.from_numpy(np.asarray(view.values, dtype=np.float32))
    return numbers.mean(dim=0), numbers.std(dim=0).clamp(min=1e-6)
