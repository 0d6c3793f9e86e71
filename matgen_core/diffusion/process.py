"""The forward process and the three things a network may be asked to predict (chapter 4.2).

    q(x_t | x_0) = N(sqrt(ab_t) x_0, (1 - ab_t) I)
    eps: the noise;   x0: the clean sample;   v = sqrt(ab_t) eps - sqrt(1 - ab_t) x_0   (Salimans & Ho 2022)

All tensors are (B, ...) with any trailing shape; ab is (B,) or a number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from matgen_core.diffusion.schedules import Schedule

Prediction = Literal["eps", "x0", "v"]
#: (x_t, t) -> prediction; t is (B,) int64.
Denoiser = Callable[[Tensor, Tensor], Tensor]


def add_noise(x_0: Tensor, noise: Tensor, t: Tensor, schedule: Schedule) -> Tensor:
    """x_t in one step, from step numbers t (B,)."""
    alpha, sigma = scales(schedule.alpha_bar[t.to(schedule.alpha_bar.device)], x_0)
    return alpha * x_0 + sigma * noise


def scales(alpha_bar: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
    """sqrt(ab) and sqrt(1 - ab), shaped to multiply ``like`` (B, ...)."""
    alpha_bar = alpha_bar.reshape(-1, *([1] * (like.ndim - 1)))
    # Roots first, in double precision and where alpha_bar lies: not every accelerator has float64.
    alpha, sigma = alpha_bar.sqrt().to(like.dtype), (1.0 - alpha_bar).clamp(min=0.0).sqrt().to(like.dtype)
    return alpha.to(like.device), sigma.to(like.device)


def to_x0(prediction: Tensor, x: Tensor, alpha_bar: Tensor, kind: Prediction) -> Tensor:
    """The clean sample that a prediction at x implies."""
    alpha, sigma = scales(alpha_bar, x)
    if kind == "x0":
        return prediction
    if kind == "eps":
        return (x - sigma * prediction) / alpha
    return alpha * x - sigma * prediction


def to_eps(x_0: Tensor, x: Tensor, alpha_bar: Tensor) -> Tensor:
    """The noise that separates x from x_0."""
    alpha, sigma = scales(alpha_bar, x)
    return (x - alpha * x_0) / sigma


def target_of(kind: Prediction, x_0: Tensor, noise: Tensor, t: Tensor, schedule: Schedule) -> Tensor:
    """What the network should have answered at x_t."""
    if kind == "eps":
        return noise
    if kind == "x0":
        return x_0
    alpha, sigma = scales(schedule.alpha_bar[t.to(schedule.alpha_bar.device)], x_0)
    return alpha * noise - sigma * x_0


def diffusion_loss(
    denoiser: Denoiser,
    x_0: Tensor,
    schedule: Schedule,
    kind: Prediction = "eps",
    mask: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Mean squared error at random steps, the chapter's L_simple (Ho et al. 2020, equation 14).

    Args:
        denoiser: the network.
        x_0: (B, ...) clean samples.
        schedule: noise levels.
        kind: what the network predicts.
        mask: like x_0; false entries do not exist and do not count.
        generator: of steps and noise.
    """
    t = torch.randint(len(schedule), (len(x_0),), generator=generator).to(x_0.device)
    noise = torch.randn(x_0.shape, generator=generator, dtype=x_0.dtype).to(x_0.device)
    error = (denoiser(add_noise(x_0, noise, t, schedule), t) - target_of(kind, x_0, noise, t, schedule)) ** 2
    if mask is None:
        return error.mean()
    return (error * mask).sum() / mask.sum().clamp(min=1)
