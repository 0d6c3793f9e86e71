"""Networks that answer how noisy a vector is: the chapter's two (4.2, 4.3) and a residual one for real latents.

    eps ~ f(x_t, t)        SimpleDiffusionModel
    eps ~ f(x_t, t, c)     ConditionalDiffusionModel
    v   ~ f(x_t, t, c)     ResidualDenoiser:  h <- h + g * MLP(s * norm(h) + b),   (s, b, g) = FiLM(e(t) + e(c))

x_t (B, D), t (B,) int64, c (B, K) float -> (B, D). None of them knows a schedule or a sampler: the same network can be
trained and sampled with any.  References: Ho et al. (2020), section 3.4; Perez et al. (2018) for FiLM; Peebles & Xie
(2023), section 3.2, for gates that begin at zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from matgen_core.models.conditioning import ConditionConfig, ConditionEmbedding

# ------------------------------------------------------------------------------------------------- the chapter's two


class SimpleDiffusionModel(nn.Module):
    """The chapter's noise predictor: the step number is one more input beside the vector.

    Args:
        input_dim: D.
        hidden_dim: width of the two hidden layers.
        num_timesteps: T, by which the step number is divided.
    """

    def __init__(self, input_dim: int, hidden_dim: int = 256, num_timesteps: int = 1000) -> None:
        super().__init__()
        self.num_timesteps = num_timesteps
        self.noise_predictor = _perceptron(input_dim + 1, hidden_dim, input_dim)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        """The noise in x (B, D) at steps t (B,); (B, D)."""
        time = t[:, None].to(x.dtype) / self.num_timesteps  # (B, 1)
        noise: Tensor = self.noise_predictor(torch.cat([x, time], dim=1))
        return noise


class ConditionalDiffusionModel(nn.Module):
    """The chapter's conditional noise predictor: the embedded condition is concatenated, too.

    It has no way to say "any": each condition must be a number. :class:`ResidualDenoiser` takes NaN for that.

    Args:
        input_dim: D.
        condition_dim: K.
        hidden_dim: width of the hidden layers and of the embedded condition.
        num_timesteps: T, by which the step number is divided.
    """

    def __init__(self, input_dim: int, condition_dim: int, hidden_dim: int = 256, num_timesteps: int = 1000) -> None:
        super().__init__()
        self.num_timesteps = num_timesteps
        self.condition_encoder = nn.Sequential(
            nn.Linear(condition_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, hidden_dim)
        )
        self.noise_predictor = _perceptron(input_dim + hidden_dim + 1, hidden_dim, input_dim)

    def forward(self, x: Tensor, t: Tensor, condition: Tensor) -> Tensor:
        """The noise in x (B, D) at steps t (B,) under condition (B, K); (B, D)."""
        time = t[:, None].to(x.dtype) / self.num_timesteps  # (B, 1)
        embedded = self.condition_encoder(condition)  # (B, hidden)
        noise: Tensor = self.noise_predictor(torch.cat([x, embedded, time], dim=1))
        return noise


def _perceptron(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(inputs, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
    )


# ------------------------------------------------------------------------------------------------- the residual one


@dataclass(frozen=True)
class DenoiserConfig:
    """Size of the network.

    Args:
        conditions: what can be asked for; its width is that of the time embedding, too.
        dim: D, length of a latent vector.
        width: of the residual stream.
        depth: residual blocks.
        dropout: inside the blocks, in training only.
    """

    conditions: ConditionConfig
    dim: int = 128
    width: int = 512
    depth: int = 6
    dropout: float = 0.0


class ResidualDenoiser(nn.Module):
    """A residual MLP that time and conditions scale, shift and gate. It answers 0 until it has learnt better."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        self.config = config
        width, inner = config.width, config.conditions.width
        self.time = nn.Sequential(nn.Linear(2 * _WAVES, inner), nn.SiLU(), nn.Linear(inner, inner))
        self.condition = ConditionEmbedding(config.conditions)
        self.enter = nn.Linear(config.dim, width)
        self.blocks = nn.ModuleList(_Block(width, inner, config.dropout) for _ in range(config.depth))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, config.dim)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, x: Tensor, t: Tensor, conditions: Tensor) -> Tensor:
        """The prediction at x, of the kind it was trained for.

        Args:
            x: (B, D).
            t: (B,) int64 step numbers.
            conditions: (B, K), NaN for "any".

        Returns:
            (B, D).
        """
        context = nn.functional.silu(self.time(time_features(t).to(x.dtype)) + self.condition(conditions))  # (B, inner)
        h = self.enter(x)  # (B, width)
        for block in self.blocks:
            h = block(h, context)
        prediction: Tensor = self.leave(self.norm(h))
        return prediction


class _Block(nn.Module):
    """h <- h + gate * MLP(scale * norm(h) + shift); the gate begins at 0, so depth costs nothing at the start."""

    def __init__(self, width: int, context: int, dropout: float) -> None:
        super().__init__()
        # Scale and shift come from the context alone, so the norm needs none of its own.
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.film = nn.Linear(context, 3 * width)
        self.mlp = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Dropout(dropout), nn.Linear(width, width))
        nn.init.zeros_(self.film.weight)
        nn.init.zeros_(self.film.bias)

    def forward(self, h: Tensor, context: Tensor) -> Tensor:
        scale, shift, gate = self.film(context).chunk(3, dim=-1)  # each (B, width)
        moved: Tensor = h + gate * self.mlp(self.norm(h) * (1 + scale) + shift)
        return moved


#: Waves in the time embedding, from one radian a step to one in ten thousand steps.
_WAVES = 64


def time_features(t: Tensor) -> Tensor:
    """Sines and cosines of step numbers t (B,) at geometrically spaced frequencies; (B, 128) float32.

    Source: Vaswani et al. (2017), section 3.5.
    """
    frequencies = torch.exp(torch.linspace(0.0, -math.log(10_000.0), _WAVES, device=t.device))
    phase = t[:, None].float() * frequencies  # (B, 64)
    return torch.cat([phase.sin(), phase.cos()], dim=1)
