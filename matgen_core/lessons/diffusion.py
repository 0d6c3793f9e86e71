"""Diffusion to look at (chapter 4.2, 4.3): points and crystals that dissolve, come back, and a network that learns it.

Everything runs on the modules that the design pages use: schedules, the forward process, the samplers, the chapter's
networks, and the shipped autoencoder and denoiser.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.core.errors import BadInput
from matgen_core.core.messages import join
from matgen_core.core.properties import CRYSTAL_CONDITIONS
from matgen_core.core.records import Crystal
from matgen_core.diffusion.process import Denoiser, add_noise, diffusion_loss
from matgen_core.diffusion.samplers import guide, sample
from matgen_core.diffusion.schedules import Schedule, cosine_schedule, linear_schedule
from matgen_core.kinds.crystals.embed import decode_latents
from matgen_core.kinds.crystals.engines.latent_diffusion import LatentDiffusion
from matgen_core.kinds.crystals.generate import load_engine
from matgen_core.lessons.descriptors import load_descriptors
from matgen_core.models.denoiser import ConditionalDiffusionModel, SimpleDiffusionModel
from matgen_core.workflows.spaces import Space, load_crystal_space

Array = NDArray[np.float32]
SCHEDULES = ("linear", "cosine")
DATA = ("spiral", "latents", "descriptors")


def schedule_of(name: str, steps: int = 1000) -> Schedule:
    """The chapter's linear schedule, or the cosine one.

    With fewer than 1000 steps the chapter's betas leave signal at the end (of 100 steps 0.36 of the variance), so they
    are scaled by 1000 / steps here.
    """
    if name == "cosine":
        return cosine_schedule(steps)
    scale = 1000 / steps
    return linear_schedule(steps, 1e-4 * scale, min(0.999, 0.02 * scale))


def spiral(count: int = 2000, seed: int = 0) -> Array:
    """(count, 2) points on a spiral with a little noise, mean 0 and variance about 1."""
    rng = np.random.default_rng(seed)
    turn = 1.0 + 3.0 * np.sqrt(rng.random(count)) * math.pi
    points = np.stack([turn * np.cos(turn), turn * np.sin(turn)], axis=1) / 6.0 + rng.normal(0.0, 0.04, (count, 2))
    return np.asarray(points - points.mean(axis=0), dtype=np.float32)


def dissolve(points: Array, schedule: Schedule, t: int, seed: int = 0) -> Array:
    """The points after t + 1 steps of the forward process, in one step: x_t = sqrt(ab) x_0 + sqrt(1 - ab) eps."""
    clean = torch.from_numpy(points)
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
    return add_noise(clean, noise, torch.full((len(clean),), t), schedule).numpy()


# ---------------------------------------------------------------------------------------------------------- learning


@dataclass
class Pupil:
    """A network in training, and what it has learnt from.

    Args:
        data: (N, D) standardised.
        conditions: (N, K) standardised; None for the unconditional network.
        schedule: noise levels.
        losses: of every step so far.
        seconds: spent on learning.
    """

    data: Tensor
    conditions: Tensor | None
    schedule: Schedule
    losses: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        torch.manual_seed(0)
        size, steps = self.data.shape[1], len(self.schedule)
        self.network: SimpleDiffusionModel | ConditionalDiffusionModel = (
            SimpleDiffusionModel(size, 256, steps)
            if self.conditions is None
            else ConditionalDiffusionModel(size, self.conditions.shape[1], 256, steps)
        )
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3)
        self.generator = torch.Generator().manual_seed(0)

    def learn(self, seconds: float, batch: int = 256, report_every: float = 0.5) -> Iterator[float]:
        """Trains for so long and yields the share of the time that is over, now and then."""
        begun = told = time.monotonic()
        while (now := time.monotonic()) - begun < seconds:
            rows = torch.randint(len(self.data), (batch,), generator=self.generator)
            asked = None if self.conditions is None else self.conditions[rows]
            loss = diffusion_loss(self._denoiser(asked), self.data[rows], self.schedule, generator=self.generator)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.losses.append(float(loss.detach()))
            if now - told > report_every:
                told = now
                yield (now - begun) / seconds
        self.seconds += time.monotonic() - begun
        yield 1.0

    def _denoiser(self, asked: Tensor | None) -> Denoiser:
        """The network as a function of x and t, told the conditions (B, K) where it takes any."""

        def denoise(x: Tensor, t: Tensor) -> Tensor:
            answer: Tensor = self.network(x, t) if asked is None else self.network(x, t, asked)
            return answer

        return denoise

    def draw(
        self, count: int, method: str, steps: int, seed: int = 0, condition: Sequence[float] | None = None
    ) -> Array:
        """(count, D) samples from noise by one of the samplers."""
        noise = torch.randn(count, self.data.shape[1], generator=torch.Generator().manual_seed(seed))
        asked = None
        if self.conditions is not None:
            asked = torch.tensor([list(condition or [0.0] * self.conditions.shape[1])]).expand(count, -1)
        drawn = sample(
            self._denoiser(asked), noise, self.schedule, method, steps, generator=torch.Generator().manual_seed(seed)
        )
        return drawn.numpy()

    def film(self, method: str, steps: int, shown: int = 6, seed: int = 0) -> tuple[list[int], Array]:
        """One sample on its way: step numbers of the schedule, and (F, D) the clean vector predicted at each."""
        cleans: list[Tensor] = []
        generator = torch.Generator().manual_seed(seed)
        asked = None if self.conditions is None else torch.zeros(1, self.conditions.shape[1])
        noise = torch.randn(1, self.data.shape[1], generator=generator)
        sample(
            self._denoiser(asked),
            noise,
            self.schedule,
            method,
            steps,
            generator=generator,
            on_step=lambda _i, _x, clean: cleans.append(clean),
        )
        kept = np.unique(np.linspace(0, steps - 1, min(shown, steps)).round().astype(int))
        length = len(self.schedule)
        moments = [round(length - int(i) * length / steps) - 1 for i in kept]
        return moments, torch.cat([cleans[int(i)] for i in kept]).numpy()


def pupil_of(data: str, conditional: bool, schedule: str = "linear") -> Pupil:
    """A fresh network and its data.

    The spiral's condition is how far out a point lies; the crystals' are band gap and formation energy; the molecules'
    is the weight. The descriptors are 128, as in the chapter.

    Raises:
        BadInput: for data that is none of DATA.
    """
    if data == "spiral":
        points = spiral()
        conditions = np.linalg.norm(points, axis=1, keepdims=True)
    elif data == "latents":
        space = load_crystal_space()
        chosen = [space.columns[key] for key in CRYSTAL_CONDITIONS[:2]]
        whole = ~np.isnan(np.stack(chosen)).any(axis=0)
        points, conditions = space.vectors[whole], np.stack(chosen, axis=1)[whole]
    elif data == "descriptors":
        molecules = load_descriptors()
        points = molecules.vectors
        conditions = points[:, [molecules.names.index("MolWt")]]
    else:
        raise BadInput("no data {data!r} to learn from; choose from: {data2}", data=data, data2=join(DATA, ", "))
    asked = torch.from_numpy(standardise(conditions)) if conditional else None
    return Pupil(torch.from_numpy(standardise(points)), asked, schedule_of(schedule))


def standardise(values: Array) -> Array:
    """Mean 0 and standard deviation 1 in every column."""
    spread = np.maximum(values.std(axis=0), 1e-6)
    return np.asarray((values - values.mean(axis=0)) / spread, dtype=np.float32)


# ---------------------------------------------------------------------------------------------------------- crystals


@dataclass(frozen=True)
class Frame:
    """One moment of a film.

    Args:
        t: step number of the schedule.
        alpha_bar: share of the signal's variance that is left.
        latent: (D,) in the autoencoder's units.
        crystal: what the decoder reads in it; None where nothing could be finished.
    """

    t: int
    alpha_bar: float
    latent: Array
    crystal: Crystal | None


def _engine() -> LatentDiffusion:
    engine = load_engine("latent-diffusion")
    assert isinstance(engine, LatentDiffusion)
    return engine


def dissolve_crystal(space: Space, place: int, moments: Sequence[int], seed: int = 0) -> list[Frame]:
    """A known crystal's latent under more and more noise, decoded each time.

    Args:
        space: of the known crystals.
        place: of the crystal in it.
        moments: step numbers of the cosine schedule.
        seed: of the one noise that is added everywhere.
    """
    engine, schedule = _engine(), cosine_schedule()
    clean = (torch.from_numpy(space.vectors[place])[None] - engine.centre) / engine.spread
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
    noised = torch.cat([add_noise(clean, noise, torch.tensor([t]), schedule) for t in moments])
    return _frames(noised, moments, schedule, engine)


@dataclass(frozen=True)
class Film:
    """A crystal coming out of noise.

    Args:
        frames: some of the steps, the last among them, decoded.
        steps: (F,) number of the denoising step of each frame, from 0.
        noisy: (S, D) the latent after every step, in the autoencoder's units.
        clean: (S, D) the clean latent that the network predicts at every step.
    """

    frames: tuple[Frame, ...]
    steps: tuple[int, ...]
    noisy: Array
    clean: Array


def reverse_film(
    goals: dict[str, float], guidance: float, method: str, steps: int, shown: int = 6, seed: int = 0
) -> Film:
    """A crystal coming out of noise: the clean latent that the network predicts at some of the steps, decoded.

    Args:
        goals: value by property, of CRYSTAL_CONDITIONS.
        guidance: weight of classifier-free guidance.
        method: sampler.
        steps: denoising steps.
        shown: frames, the last step among them.
        seed: of the noise.
    """
    engine, schedule = _engine(), cosine_schedule()
    asked = torch.tensor([[goals.get(key, math.nan) for key in engine.denoiser.config.conditions.keys]])
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, engine.denoiser.config.dim, generator=generator)
    noisies: list[Tensor] = []
    cleans: list[Tensor] = []

    def keep(_step: int, x: Tensor, clean: Tensor) -> None:
        noisies.append(x)
        cleans.append(clean)

    weight = guidance if goals else 1.0
    sample(
        guide(engine.denoiser, asked, torch.full_like(asked, math.nan), weight),
        noise,
        schedule,
        method,
        steps,
        "v",
        generator,
        on_step=keep,
    )
    kept = np.unique(np.linspace(0, len(cleans) - 1, min(shown, len(cleans))).round().astype(int))
    length = len(schedule)
    moments = [round(length - int(i) * length / steps) - 1 for i in kept]
    frames = _frames(torch.cat([cleans[i] for i in kept]), moments, schedule, engine)
    noisy, clean = ((torch.cat(part) * engine.spread + engine.centre).numpy() for part in (noisies, cleans))
    return Film(tuple(frames), tuple(int(i) for i in kept), noisy, clean)


def _frames(latents: Tensor, moments: Sequence[int], schedule: Schedule, engine: LatentDiffusion) -> list[Frame]:
    real = (latents * engine.spread + engine.centre).numpy()
    crystals = decode_latents(real)
    return [
        Frame(t, float(schedule.alpha_bar[t]), latent, crystal)
        for t, latent, crystal in zip(moments, real, crystals, strict=True)
    ]
