"""Quasi-Newton search of the lowest energy among a crystal's free numbers: BFGS, a model Hessian, a trust radius.

    step = - B^-1 slope, at most as long as the trust radius
    B    <- B + the curvature seen along the step               (Broyden, Fletcher, Goldfarb, Shanno; Powell's damping)

The first B is a model: a spring along each bond, stiff where the bond is short for its two elements (after Lindh et al.
1995 and Packwood et al. 2016). It brings coordinates (fractions) and cell (strains) to one scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Spring constant (eV/Å²) at the sum of the covalent radii, how fast it falls with relative length, its share across
#: the bond, and the least stiffness of an atom (eV/Å²). Fitted to CHGNet's own curvatures at 53 known crystals.
_STIFFNESS, _FALL, _ACROSS, _LEAST = 0.8, 14.0, 0.006, 0.2
#: Å; change of the longest-moved bond in one step: at first, and at most.
FIRST_RADIUS, LARGEST_RADIUS = 0.25, 0.6
_SMALLEST_RADIUS = 1e-3
#: Relative rise of an energy that is rounding: the network computes in float32.
_NOISE = 3e-7


def model_hessian(vectors: Array, jacobian: Array, times: Array, radii: Array) -> Array:
    """(P, P) stiffness along the free numbers, eV.

    Args:
        vectors: (D, 3) one bond of each class, Å.
        jacobian: (D, 3, P) its change with the free numbers.
        times: (D,) bonds of each class in the cell.
        radii: (D,) sum of the covalent radii of its two elements, Å.
    """
    lengths = np.linalg.norm(vectors, axis=1)
    spring = times * _STIFFNESS * np.exp(np.clip(-_FALL * (lengths / radii - 1.0), -30.0, 3.0))
    along = np.einsum("di,dip->dp", vectors / lengths[:, None], jacobian)
    found = (along * spring[:, None]).T @ along
    found += _ACROSS * np.einsum("d,dip,diq->pq", spring, jacobian, jacobian)
    # A floor in the same measure, so that directions that no spring holds (an origin that floats) stay finite.
    floor = np.einsum("d,dip,dip->p", times, jacobian, jacobian) / times.sum() * max(1.0, times.sum() / 60.0)
    return np.asarray(found + _LEAST * np.diag(np.maximum(floor, 1e-6)))


@dataclass
class Search:
    """The state of one search; it proposes a point, is given energy and slope there, and proposes the next.

    Args:
        point: (P,) where it is.
        hessian: (P, P) model of the curvature.
        jacobian: (V, 3, P) change of bonds with the free numbers, by which steps are measured.
    """

    point: Array
    hessian: Array
    jacobian: Array
    energy: float = np.inf
    slope: Array | None = None
    radius: float = FIRST_RADIUS
    step: Array | None = None
    evaluations: int = 0

    @property
    def stuck(self) -> bool:
        """Whether no step of a sensible length goes down any more."""
        return self.radius < _SMALLEST_RADIUS

    @property
    def gain(self) -> float:
        """Energy (eV) that the model still expects to win."""
        if self.slope is None:
            return np.inf
        return float(0.5 * self.slope @ np.linalg.solve(self.hessian, self.slope))

    def propose(self) -> Array:
        """(P,) the point to measure next."""
        if self.slope is None:
            return self.point
        step: Array = -np.asarray(np.linalg.solve(self.hessian, self.slope), dtype=float)
        step = step * min(1.0, self.radius / max(self._length(step), 1e-12))
        self.step = step
        return self.point + step

    def tell(self, energy: float, slope: Array) -> bool:
        """Takes what was measured at the proposed point; whether the search moved there."""
        self.evaluations += 1
        if self.slope is None or self.step is None:
            self.energy, self.slope = energy, slope
            return True
        step, length = self.step, self._length(self.step)
        expected = float(self.slope @ step + 0.5 * step @ self.hessian @ step)
        won = energy - self.energy
        finite = np.isfinite(energy) and np.isfinite(slope).all()
        if finite:
            self._update(step, slope - self.slope)
        if not finite or won > _NOISE * abs(self.energy):
            self.radius = 0.4 * min(self.radius, length)
            return False
        if won < 0.5 * expected and length > 0.8 * self.radius:
            self.radius = min(2.0 * self.radius, LARGEST_RADIUS)
        elif won > 0.1 * expected:
            self.radius = max(0.5 * length, 10 * _SMALLEST_RADIUS)
        self.point, self.energy, self.slope = self.point + step, energy, slope
        return True

    def refuse(self) -> None:
        """The proposed point is not to be measured; the next one lies nearer."""
        if self.step is not None:
            self.radius = 0.4 * min(self.radius, self._length(self.step))

    def _length(self, step: Array) -> float:
        """Å by which the longest-moved bond changes."""
        return float(np.linalg.norm(self.jacobian @ step, axis=-1).max(initial=0.0))

    def _update(self, step: Array, change: Array) -> None:
        pushed = self.hessian @ step
        curvature, model = float(step @ change), float(step @ pushed)
        if model <= 0.0:
            return
        if curvature < 0.2 * model:  # Powell's damping keeps the matrix positive definite
            share = 0.8 * model / (model - curvature)
            change = share * change + (1.0 - share) * pushed
            curvature = float(step @ change)
        self.hessian = self.hessian + np.outer(change, change) / curvature - np.outer(pushed, pushed) / model
