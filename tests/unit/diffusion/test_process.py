from __future__ import annotations

import pytest
import torch
from torch import Tensor

from matgen_core.diffusion.process import Prediction, add_noise, diffusion_loss, target_of, to_eps, to_x0
from matgen_core.diffusion.schedules import cosine_schedule, linear_schedule

SHAPES = [(7,), (7, 5), (7, 3, 2, 2)]
KINDS: tuple[Prediction, ...] = ("eps", "x0", "v")


def drawn(shape: tuple[int, ...], seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """A clean sample, noise and step numbers."""
    generator = torch.Generator().manual_seed(seed)
    x_0, noise = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
    return x_0, noise, torch.randint(1000, shape[:1], generator=generator)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_right_answer_leads_back_to_the_clean_sample(shape: tuple[int, ...], kind: Prediction) -> None:
    schedule = linear_schedule()
    x_0, noise, t = drawn(shape)
    x_t = add_noise(x_0, noise, t, schedule)
    assert x_t.shape == x_0.shape
    back = to_x0(target_of(kind, x_0, noise, t, schedule), x_t, schedule.alpha_bar[t], kind)
    torch.testing.assert_close(back, x_0)
    torch.testing.assert_close(to_eps(back, x_t, schedule.alpha_bar[t]), noise)


def test_noising_at_once_is_noising_step_by_step() -> None:
    schedule, rows = linear_schedule(40, 1e-3, 0.2), 200_000
    generator = torch.Generator().manual_seed(0)
    x = torch.full((rows,), 2.0)
    for beta in schedule.betas[:20].tolist():  # q(x_t | x_{t-1}), the chapter's first equation
        x = (1 - beta) ** 0.5 * x + beta**0.5 * torch.randn(rows, generator=generator)
    noise = torch.randn(rows, generator=generator)
    at_once = add_noise(torch.full((rows,), 2.0), noise, torch.full((rows,), 19), schedule)
    assert float(x.mean()) == pytest.approx(float(at_once.mean()), abs=0.01)
    assert float(x.var()) == pytest.approx(float(at_once.var()), rel=0.02)


def test_noise_keeps_unit_variance() -> None:
    x_0, noise, _ = drawn((50_000,))
    for step in (0, 300, 999):
        x_t = add_noise(x_0, noise, torch.full((len(x_0),), step), cosine_schedule())
        assert float(x_t.var()) == pytest.approx(1.0, abs=0.03)


def test_single_precision_stays_single() -> None:
    x_0, noise, t = drawn((7, 5))
    assert add_noise(x_0.float(), noise.float(), t, linear_schedule()).dtype == torch.float32


@pytest.mark.parametrize("kind", KINDS)
def test_a_denoiser_that_knows_has_no_loss(kind: Prediction) -> None:
    schedule = cosine_schedule()
    x_0 = drawn((64, 5))[0]

    def knows(x: Tensor, t: Tensor) -> Tensor:
        noise = to_eps(x_0, x, schedule.alpha_bar[t])
        return target_of(kind, x_0, noise, t, schedule)

    assert float(diffusion_loss(knows, x_0, schedule, kind)) < 1e-12


def test_saying_nothing_costs_the_variance_of_the_noise() -> None:
    x_0 = torch.randn(20_000, 4, generator=torch.Generator().manual_seed(1))
    loss = diffusion_loss(lambda x, t: torch.zeros_like(x), x_0, linear_schedule())
    assert float(loss) == pytest.approx(1.0, abs=0.02)


def test_the_loss_repeats_with_its_generator() -> None:
    x_0 = drawn((64, 5))[0]
    first, second, other = (
        diffusion_loss(lambda x, t: x, x_0, linear_schedule(), generator=torch.Generator().manual_seed(seed))
        for seed in (3, 3, 4)
    )
    assert first == second
    assert first != other


def test_entries_that_do_not_exist_do_not_count() -> None:
    x_0 = torch.zeros(32, 6)
    mask = torch.rand(32, 6, generator=torch.Generator().manual_seed(0)) < 0.5
    schedule = linear_schedule()

    def loss(outside: float) -> Tensor:
        def denoiser(x: Tensor, t: Tensor) -> Tensor:
            return torch.where(mask, torch.zeros_like(x), outside)

        return diffusion_loss(denoiser, x_0, schedule, mask=mask, generator=torch.Generator().manual_seed(0))

    assert loss(0.0) == loss(1e6)


def test_a_full_mask_changes_nothing_and_an_empty_one_is_zero() -> None:
    x_0 = drawn((16, 3))[0]

    def loss(mask: Tensor | None) -> float:
        generator = torch.Generator().manual_seed(0)
        return float(diffusion_loss(lambda x, t: x, x_0, linear_schedule(), mask=mask, generator=generator))

    assert loss(torch.ones(16, 3, dtype=torch.bool)) == pytest.approx(loss(None))
    assert loss(torch.zeros(16, 3, dtype=torch.bool)) == 0.0
