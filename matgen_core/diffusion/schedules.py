"""Noise schedules: how much of the signal is left at each time step (chapter 4.2).

    alpha_bar_t = prod_{s <= t} (1 - beta_s),     x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) eps

Step 0 is nearly clean, step T - 1 nearly pure noise. References: Ho et al. (2020), section 2; Nichol & Dhariwal (2021).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Schedule:
    """A discrete schedule.

    Args:
        alpha_bar: (T,) share of the signal's variance that is left; falls from near 1 to near 0; float64.
    """

    alpha_bar: Tensor

    def __len__(self) -> int:
        return len(self.alpha_bar)

    @property
    def betas(self) -> Tensor:
        """(T,) variance added at each step."""
        before = torch.cat([self.alpha_bar.new_ones(1), self.alpha_bar[:-1]])
        return 1.0 - self.alpha_bar / before

    @property
    def log_snr(self) -> Tensor:
        """(T,) logarithm of signal to noise, log(alpha_bar / (1 - alpha_bar))."""
        return self.alpha_bar.log() - (1.0 - self.alpha_bar).log()


def linear_schedule(steps: int = 1000, first: float = 1e-4, last: float = 0.02) -> Schedule:
    """The chapter's schedule: beta rises linearly."""
    return Schedule(torch.cumprod(1.0 - torch.linspace(first, last, steps, dtype=torch.float64), dim=0))


def cosine_schedule(steps: int = 1000, margin: float = 0.004) -> Schedule:
    """alpha_bar = cos² of an angle that turns evenly from clean to noise, less a margin at both ends.

    Args:
        steps: T.
        margin: share of the quarter turn left out at each end, so that neither end is singular.
    """
    time = (torch.arange(steps, dtype=torch.float64) + 0.5) / steps
    return Schedule(((margin + (1.0 - 2.0 * margin) * time) * (math.pi / 2)).cos() ** 2)
