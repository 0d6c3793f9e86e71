"""From noise to samples: the chapter's ancestral loop, DDIM, and a fast second-order solver.

A sampler is a function of a callable ``denoiser(x, t)``; it knows no network. With D = the clean sample predicted at t
and s the next, cleaner step:

    ddpm        x_s ~ q(x_s | x_t, x_0 = D)                                       (Ho et al. 2020, equation 7)
    ddim        x_s = sqrt(ab_s) D + sqrt(1 - ab_s - eta² var) eps + eta N(0, var)     (Song et al. 2021, equation 12)
    dpm-solver  x_s = (sigma_s / sigma_t) x_t - alpha_s (e^{-h} - 1) D',  h = lambda_s - lambda_t,
                D' = D + (D - D_before) h / (2 h_before)                          (Lu et al. 2022, algorithm 2, 2M)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from matgen_core.core.errors import Cancelled
from matgen_core.diffusion.process import Denoiser, Prediction, to_eps, to_x0
from matgen_core.diffusion.schedules import Schedule

METHODS = ("ddpm", "ddim", "dpm-solver")
#: Called after each step with its number, the sample and the clean sample predicted from it.
OnStep = Callable[[int, Tensor, Tensor], None]


@dataclass
class _Step:
    """One move from signal share ``now`` to ``after``; the solver remembers the prediction before."""

    method: str
    generator: torch.Generator | None
    temperature: float
    eta: float = 0.0
    before: tuple[float, Tensor] | None = field(default=None)

    def __call__(self, x: Tensor, clean: Tensor, now: float, after: float) -> Tensor:
        if after >= 1.0:
            return clean
        if self.method == "ddpm":
            return self._ancestral(x, clean, now, after)
        if self.method == "ddim":
            return self._implicit(x, clean, now, after)
        return self._solver(x, clean, now, after)

    def _ancestral(self, x: Tensor, clean: Tensor, now: float, after: float) -> Tensor:
        beta = 1.0 - now / after
        mean = math.sqrt(after) * beta / (1 - now) * clean + math.sqrt(now / after) * (1 - after) / (1 - now) * x
        return mean + self._noise(x, (1 - after) / (1 - now) * beta)

    def _implicit(self, x: Tensor, clean: Tensor, now: float, after: float) -> Tensor:
        eps = to_eps(clean, x, torch.tensor([now], dtype=torch.float64))
        if self.eta == 0.0:  # no noise is drawn, so that the generator is left as it was
            return math.sqrt(after) * clean + math.sqrt(1 - after) * eps
        variance = self.eta**2 * (1 - after) / (1 - now) * (1 - now / after)
        mean = math.sqrt(after) * clean + math.sqrt(1 - after - variance) * eps
        return mean + self._noise(x, variance)

    def _noise(self, x: Tensor, variance: float) -> Tensor:
        noise = torch.randn(x.shape, generator=self.generator, dtype=x.dtype).to(x.device)
        return self.temperature * math.sqrt(variance) * noise

    def _solver(self, x: Tensor, clean: Tensor, now: float, after: float) -> Tensor:
        log_now, log_after = _log_ratio(now), _log_ratio(after)
        h, guess = log_after - log_now, clean
        if self.before is not None:
            guess = clean + (clean - self.before[1]) * h / (2 * (log_now - self.before[0]))
        self.before = (log_now, clean)
        return math.sqrt((1 - after) / (1 - now)) * x - math.sqrt(after) * math.expm1(-h) * guess


def _log_ratio(alpha_bar: float) -> float:
    return 0.5 * math.log(alpha_bar / (1 - alpha_bar))


def time_steps(length: int, steps: int) -> list[int]:
    """``steps`` step numbers from noise to clean, evenly spread and ending in the noisiest (diffusers' "trailing").

    >>> time_steps(1000, 4)
    [999, 749, 499, 249]
    """
    if not 1 <= steps <= length:
        raise ValueError(f"{steps} denoising steps are not possible; choose 1 to {length}")
    return [round(length - i * length / steps) - 1 for i in range(steps)]


@torch.no_grad()
def sample(
    denoiser: Denoiser,
    noise: Tensor,
    schedule: Schedule,
    method: str = "dpm-solver",
    steps: int = 20,
    kind: Prediction = "eps",
    generator: torch.Generator | None = None,
    temperature: float = 1.0,
    on_step: OnStep | None = None,
    cancelled: Callable[[], bool] | None = None,
    first: int | None = None,
    mask: Tensor | None = None,
    eta: float = 0.0,
) -> Tensor:
    """Samples from noise, or from a noised guess.

    Args:
        denoiser: the network, as a function of x (B, ...) and t (B,) int64.
        noise: (B, ...) standard normal.
        schedule: the one it was trained with.
        method: one of :data:`METHODS`.
        steps: how many, at most ``len(schedule)``; ddpm with all of them is the chapter's loop.
        kind: what the network predicts.
        generator: of the noise that ddpm adds, on the CPU.
        temperature: scales that noise and the beginning (not a guess: its caller chose how much noise it bears).
        on_step: called after every step.
        cancelled: asked before every step.
        first: the step number that ``noise`` stands at, where it is a guess with noise added (SDEdit, Meng et al.
            2022); the last of the schedule if None.
        mask: like noise; false entries do not exist and keep the value they come with.
        eta: share of the ancestral noise that ddim adds: 0 is deterministic, 1 is ddpm.

    Raises:
        Cancelled: where ``cancelled`` said so.
    """
    if method not in METHODS:
        raise ValueError(f"no sampler {method!r}; choose from: {', '.join(METHODS)}")
    times = time_steps(len(schedule) if first is None else first + 1, steps)
    levels = [float(schedule.alpha_bar[t]) for t in times] + [1.0]
    step, x = _Step(method, generator, temperature, eta), noise * temperature if first is None else noise
    if mask is not None:
        x = torch.where(mask, x, noise)
    for i, t in enumerate(times):
        if cancelled and cancelled():
            raise Cancelled
        answer = denoiser(x, torch.full((len(x),), t, dtype=torch.int64, device=x.device))
        clean = to_x0(answer, x, torch.tensor([levels[i]], dtype=torch.float64), kind)
        x = step(x, clean, levels[i], levels[i + 1])
        if mask is not None:
            x = torch.where(mask, x, noise)
        if on_step:
            on_step(i, x, clean)
    return x


def guide(
    conditional: Callable[[Tensor, Tensor, Tensor], Tensor], conditions: Tensor, null: Tensor, weight: float
) -> Denoiser:
    """Classifier-free guidance: unconditional + weight * (conditional - unconditional), both in one pass.

    Args:
        conditional: (x, t, conditions) -> prediction.
        conditions: (B, K).
        null: (B, K), all "any".
        weight: 1 is the conditional network, 0 the unconditional.
    """
    if weight == 1.0:
        return lambda x, t: conditional(x, t, conditions)

    def denoise(x: Tensor, t: Tensor) -> Tensor:
        both = conditional(torch.cat([x, x]), torch.cat([t, t]), torch.cat([conditions, null]))
        asked, free = both.chunk(2)
        return free + weight * (asked - free)

    return denoise
