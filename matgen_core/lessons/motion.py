"""Diffusion in motion (chapter 4.2): the same noise on its way to the data by each sampler, and data of one's own.

    x_T ~ N(0, I), the same for each sampler  ->  x_t  ->  x_0

Points (N, 2), paths (F, B, 2): moments by samples by coordinates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from matgen_core.core.errors import BadInput
from matgen_core.lessons.diffusion import schedule_of
from matgen_core.lessons.training import MILESTONES, Pupil, pupil_of, standardise

Array = NDArray[np.float32]
#: Sampler and denoising steps of each path, as the chapter names them.
PATHS = (("ddpm", 200), ("ddim", 50), ("dpm-solver", 20))
FEWEST_POINTS, DRAWN_POINTS = 20, 2_000
_HALF_WIDTH = 2.0  # of a stroke, pixels of the pad


@dataclass(frozen=True, eq=False)
class Motion:
    """What one sampler does with the noise.

    Args:
        method: sampler.
        steps: denoising steps.
        points: (F, B, 2) the samples at each moment, from noise to data.
        share: (F,) of the way, 0 at the noise and 1 at the data.
    """

    method: str
    steps: int
    points: Array
    share: Array


def move(pupil: Pupil, frames: int = 21, count: int = 300, seed: int = 0) -> list[Motion]:
    """One noise by each sampler of PATHS.

    Args:
        pupil: a network of points in the plane.
        frames: moments that are kept.
        count: samples.
        seed: of the noise, the same for all.
    """
    found = []
    for method, steps in PATHS:
        begun = torch.randn(count, 2, generator=torch.Generator().manual_seed(seed)).numpy()
        reel = pupil.film(method, steps, frames - 1, seed, count)
        places = np.concatenate([begun[None], reel.noisy]).astype(np.float32)
        found.append(Motion(method, steps, places, np.linspace(0.0, 1.0, len(places), dtype=np.float32)))
    return found


def spiral_pupil() -> Pupil:
    """The shipped network that learnt the spiral longest."""
    return pupil_of("spiral", begun_at=MILESTONES[-1])


def pupil_of_points(points: Sequence[Sequence[float]], seed: int = 0) -> Pupil:
    """A fresh network for data that a student drew: points about each drawn one, as broad as a stroke.

    Raises:
        BadInput: for fewer points than FEWEST_POINTS, or points that are all in one place.
    """
    drawn = np.asarray(points, dtype=np.float32).reshape(-1, 2)
    if len(drawn) < FEWEST_POINTS or not np.isfinite(drawn).all():
        raise BadInput("{n} points are too few; draw at least {least}", n=len(drawn), least=FEWEST_POINTS)
    if (np.ptp(drawn, axis=0) < 4 * _HALF_WIDTH).all():
        raise BadInput("the points lie in one place; draw over more of the square")
    rng = np.random.default_rng(seed)
    chosen = drawn[rng.integers(len(drawn), size=DRAWN_POINTS)]
    spread = chosen + rng.normal(scale=_HALF_WIDTH, size=chosen.shape)
    return Pupil(torch.from_numpy(standardise(spread.astype(np.float32))), None, schedule_of("linear"))
