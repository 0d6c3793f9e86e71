"""The chapter's two diffusion models (4.2, 4.3), with its own methods.

    forward_process    x_t = sqrt(ab_t) x_0 + sqrt(1 - ab_t) eps
    reverse_process    x_{t-1} = (x_t - beta_t / sqrt(1 - ab_t) eps_theta(x_t, t)) / sqrt(1 - beta_t) + sqrt(beta_t) z

x (B, D), t (B,) int64, condition (B, K) -> (B, D). Two changes: the betas are a buffer, so that they follow the network
to another device, and are scaled by 1000 / T, so that T steps end in noise. Reference: Ho et al. (2020), algorithms 1
and 2.
"""

from __future__ import annotations

import torch
from torch import Tensor

from matgen_core.diffusion.process import add_noise
from matgen_core.lessons.diffusion import schedule_of
from matgen_core.models import denoiser


class SimpleDiffusionModel(denoiser.SimpleDiffusionModel):
    """The noise predictor with its schedule, its step into noise and its step back."""

    betas: Tensor

    def __init__(self, input_dim: int, hidden_dim: int = 256, num_timesteps: int = 1000) -> None:
        super().__init__(input_dim, hidden_dim, num_timesteps)
        self.schedule = schedule_of("linear", num_timesteps)
        self.register_buffer("betas", self.schedule.betas.float())

    def forward_process(self, x0: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """x_t and the noise that was added."""
        noise = torch.randn_like(x0)
        return add_noise(x0, noise, t, self.schedule), noise

    def predict_noise(self, xt: Tensor, t: Tensor) -> Tensor:
        """The noise in x_t."""
        noise: Tensor = self(xt, t)
        return noise

    def reverse_process(self, xt: Tensor, t: Tensor) -> Tensor:
        """x_{t-1}; the last step, t = 0, adds no noise."""
        return _step_back(xt, t, self.predict_noise(xt, t), self.betas)

    @torch.no_grad()
    def generate(self, batch_size: int, input_dim: int) -> Tensor:
        """Samples from pure noise, over all steps."""
        xt = torch.randn(batch_size, input_dim)
        for step in reversed(range(self.num_timesteps)):
            xt = self.reverse_process(xt, torch.full((batch_size,), step))
        return xt


class ConditionalDiffusionModel(denoiser.ConditionalDiffusionModel):
    """The same, conditioned on target properties."""

    betas: Tensor

    def __init__(self, input_dim: int, condition_dim: int, hidden_dim: int = 256, num_timesteps: int = 1000) -> None:
        super().__init__(input_dim, condition_dim, hidden_dim, num_timesteps)
        self.schedule = schedule_of("linear", num_timesteps)
        self.register_buffer("betas", self.schedule.betas.float())

    def predict_noise(self, xt: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        """The noise in x_t under the condition."""
        noise: Tensor = self(xt, t, condition)
        return noise

    @torch.no_grad()
    def generate_conditional(self, condition: Tensor, input_dim: int) -> Tensor:
        """A sample for each row of the condition (B, K)."""
        xt = torch.randn(len(condition), input_dim)
        for step in reversed(range(self.num_timesteps)):
            t = torch.full((len(condition),), step)
            xt = _step_back(xt, t, self.predict_noise(xt, t, condition), self.betas)
        return xt


def _step_back(xt: Tensor, t: Tensor, noise: Tensor, betas: Tensor) -> Tensor:
    beta = betas[t].view(-1, 1)
    alpha_bar = torch.cumprod(1.0 - betas, dim=0)[t].view(-1, 1)
    mean = (xt - beta / (1.0 - alpha_bar).sqrt() * noise) / (1.0 - beta).sqrt()
    return mean + (t > 0).view(-1, 1) * beta.sqrt() * torch.randn_like(xt)
