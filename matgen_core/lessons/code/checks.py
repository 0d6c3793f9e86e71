"""The checks of a student's function. Runs inside the worker: standard library and NumPy only, nothing of the package.

Each check takes the function and gives what it returned and what is right; the worker compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Check = Callable[[Callable[..., Any]], tuple[Any, Any]]


class Recorder:
    """A generator of three conditions that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[list[float]] = []

    def generate_conditional(self, conditions: Sequence[Sequence[float]], input_dim: int = 128) -> list[str]:
        """One name for each row of conditions."""
        rows = np.atleast_2d(np.asarray(conditions, dtype=float))
        self.asked = [[float(value) for value in row] for row in rows]
        return [f"material {place}" for place in range(len(rows))]


def _asked(write: Callable[..., Any], *others: Any) -> list[list[float]]:
    recorder = Recorder()
    write(recorder, 2.0, -0.5, *others)
    return recorder.asked


def _variance(write: Callable[..., Any]) -> tuple[Any, Any]:
    draws = np.random.default_rng(0).normal(size=(2, 20_000))
    return round(float(np.var(np.asarray(write(draws[0], 0.3, draws[1]), dtype=float))), 1), 1.0


def _shape(write: Callable[..., Any]) -> tuple[Any, Any]:
    rows = _asked(write, 4)
    return [len(rows), *sorted({len(row) for row in rows})], [4, 3]


def _returned(write: Callable[..., Any]) -> tuple[Any, Any]:
    return write(Recorder(), 2.0, -0.5, 2), ["material 0", "material 1"]


CHECKS: dict[str, tuple[Check, ...]] = {
    "forward_process": (
        lambda f: (f([1.0, -2.0], 1.0, [0.5, 0.5]), [1.0, -2.0]),
        lambda f: (f([1.0, -2.0], 0.0, [0.5, 0.25]), [0.5, 0.25]),
        lambda f: (f([1.0, 0.0], 0.36, [0.0, 1.0]), [0.6, 0.8]),
        _variance,
    ),
    "guide": (
        lambda f: (f([1.0, 2.0], [3.0, 0.0], 0.0), [1.0, 2.0]),
        lambda f: (f([1.0, 2.0], [3.0, 0.0], 1.0), [3.0, 0.0]),
        lambda f: (f([1.0, 2.0], [3.0, 0.0], 2.0), [5.0, -2.0]),
        lambda f: (f([1.0, 2.0], [1.0, 2.0], 7.0), [1.0, 2.0]),
    ),
    "multi_objective_generation": (
        _shape,
        lambda f: ([row[:2] for row in _asked(f, 2)], [[2.0, -0.5], [2.0, -0.5]]),
        lambda f: ([row[2:] for row in _asked(f, 2)], [[math.nan], [math.nan]]),
        lambda f: (len(_asked(f)), 10),
        _returned,
    ),
    "pareto_front": (
        lambda f: (f([[1, 1], [3, 3], [2, 2]]), [1]),
        lambda f: (f([[3, 0, 0], [0, 3, 0], [0, 0, 3]]), [0, 1, 2]),
        lambda f: (f([[4, 1], [3, 3], [1, 4], [1, 1]]), [0, 1, 2]),
        lambda f: (f([[2, 2], [2, 2], [1, 2]]), [0, 1]),
    ),
}


def agree(got: Any, right: Any) -> bool:
    """Whether two answers are alike: numbers within rounding, NaN like NaN, all else equal."""
    try:
        one, other = np.asarray(got, dtype=float), np.asarray(right, dtype=float)
    except (TypeError, ValueError):
        try:
            return bool(list(got) == list(right))
        except TypeError:
            return bool(got == right)
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-6, atol=1e-9, equal_nan=True))
