from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from matgen_core.core.errors import Cancelled
from matgen_core.diffusion.samplers import METHODS, guide, sample, time_steps
from matgen_core.diffusion.schedules import linear_schedule

SCHEDULE = linear_schedule()
every_method = pytest.mark.parametrize("method", METHODS)


def shrink(x: Tensor, t: Tensor) -> Tensor:
    """A denoiser that believes in small samples (predicts x_0)."""
    return torch.tanh(x) / 2


def drawn(method: str, seed: int, **settings: object) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(8, 3, 2, generator=generator)
    chosen = {"method": method, "steps": 10, "kind": "x0", "generator": generator, **settings}
    return sample(shrink, noise, SCHEDULE, **chosen)  # type: ignore[arg-type]


@pytest.mark.parametrize(("length", "steps"), [(1000, 1), (1000, 7), (1000, 333), (1000, 1000), (50, 20)])
def test_steps_fall_from_the_noisiest_and_never_repeat(length: int, steps: int) -> None:
    times = time_steps(length, steps)
    assert len(times) == steps
    assert times[0] == length - 1
    assert times[-1] >= 0
    assert all(later < earlier for earlier, later in pairwise(times))


@pytest.mark.parametrize("steps", [0, -1, 1001])
def test_impossible_step_counts_are_refused_with_the_remedy(steps: int) -> None:
    with pytest.raises(ValueError, match="choose 1 to 1000"):
        time_steps(1000, steps)


def test_an_unknown_sampler_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="ddpm, ddim, dpm-solver"):
        drawn("euler", 0)


@every_method
def test_the_same_seed_gives_the_same_samples(method: str) -> None:
    assert torch.equal(drawn(method, 5), drawn(method, 5))
    assert not torch.equal(drawn(method, 5), drawn(method, 6))


@pytest.mark.parametrize("method", ["ddim", "dpm-solver"])
def test_only_the_ancestral_loop_adds_noise(method: str) -> None:
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    sample(shrink, torch.ones(4, 2), SCHEDULE, method, 10, "x0", generator)
    assert torch.equal(generator.get_state(), before)


@every_method
def test_a_certain_denoiser_is_believed_after_any_number_of_steps(method: str) -> None:
    answer = torch.linspace(-2, 2, 12).view(4, 3)
    for steps in (1, 2, 13, 1000):
        noise = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
        x = sample(lambda x, t: answer, noise, SCHEDULE, method, steps, "x0")
        torch.testing.assert_close(x, answer)


@every_method
def test_the_denoiser_is_called_once_a_step_with_falling_times(method: str) -> None:
    times: list[Tensor] = []

    def watched(x: Tensor, t: Tensor) -> Tensor:
        assert t.dtype == torch.int64
        assert t.shape == (5,)
        times.append(t)
        return x * 0

    sample(watched, torch.randn(5, 2), SCHEDULE, method, 9, "x0")
    assert [int(t[0]) for t in times] == time_steps(1000, 9)
    assert all((t == t[0]).all() for t in times)


@every_method
def test_each_step_is_shown(method: str) -> None:
    shown: list[tuple[int, Tensor, Tensor]] = []
    last = drawn(method, 0, on_step=lambda step, x, clean: shown.append((step, x, clean)))
    assert [step for step, _, _ in shown] == list(range(10))
    assert torch.equal(shown[-1][1], last)
    assert all(clean.shape == last.shape for _, _, clean in shown)
    # A film of frames, not ten views of the last one.
    assert not torch.equal(shown[0][1], shown[1][1])


@every_method
def test_a_cancelled_run_stops_before_its_next_step(method: str) -> None:
    steps: list[int] = []
    with pytest.raises(Cancelled):
        drawn(method, 0, on_step=lambda step, x, clean: steps.append(step), cancelled=lambda: len(steps) == 3)
    assert steps == [0, 1, 2]


@every_method
def test_sampling_records_no_gradient_and_leaves_the_noise_alone(method: str) -> None:
    weight = torch.tensor(0.5, requires_grad=True)
    noise = torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
    before = noise.clone()
    assert not sample(lambda x, t: weight * x, noise, SCHEDULE, method, 5, "x0").requires_grad
    assert torch.equal(noise, before)


@pytest.mark.parametrize("method", ["ddim", "dpm-solver"])
def test_entries_without_noise_stay_zero_where_the_denoiser_says_zero(method: str) -> None:
    mask = torch.rand(6, 4, generator=torch.Generator().manual_seed(1)) < 0.5
    noise = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)) * mask
    for kind in ("eps", "v"):
        x = sample(lambda x, t: 0.1 * x.tanh() * mask, noise, SCHEDULE, method, 10, kind)  # type: ignore[arg-type]
        assert (x[~mask] == 0).all()
        assert (x[mask] != 0).any()


@every_method
def test_a_guess_is_taken_up_where_its_noise_stands(method: str) -> None:
    times: list[int] = []
    answer = torch.full((4, 2), 0.5)

    def watched(x: Tensor, t: Tensor) -> Tensor:
        times.append(int(t[0]))
        return answer

    x = sample(watched, torch.randn(4, 2), SCHEDULE, method, 5, "x0", first=199)
    assert times == [199, 159, 119, 79, 39]
    torch.testing.assert_close(x, answer)


@every_method
def test_a_guess_is_not_cooled(method: str) -> None:
    guess, seen = torch.randn(4, 2), []
    sample(lambda x, t: seen.append(x) or x, guess, SCHEDULE, method, 5, "x0", temperature=0.5, first=199)
    assert torch.equal(seen[0], guess)


@every_method
def test_the_noisiest_guess_is_plain_sampling(method: str) -> None:
    assert torch.equal(drawn(method, 0, first=len(SCHEDULE) - 1), drawn(method, 0))


@every_method
def test_entries_that_do_not_exist_stay_untouched(method: str) -> None:
    mask = torch.rand(8, 3, 2, generator=torch.Generator().manual_seed(1)) < 0.5
    untouched: list[bool] = []
    noise = torch.randn(8, 3, 2, generator=torch.Generator().manual_seed(0))

    def watched(x: Tensor, t: Tensor) -> Tensor:
        untouched.append(torch.equal(x[~mask], noise[~mask]))
        return shrink(x, t)

    generator = torch.Generator().manual_seed(0)
    x = sample(watched, noise, SCHEDULE, method, 10, "x0", generator, temperature=0.5, mask=mask)
    assert all(untouched)
    assert torch.equal(x[~mask], noise[~mask])
    assert (x[mask] != noise[mask]).all()


def test_ddim_with_all_its_noise_is_the_ancestral_loop() -> None:
    torch.testing.assert_close(drawn("ddim", 0, eta=1.0), drawn("ddpm", 0))
    assert not torch.allclose(drawn("ddim", 0, eta=0.5), drawn("ddpm", 0))


# -------------------------------------------------------------------------------------------------------- guidance


class Asked:
    """Predicts the sum of its condition; NaN counts 100."""

    calls = 0

    def __call__(self, x: Tensor, t: Tensor, conditions: Tensor) -> Tensor:
        self.calls += 1
        assert len(x) == len(t) == len(conditions)
        return x * 0 + conditions.nan_to_num(100.0).sum(dim=1, keepdim=True)


@pytest.mark.parametrize(("weight", "expected"), [(1.0, 3.0), (0.0, 200.0), (0.5, 101.5), (3.0, -391.0)])
def test_guidance_goes_from_the_unconditional_through_the_conditional(weight: float, expected: float) -> None:
    network = Asked()
    conditions, null = torch.tensor([[1.0, 2.0]] * 4), torch.full((4, 2), float("nan"))
    denoiser = guide(network, conditions, null, weight)
    answer = denoiser(torch.zeros(4, 5), torch.zeros(4, dtype=torch.int64))
    assert answer.shape == (4, 5)
    assert (answer == expected).all()
    assert network.calls == 1  # both halves in one pass
