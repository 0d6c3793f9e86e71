"""The chapter's diffusion networks learn (4.2, 4.3): data, training by steps, samples, and how far those spread.

    L = E |eps - f(x_t, t)|^2            the chapter's: the network answers the noise
    x_0 = (x_t - sqrt(1 - ab) eps) / sqrt(ab)      so an error of eps is multiplied by sqrt(1 - ab) / sqrt(ab)
    x_0 = sqrt(ab) x_t - sqrt(1 - ab) v            an error of v by at most 1      (Salimans & Ho 2022)

Data (N, D), conditions (N, K), samples (B, D). Training counts steps and computes on one thread, so that every seat of
a class sees the same curve on any machine. ``assets/reference/pupils`` holds networks that were trained longer;
``python tools/build_lessons.py pupils`` trains them again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from matgen_core.chem.energies.chgnet import one_thread
from matgen_core.core.errors import BadInput
from matgen_core.core.installation import ASSETS
from matgen_core.core.messages import join
from matgen_core.core.properties import CRYSTAL_CONDITIONS, PROPERTIES
from matgen_core.diffusion.process import Denoiser, Prediction, diffusion_loss
from matgen_core.diffusion.samplers import sample
from matgen_core.diffusion.schedules import Schedule
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.lessons.descriptors import load_descriptors
from matgen_core.lessons.diffusion import schedule_of, spiral
from matgen_core.models.denoiser import ConditionalDiffusionModel, SimpleDiffusionModel
from matgen_core.workflows.spaces.space import load_crystal_space

Array = NDArray[np.float32]
DATA = ("spiral", "latents", "descriptors")
#: What a network of the lesson may answer; the first is the chapter's.
PREDICTIONS: tuple[Prediction, ...] = ("eps", "v")
#: What it answers if nothing else is chosen: noise in the plane, and v where the noise's errors would grow too large.
USUAL: dict[str, Prediction] = {"spiral": "eps", "latents": "v", "descriptors": "v"}
#: Steps after which the unconditional networks were kept, to go on from.
MILESTONES = (1_000, 8_000)
FOLDER, NAME = ASSETS / "reference", "pupils"
BATCH = 256


@dataclass
class Pupil:
    """A network in training, and the data that it learns.

    Args:
        data: (N, D) standardised.
        conditions: (N, K) standardised; None for the unconditional network.
        schedule: noise levels.
        predicts: "eps", the chapter's, or "v".
        losses: of every step so far, steps of a shipped network left out.
        begun_at: steps that it had learnt before, where it is a shipped one.
        seconds: spent on learning.
    """

    data: Tensor
    conditions: Tensor | None
    schedule: Schedule
    predicts: Prediction = "eps"
    losses: list[float] = field(default_factory=list)
    begun_at: int = 0
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

    @property
    def steps(self) -> int:
        """Steps learnt in all."""
        return self.begun_at + len(self.losses)

    def learn(self, steps: int, report_every: int = 100) -> Iterator[float]:
        """Trains for so many steps and yields the share that is done, now and then and at the end."""
        for first in range(0, steps, report_every):
            begun = time.monotonic()
            with one_thread():
                for _step in range(min(report_every, steps - first)):
                    self._learn()
            self.seconds += time.monotonic() - begun
            yield min(1.0, (first + report_every) / steps)

    def _learn(self) -> None:
        rows = torch.randint(len(self.data), (BATCH,), generator=self.generator)
        asked = None if self.conditions is None else self.conditions[rows]
        loss = diffusion_loss(
            self._denoiser(asked), self.data[rows], self.schedule, self.predicts, generator=self.generator
        )
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.losses.append(float(loss.detach()))

    def _denoiser(self, asked: Tensor | None) -> Denoiser:
        """The network as a function of x and t, with the conditions (B, K) where it takes any."""

        def denoise(x: Tensor, t: Tensor) -> Tensor:
            answer: Tensor = self.network(x, t) if asked is None else self.network(x, t, asked)
            return answer

        return denoise

    def draw(
        self,
        count: int,
        method: str,
        steps: int,
        seed: int = 0,
        condition: Sequence[float] | None = None,
        on_step: Callable[[int, Tensor, Tensor], None] | None = None,
    ) -> Array:
        """(count, D) samples from noise by one of the samplers; ``on_step`` as of ``sample``."""
        noise = torch.randn(count, self.data.shape[1], generator=torch.Generator().manual_seed(seed))
        asked = None
        if self.conditions is not None:
            asked = torch.tensor([list(condition or [0.0] * self.conditions.shape[1])]).expand(count, -1)
        generator = torch.Generator().manual_seed(seed)
        with one_thread():
            drawn = sample(
                self._denoiser(asked), noise, self.schedule, method, steps, self.predicts, generator, on_step=on_step
            )
        return drawn.numpy()

    def film(self, method: str, steps: int, shown: int = 6, seed: int = 0, count: int = 1) -> Reel:
        """Samples on their way from noise.

        Args:
            method: sampler.
            steps: denoising steps.
            shown: moments that are kept, the first and the last among them.
            seed: of the noise.
            count: samples.
        """
        noisy: list[Tensor] = []
        clean: list[Tensor] = []

        def keep(_step: int, x: Tensor, predicted: Tensor) -> None:
            noisy.append(x)
            clean.append(predicted)

        self.draw(count, method, steps, seed, on_step=keep)
        kept = np.unique(np.linspace(0, steps - 1, min(shown, steps)).round().astype(int))
        length = len(self.schedule)
        moments = tuple(round(length - int(i) * length / steps) - 1 for i in kept)
        return Reel(moments, *(torch.stack([part[int(i)] for i in kept]).numpy() for part in (noisy, clean)))

    def spread(self, drawn: Array) -> float:
        """Root mean square of the samples (B, D) in units of the data's: 1 where they spread alike."""
        return float(np.sqrt((drawn.astype(np.float64) ** 2).mean()) / self.data.square().mean().sqrt())


@dataclass(frozen=True, eq=False)
class Reel:
    """Samples at some moments.

    Args:
        moments: (F,) step numbers of the schedule, from noise to clean.
        noisy: (F, B, D) the samples after that step.
        clean: (F, B, D) the clean samples that the network predicts there.
    """

    moments: tuple[int, ...]
    noisy: Array
    clean: Array


def pupil_of(data: str, conditional: bool = False, predicts: Prediction | None = None, begun_at: int = 0) -> Pupil:
    """A network and its data: fresh, or a shipped one that has learnt before.

    The spiral's condition is how far out a point lies; the crystals' are band gap and formation energy; the molecules'
    is the weight. The descriptors are 128, as in the chapter.

    Args:
        data: one of DATA.
        conditional: whether it takes conditions.
        predicts: one of PREDICTIONS; None for the usual one of these data.
        begun_at: 0 for a fresh network, or one of MILESTONES.

    Raises:
        BadInput: for data that is none of DATA, or a network that does not ship.
    """
    points, conditions = _rows(data)
    asked = torch.from_numpy(standardise(conditions)) if conditional else None
    pupil = Pupil(torch.from_numpy(standardise(points)), asked, schedule_of("linear"), predicts or USUAL[data])
    if begun_at:
        if conditional or begun_at not in MILESTONES:
            raise BadInput(
                "only unconditional networks of {steps} steps are included", steps=join(map(str, MILESTONES), ", ")
            )
        part = f"{data}/{pupil.predicts}/{begun_at}/"
        weights = {k.removeprefix(part): v for k, v in _shipped().items() if k.startswith(part)}
        pupil.network.load_state_dict(weights)
        pupil.begun_at = begun_at
    return pupil


def _rows(data: str) -> tuple[Array, Array]:
    """Points (N, D) and conditions (N, K)."""
    if data == "spiral":
        points = spiral()
        return points, np.linalg.norm(points, axis=1, keepdims=True)
    if data == "latents":
        space = load_crystal_space()
        chosen = [space.columns[key] for key in CRYSTAL_CONDITIONS[:2]]
        whole = ~np.isnan(np.stack(chosen)).any(axis=0)
        return space.vectors[whole], np.stack(chosen, axis=1)[whole]
    if data == "descriptors":
        molecules = load_descriptors()
        return molecules.vectors, molecules.vectors[:, [molecules.names.index("MolWt")]]
    raise BadInput("no data {data!r} to learn from; choose from: {data2}", data=data, data2=join(DATA, ", "))


@dataclass(frozen=True)
class Scale:
    """A condition in its own unit.

    Args:
        mean: of the data.
        deviation: standard deviation of the data.
        unit: of both.
    """

    mean: float
    deviation: float
    unit: str


def scales_of(data: str) -> tuple[Scale, ...]:
    """Mean and spread of each condition of these data; empty for the spiral, whose distance has no unit."""
    if data == "descriptors":
        molecules = load_descriptors()
        place = molecules.names.index("MolWt")
        return (Scale(float(molecules.centre[place]), float(molecules.spread[place]), "g/mol"),)
    if data == "latents":
        units = [PROPERTIES[key].unit for key in CRYSTAL_CONDITIONS[:2]]
        columns = _rows(data)[1].T
        return tuple(Scale(float(c.mean()), float(c.std()), unit) for c, unit in zip(columns, units, strict=True))
    return ()


def standardise(values: Array) -> Array:
    """Mean 0 and standard deviation 1 in every column."""
    spread = np.maximum(values.std(axis=0), 1e-6)
    return np.asarray((values - values.mean(axis=0)) / spread, dtype=np.float32)


@lru_cache(maxsize=1)
def _shipped() -> dict[str, Tensor]:
    return dict(load_checkpoint(NAME, folder=FOLDER).weights)
