"""The samplers against their laws and, step by step, against diffusers' schedulers."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from diffusers import DDIMScheduler, DDPMScheduler, DPMSolverMultistepScheduler
from torch import Tensor

from matgen_core.diffusion.process import Denoiser, Prediction, add_noise, to_eps
from matgen_core.diffusion.samplers import METHODS, sample, time_steps
from matgen_core.diffusion.schedules import Schedule, cosine_schedule, linear_schedule

SCHEDULES = {"linear": linear_schedule(), "cosine": cosine_schedule()}
KINDS: dict[Prediction, str] = {"eps": "epsilon", "x0": "sample", "v": "v_prediction"}
ORACLES: dict[str, tuple[type, dict[str, Any]]] = {
    "ddpm": (DDPMScheduler, {"variance_type": "fixed_small", "clip_sample": False}),
    "ddim": (DDIMScheduler, {"clip_sample": False}),
    "dpm-solver": (DPMSolverMultistepScheduler, {"algorithm_type": "dpmsolver++", "final_sigmas_type": "zero"}),
}
every_method = pytest.mark.parametrize("method", METHODS)
every_kind = pytest.mark.parametrize("kind", list(KINDS))
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())


def answering(clean: Denoiser, schedule: Schedule, kind: Prediction) -> Denoiser:
    """A denoiser that predicts x_0 as ``clean`` does, and says it as ``kind``."""

    def denoiser(x: Tensor, t: Tensor) -> Tensor:
        x_0, alpha_bar = clean(x, t), schedule.alpha_bar[t]
        if kind == "x0":
            return x_0
        eps = to_eps(x_0, x, alpha_bar)
        if kind == "eps":
            return eps
        return alpha_bar.sqrt()[:, None] * eps - (1 - alpha_bar).sqrt()[:, None] * x_0

    return denoiser


def gaussian(schedule: Schedule, mean: Tensor, deviation: Tensor) -> Denoiser:
    """E[x_0 | x_t] where x_0 is Gaussian: the best denoiser there is, in closed form."""

    def denoiser(x: Tensor, t: Tensor) -> Tensor:
        alpha_bar = schedule.alpha_bar[t][:, None]
        gain = alpha_bar.sqrt() * deviation**2 / (alpha_bar * deviation**2 + 1 - alpha_bar)
        return mean + gain * (x - alpha_bar.sqrt() * mean)

    return denoiser


# ------------------------------------------------------------------------------------------------------------ laws


@every_schedule
@every_kind
@pytest.mark.parametrize(("method", "steps"), [("ddpm", 1000), ("ddim", 250), ("dpm-solver", 60)])
def test_every_sampler_recovers_a_gaussian(schedule: Schedule, kind: Prediction, method: str, steps: int) -> None:
    mean, deviation = torch.tensor([1.5, -0.5], dtype=torch.float64), torch.tensor([0.3, 1.7], dtype=torch.float64)
    denoiser = answering(gaussian(schedule, mean, deviation), schedule, kind)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(20_000, 2, generator=generator, dtype=torch.float64)
    x = sample(denoiser, noise, schedule, method, steps, kind, generator)
    torch.testing.assert_close(x.mean(dim=0), mean, atol=0.04, rtol=0)
    torch.testing.assert_close(x.std(dim=0), deviation, atol=0, rtol=0.04)


@pytest.mark.parametrize(("method", "steps"), [("ddpm", 200), ("ddim", 100), ("dpm-solver", 20)])
def test_noised_members_of_a_gaussian_come_back_as_members(method: str, steps: int) -> None:
    schedule, first = SCHEDULES["cosine"], 199
    mean, deviation = torch.tensor([1.5], dtype=torch.float64), torch.tensor([0.3], dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    members, noise = torch.randn(2, 20_000, 1, generator=generator, dtype=torch.float64)
    x_0 = mean + deviation * members
    noised = add_noise(x_0, noise, torch.full((len(x_0),), first), schedule)
    x = sample(gaussian(schedule, mean, deviation), noised, schedule, method, steps, "x0", generator, first=first)
    assert float(x.mean()) == pytest.approx(1.5, abs=0.01)
    assert float(x.std()) == pytest.approx(0.3, rel=0.04)
    assert float(torch.corrcoef(torch.cat([x, x_0], dim=1).T)[0, 1]) > 0.2  # still near what they were


@every_schedule
def test_the_solver_needs_far_fewer_steps_than_ddim(schedule: Schedule) -> None:
    mean, deviation = torch.tensor([1.0], dtype=torch.float64), torch.tensor([0.5], dtype=torch.float64)
    denoiser = gaussian(schedule, mean, deviation)
    noise = torch.randn(256, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    exact = sample(denoiser, noise, schedule, "ddim", 1000, "x0")

    def error(method: str, steps: int) -> float:
        return float((sample(denoiser, noise, schedule, method, steps, "x0") - exact).abs().max())

    assert error("dpm-solver", 20) < error("ddim", 60)


@every_method
def test_a_cooler_run_varies_less(method: str) -> None:
    schedule = SCHEDULES["cosine"]
    mean, deviation = torch.tensor([1.0], dtype=torch.float64), torch.tensor([1.0], dtype=torch.float64)

    def spread(temperature: float) -> float:
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(5_000, 1, generator=generator, dtype=torch.float64)
        denoiser = gaussian(schedule, mean, deviation)
        x = sample(denoiser, noise, schedule, method, 50, "x0", generator, temperature=temperature)
        assert float(x.mean()) == pytest.approx(1.0, abs=0.05)
        return float(x.std())

    # The denoiser of a unit Gaussian is linear, so that the spread follows the temperature.
    assert spread(0.5) == pytest.approx(0.5 * spread(1.0), rel=0.02)
    assert spread(0.0) < 0.01


# ---------------------------------------------------------------------------------------------------------- oracle


@every_method
@every_kind
@every_schedule
@pytest.mark.parametrize("steps", [5, 20, 50])
def test_each_step_is_diffusers_step(method: str, kind: Prediction, schedule: Schedule, steps: int) -> None:
    kind_of, settings = ORACLES[method]
    scheduler = kind_of(
        trained_betas=schedule.betas.numpy(), prediction_type=KINDS[kind], timestep_spacing="trailing", **settings
    )
    scheduler.set_timesteps(steps)
    assert scheduler.timesteps.tolist() == time_steps(len(schedule), steps)

    mixing = torch.randn(4, 4, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    denoiser = answering(lambda x, t: torch.tanh(x @ mixing + t[:, None] / 500), schedule, kind)
    noise = torch.randn(6, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    ours: list[Tensor] = []
    sample(
        denoiser,
        noise,
        schedule,
        method,
        steps,
        kind,
        torch.Generator().manual_seed(2),
        on_step=lambda step, x, clean: ours.append(x),
    )

    x, generator = noise, torch.Generator().manual_seed(2)
    extra = {"generator": generator} if method == "ddpm" else {}
    for step, t in enumerate(scheduler.timesteps):
        answer = denoiser(x, torch.full((len(x),), int(t), dtype=torch.int64))
        x = scheduler.step(answer, t, x, **extra).prev_sample
        # diffusers keeps its noise levels in single precision.
        torch.testing.assert_close(ours[step], x.to(torch.float64), atol=5e-4, rtol=5e-4)


def test_ddim_with_some_noise_is_diffusers() -> None:
    schedule = SCHEDULES["cosine"]
    scheduler = DDIMScheduler(
        trained_betas=schedule.betas.numpy(), prediction_type="sample", timestep_spacing="trailing", clip_sample=False
    )
    scheduler.set_timesteps(20)
    noise = torch.randn(6, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    ours = sample(lambda x, t: x.tanh(), noise, schedule, "ddim", 20, "x0", torch.Generator().manual_seed(2), eta=0.6)
    x, generator = noise, torch.Generator().manual_seed(2)
    for t in scheduler.timesteps:
        x = scheduler.step(x.tanh(), t, x, eta=0.6, generator=generator).prev_sample
    torch.testing.assert_close(ours, x.to(torch.float64), atol=5e-4, rtol=5e-4)


@every_schedule
def test_the_full_ancestral_loop_is_the_chapters(schedule: Schedule) -> None:
    """The chapter writes the mean with eps; its noise, beta, is replaced by the posterior's, as in Ho et al. (2020)."""
    denoiser = answering(lambda x, t: torch.tanh(x), schedule, "eps")
    noise = torch.randn(4, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ours = sample(denoiser, noise, schedule, "ddpm", len(schedule), "eps", torch.Generator().manual_seed(3))

    x, generator = noise, torch.Generator().manual_seed(3)
    for t in reversed(range(len(schedule))):
        beta, alpha_bar = schedule.betas[t], schedule.alpha_bar[t]
        eps = denoiser(x, torch.full((4,), t, dtype=torch.int64))
        x = (x - beta / (1 - alpha_bar).sqrt() * eps) / (1 - beta).sqrt()
        if t > 0:
            left = (1 - schedule.alpha_bar[t - 1]) / (1 - alpha_bar)
            x = x + (beta * left).sqrt() * torch.randn(4, 3, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(ours, x, atol=1e-6, rtol=1e-6)
