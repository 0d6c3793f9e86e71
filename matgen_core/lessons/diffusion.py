"""Diffusion to look at (chapter 4.2, 4.3): points and crystals that noise covers, and crystals that come out of it.

Everything runs on the modules that the design pages use: schedules, the forward process, the samplers, and the shipped
autoencoder and denoiser. :mod:`matgen_core.lessons.training` trains the chapter's own networks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.energies.chgnet import one_thread
from matgen_core.core.records import Crystal
from matgen_core.diffusion.process import add_noise
from matgen_core.diffusion.samplers import guide, sample
from matgen_core.diffusion.schedules import Schedule, cosine_schedule, linear_schedule
from matgen_core.kinds.crystals.engines.latent_diffusion import LatentDiffusion
from matgen_core.kinds.crystals.generate import load_engine
from matgen_core.kinds.crystals.writing.embed import decode_latents
from matgen_core.workflows.spaces.space import Space

Array = NDArray[np.float32]
SCHEDULES = ("linear", "cosine")


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


def takeover(schedule: Schedule) -> int:
    """The first step at which noise is the larger part: alpha_bar < 1/2, by more than rounding.

    >>> takeover(schedule_of("linear")), takeover(schedule_of("cosine"))  # the cosine's step 499 has equal parts
    (259, 500)
    """
    return int((schedule.alpha_bar < 0.5 - 1e-5).nonzero()[0])


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
    goals: dict[str, float],
    guidance: float,
    method: str,
    steps: int,
    shown: int = 6,
    seed: int = 0,
    on_share: Callable[[float], object] = lambda share: None,
) -> Film:
    """A crystal coming out of noise: the clean latent that the network predicts at some of the steps, decoded.

    Args:
        goals: value by property, of CRYSTAL_CONDITIONS.
        guidance: weight of classifier-free guidance.
        method: sampler.
        steps: denoising steps.
        shown: frames, the last step among them.
        seed: of the noise.
        on_share: takes the share of the steps that are done, after each.
    """
    engine, schedule = _engine(), cosine_schedule()
    asked = torch.tensor([[goals.get(key, math.nan) for key in engine.denoiser.config.conditions.keys]])
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(1, engine.denoiser.config.dim, generator=generator)
    noisies: list[Tensor] = []
    cleans: list[Tensor] = []

    def keep(step: int, x: Tensor, clean: Tensor) -> None:
        noisies.append(x)
        cleans.append(clean)
        on_share((step + 1) / steps)

    denoise = guide(engine.denoiser, asked, torch.full_like(asked, math.nan), guidance if goals else 1.0)
    with one_thread():
        sample(denoise, noise, schedule, method, steps, "v", generator, on_step=keep)
    kept = np.unique(np.linspace(0, len(cleans) - 1, min(shown, len(cleans))).round().astype(int))
    length = len(schedule)
    moments = [round(length - int(i) * length / steps) - 1 for i in kept]
    frames = _frames(torch.cat([cleans[i] for i in kept]), moments, schedule, engine)
    noisy, clean = ((torch.cat(part) * engine.spread + engine.centre).numpy() for part in (noisies, cleans))
    return Film(tuple(frames), tuple(int(i) for i in kept), noisy, clean)


def settled_from(frames: Sequence[Frame]) -> int:
    """The place from which on every frame reads the formula of the last one."""
    names = [None if frame.crystal is None else reduced_formula(frame.crystal) for frame in frames]
    others = [place for place, name in enumerate(names) if name != names[-1]]
    return others[-1] + 1 if others else 0


def _frames(latents: Tensor, moments: Sequence[int], schedule: Schedule, engine: LatentDiffusion) -> list[Frame]:
    real = (latents * engine.spread + engine.centre).numpy()
    crystals = decode_latents(real)
    return [
        Frame(t, float(schedule.alpha_bar[t]), latent, crystal)
        for t, latent, crystal in zip(moments, real, crystals, strict=True)
    ]
