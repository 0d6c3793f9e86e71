from __future__ import annotations

import pytest
import torch

from matgen_core.diffusion.schedules import Schedule, cosine_schedule, linear_schedule

SCHEDULES = {
    "linear": linear_schedule(),
    "linear, 100": linear_schedule(100),
    "cosine": cosine_schedule(),
    "cosine, 50": cosine_schedule(50),
}
every_schedule = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())


@every_schedule
def test_the_signal_only_ever_falls(schedule: Schedule) -> None:
    assert schedule.alpha_bar.dtype == torch.float64
    assert (schedule.alpha_bar.diff() < 0).all()
    assert ((schedule.alpha_bar > 0) & (schedule.alpha_bar < 1)).all()
    assert (schedule.log_snr.diff() < 0).all()


@every_schedule
def test_betas_multiply_to_what_is_left(schedule: Schedule) -> None:
    assert ((schedule.betas > 0) & (schedule.betas < 1)).all()
    torch.testing.assert_close(torch.cumprod(1 - schedule.betas, dim=0), schedule.alpha_bar)


def test_the_linear_schedule_is_the_chapters() -> None:
    schedule = linear_schedule()
    betas = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
    torch.testing.assert_close(schedule.betas, betas)
    product = 1.0
    for step, beta in enumerate(betas.tolist()):
        product *= 1 - beta
        assert float(schedule.alpha_bar[step]) == pytest.approx(product, rel=1e-12)


@pytest.mark.parametrize("make", [linear_schedule, cosine_schedule])
def test_a_full_schedule_begins_clean_and_ends_as_noise(make: object) -> None:
    schedule = make(1000)  # type: ignore[operator]
    assert len(schedule) == 1000
    assert float(schedule.alpha_bar[0]) > 0.999
    assert float(schedule.alpha_bar[-1]) < 1e-4


def test_log_snr_is_the_ratio_of_signal_to_noise() -> None:
    schedule = cosine_schedule(10)
    ratio = schedule.alpha_bar / (1 - schedule.alpha_bar)
    torch.testing.assert_close(schedule.log_snr.exp(), ratio)
