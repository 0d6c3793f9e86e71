"""The search finds the bottom of a bowl, goes down at every accepted step and never loses its positive curvature."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.chem.energies.quasi_newton import LARGEST_RADIUS, Search, model_hessian


def bowl(seed: int, size: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(size, size))
    return matrix @ matrix.T + np.eye(size), rng.normal(size=size)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_bottom_of_a_bowl_is_found(seed: int) -> None:
    curvature, bottom = bowl(seed)
    search = Search(np.zeros(6), 3.0 * np.eye(6), np.eye(6)[:, None])
    for _ in range(60):
        x = search.propose() - bottom
        search.tell(float(0.5 * x @ curvature @ x) - 5.0, curvature @ x)
    np.testing.assert_allclose(search.point, bottom, atol=1e-2)
    assert np.linalg.eigvalsh(search.hessian).min() > 0


def test_no_step_goes_up_and_none_is_longer_than_the_radius() -> None:
    search, energies = Search(np.array([2.0]), np.eye(1), np.ones((1, 1, 1))), []
    for _ in range(30):
        x = search.propose()
        assert abs(float(x[0] - search.point[0])) <= LARGEST_RADIUS + 1e-9
        moved = search.tell(float(np.cos(x[0])) - 2.0, -np.sin(x))
        if moved:
            energies.append(search.energy)
    assert energies == sorted(energies, reverse=True)
    assert search.point[0] == pytest.approx(np.pi, abs=1e-2)


def test_a_point_that_has_no_energy_is_not_taken() -> None:
    search = Search(np.array([0.0]), np.eye(1), np.ones((1, 1, 1)))
    search.propose()
    search.tell(-1.0, np.array([1.0]))
    radius = search.radius
    search.propose()
    assert not search.tell(float("nan"), np.array([0.0]))
    assert search.point[0] == 0.0
    assert search.radius < radius


def test_short_bonds_are_stiffer() -> None:
    jacobian = np.array([[[1.0], [0.0], [0.0]]])
    stiff, soft = (
        model_hessian(np.array([[length, 0.0, 0.0]]), jacobian, np.ones(1), np.array([2.0])) for length in (1.9, 3.0)
    )
    assert stiff[0, 0] > 2 * soft[0, 0] > 0
