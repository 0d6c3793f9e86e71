from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from matgen_core.diffusion.process import diffusion_loss
from matgen_core.diffusion.schedules import cosine_schedule
from matgen_core.models.conditioning import ConditionConfig
from matgen_core.models.denoiser import (
    ConditionalDiffusionModel,
    DenoiserConfig,
    ResidualDenoiser,
    SimpleDiffusionModel,
    time_features,
)

NAN = float("nan")
CONDITIONS = ConditionConfig(("band_gap", "formation_energy"), (0.0, 0.0), (1.0, 1.0), 32)
SCHEDULE = cosine_schedule(100)


def residual(dim: int = 4) -> ResidualDenoiser:
    torch.manual_seed(0)
    return ResidualDenoiser(DenoiserConfig(CONDITIONS, dim=dim, width=32, depth=2))


def test_shapes_of_the_chapters_models() -> None:
    x, t = torch.randn(5, 128), torch.randint(100, (5,))
    assert SimpleDiffusionModel(128, num_timesteps=100)(x, t).shape == (5, 128)
    assert ConditionalDiffusionModel(128, 3, num_timesteps=100)(x, t, torch.randn(5, 3)).shape == (5, 128)


def test_the_defaults_are_the_latents_of_crystals() -> None:
    with torch.device("meta"):
        model = ResidualDenoiser(DenoiserConfig(CONDITIONS))
    assert (model.config.dim, model.config.width, model.config.depth) == (128, 512, 6)
    # 3.5 M parameters: small beside the 30 MB that all shipped weights share.
    assert sum(p.numel() for p in model.parameters()) < 4_000_000


def test_an_untrained_residual_denoiser_answers_zero() -> None:
    answer = residual()(torch.randn(5, 4), torch.arange(5), torch.full((5, 2), NAN))
    assert answer.shape == (5, 4)
    assert (answer == 0).all()


def trained(model: nn.Module, denoiser: Callable[[Tensor, Tensor, Tensor], Tensor], steps: int) -> list[float]:
    """Losses while learning vectors that are their condition, repeated."""
    generator = torch.Generator().manual_seed(0)
    optimizer, losses = torch.optim.Adam(model.parameters(), 3e-3), []
    for _ in range(steps):
        conditions = torch.randn(128, 2, generator=generator)
        x_0 = conditions.repeat(1, 2)
        loss = diffusion_loss(lambda x, t, c=conditions: denoiser(x, t, c), x_0, SCHEDULE, generator=generator)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    return losses


def models() -> dict[str, tuple[nn.Module, Callable[[Tensor, Tensor, Tensor], Tensor]]]:
    torch.manual_seed(0)
    simple = SimpleDiffusionModel(4, 64, 100)
    conditional = ConditionalDiffusionModel(4, 2, 64, 100)
    latent = residual()
    return {
        "simple": (simple, lambda x, t, c: simple(x, t)),
        "conditional": (conditional, conditional),
        "residual": (latent, latent),
    }


def test_they_learn_and_a_condition_helps() -> None:
    last = {}
    for name, (model, denoiser) in models().items():
        losses = trained(model, denoiser, 250)
        last[name] = sum(losses[-20:]) / 20
        assert last[name] < 0.6 * losses[0], name
    assert last["conditional"] < 0.8 * last["simple"]
    assert last["residual"] < 0.8 * last["simple"]


def test_rows_do_not_see_one_another() -> None:
    for name, (model, denoiser) in models().items():
        trained(model, denoiser, 3)
        x, t, c = torch.randn(6, 4), torch.randint(100, (6,)), torch.randn(6, 2)
        torch.testing.assert_close(denoiser(x, t, c)[2:4], denoiser(x[2:4], t[2:4], c[2:4]), msg=name)


def test_after_a_few_steps_every_input_matters() -> None:
    model = residual()
    trained(model, model, 5)
    x, t, c = torch.randn(1, 4), torch.tensor([10]), torch.tensor([[0.5, -0.5]])
    answer = model(x, t, c)
    assert not torch.equal(model(x + 1, t, c), answer)
    assert not torch.equal(model(x, t + 50, c), answer)
    assert not torch.equal(model(x, t, torch.tensor([[0.5, NAN]])), answer)


def test_every_parameter_learns() -> None:
    model = residual()
    trained(model, model, 3)
    conditions = torch.tensor([[0.5, NAN], [NAN, 0.5]] * 4)
    diffusion_loss(lambda x, t: model(x, t, conditions), torch.randn(8, 4), SCHEDULE).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert (parameter.grad != 0).any(), name


@pytest.mark.parametrize("length", [100, 1000])
def test_every_step_has_its_own_time_features(length: int) -> None:
    features = time_features(torch.arange(length))
    assert features.shape == (length, 128)
    apart = torch.cdist(features, features) + torch.eye(length) * 10
    assert apart.min() > 0.3
