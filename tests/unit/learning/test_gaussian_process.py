"""The process: scikit-learn predicts the same by the same kernel; the mean far away; its numbers come back."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from matgen_core.learning.gaussian_process import (
    GAUSSIAN,
    TANIMOTO,
    GaussianProcess,
    View,
    rebuild_kernel,
    tanimoto,
)


def rows(count: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(seed).normal(size=(count, 3)).astype(np.float32)
    return x, (np.sin(x[:, 0]) + 0.3 * x[:, 1] + 5.0).astype(np.float32)


def test_scikit_learn_predicts_the_same_by_the_same_kernel() -> None:
    x, y = rows()
    process = GaussianProcess([View(GAUSSIAN, x)], y)
    kernel = process.kernel
    weight, length, noise = (float(part.exp()) for part in (kernel.weights[0], kernel.lengths[0], kernel.noise))
    oracle = GaussianProcessRegressor(
        ConstantKernel(weight) * RBF(length * np.sqrt(3)) + WhiteKernel(noise + 1e-4), optimizer=None, alpha=0.0
    )
    scaled = (x - x.mean(0)) / x.std(0, ddof=1)
    oracle.fit(scaled, (y - y.mean()) / y.std(ddof=1))
    asked = rows(7, 1)[0]
    value, spread, _explained = process.read([View(GAUSSIAN, asked)])
    mean, std = oracle.predict((asked - x.mean(0)) / x.std(0, ddof=1), return_std=True)
    assert value == pytest.approx(mean * y.std(ddof=1) + y.mean(), abs=2e-3)
    assert spread == pytest.approx(std * y.std(ddof=1), rel=1e-2)


def test_far_from_every_row_it_says_the_mean_and_explains_nothing() -> None:
    x, y = rows()
    process = GaussianProcess([View(GAUSSIAN, x)], y)
    value, spread, explained = process.read([View(GAUSSIAN, np.full((1, 3), 50.0, dtype=np.float32))])
    near = process.read([View(GAUSSIAN, x[:1])])
    assert explained[0] < 0.01 < 0.8 < near[2][0]
    assert value[0] == pytest.approx(y.mean(), abs=0.05)
    assert spread[0] > near[1][0]


def test_tanimoto_counts_shared_bits() -> None:
    one, two = torch.tensor([[1.0, 1.0, 0.0]]), torch.tensor([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
    assert tanimoto(one, two)[0].tolist() == pytest.approx([1 / 3, 1.0, 0.0])
    assert tanimoto(two[2:], two[2:]).item() == 1.0


def test_a_kernel_comes_back_from_its_numbers() -> None:
    x, y = rows()
    bits = (x > 0).astype(np.float32)
    views = (View(TANIMOTO, bits), View(GAUSSIAN, x))
    process = GaussianProcess(views, y)
    again = GaussianProcess(views, y, kernel=rebuild_kernel(views, process.kernel.numbers()))
    for one, two in zip(process.read(views), again.read(views), strict=True):
        assert one == pytest.approx(two, abs=1e-4)
