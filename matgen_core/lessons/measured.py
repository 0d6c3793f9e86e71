"""Measurements for the lessons on samplers, conditions and hidden atoms, as included (chapter 4.2, 4.3).

To draw and read hundreds of crystals takes minutes, and a lesson must answer at once: so these measurements ship, in
``assets/reference/lessons.json``. ``benchmarks/lesson_measures.py`` measures, and ``python tools/build_lessons.py``
makes them again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from matgen_core.core.errors import MissingReference
from matgen_core.core.installation import ASSETS
from matgen_core.core.properties import PROPERTIES

FILE = ASSETS / "reference" / "lessons.json"
#: Sampler and steps of each way that is compared, the slowest first.
WAYS = (("ddpm", 1000), ("ddpm", 100), ("ddim", 50), ("ddim", 20), ("dpm-solver", 20), ("dpm-solver", 10))
#: As a reader knows them; the solver is the multistep one of second order.
SAMPLER_NAMES = {"ddpm": "DDPM", "ddim": "DDIM", "dpm-solver": "DPM++"}
#: Conditions in the lesson on conditions: values of each property.
TARGETS = {"band_gap": (0.0, 1.0, 2.0, 3.0, 4.0, 5.0), "formation_energy": (-4.0, -3.0, -2.0, -1.0, 0.0)}
#: The condition when the lesson opens: values that are rare, so that guidance has something to do.
OPENING = {"band_gap": 4.0, "formation_energy": -4.0}
#: Weights of guidance: 0 hears nothing of the condition, 1 is the conditional network alone.
GUIDANCES = (0.0, 1.0, 2.0, 4.0, 8.0)
#: eV/atom above the hull, as MatBERT expects it of a formula, that counts as near.
NEAR = 0.1


@dataclass(frozen=True)
class Decoded:
    """What came of latents.

    Args:
        drawn: latents.
        finished: of which the decoder wrote a crystal.
        apart: of these, without overlapping atoms.
        charged: of the finished, SMACT-valid.
        near: of the finished, expected within NEAR of the hull by their formula.
        different: different formulas.
        formulas: some of them, or all of them where that is asked for.
    """

    drawn: int
    finished: int
    apart: int
    charged: int
    near: int
    different: int
    formulas: tuple[str, ...]


@dataclass(frozen=True)
class Way:
    """One sampler with its number of steps, measured.

    Args:
        method: sampler.
        steps: denoising steps.
        seconds: for 100 latents on one core; it depends on the machine, their ratios hardly.
        distances: of each seed, the energy distance between its latents and those of the known crystals, 0 were they
            alike.
        decoded: of some latents of every seed, together.
    """

    method: str
    steps: int
    seconds: float
    distances: tuple[float, ...]
    decoded: Decoded

    @property
    def distance(self) -> float:
        """Mean over the seeds."""
        return float(np.mean(self.distances))

    @property
    def error(self) -> float:
        """Standard error of that mean; infinite with one seed, which says nothing of the scatter."""
        count = len(self.distances)
        return float(np.std(self.distances, ddof=1) / math.sqrt(count)) if count > 1 else math.inf


@dataclass(frozen=True)
class Prior:
    """One source of latents for the same decoder: the autoencoder's prior N(0, I), or the diffusion.

    Args:
        distances: of each seed, as of :class:`Way`.
        decoded: of the latents of every seed, together.
    """

    distances: tuple[float, ...]
    decoded: Decoded


@dataclass(frozen=True)
class Guided:
    """What came of one condition and one weight of guidance.

    Args:
        key: property.
        value: what the condition was, in the property's unit.
        guidance: weight.
        predictions: of the property, by a network that did not steer.
        different: share of different formulas.
        diversity: mean share of atoms by which two formulas differ.
        formulas: some of them.
    """

    key: str
    value: float
    guidance: float
    predictions: tuple[float, ...]
    different: float
    diversity: float
    formulas: tuple[str, ...]

    def on_target(self, tolerance: float) -> int:
        """How many predictions lie within the tolerance of the value."""
        return sum(abs(prediction - self.value) <= tolerance for prediction in self.predictions)


@dataclass(frozen=True)
class Hidden:
    """One atom hidden in each of many withheld formulas, and what the pretrained MatBERT guessed.

    Args:
        found: share guessed right.
        commonest: share that the commonest element would get right.
        repeated: share guessed right where another atom of the element is left in the formula.
        alone: the same where the hidden atom was the only one of its element.
        alone_rank: median rank of the truth there, from 1.
        of: elements that can be guessed.
    """

    found: float
    commonest: float
    repeated: float
    alone: float
    alone_rank: float
    of: int


@dataclass(frozen=True)
class Measured:
    """What ships.

    Args:
        autoencoder: digest of the checkpoint by which it was measured.
        ways: of sampling.
        guided: for every property, value and weight of guidance.
        priors: the autoencoder's prior and the diffusion, for exercise 1.
        hidden: of the lesson on hidden atoms; None before it was measured.
    """

    autoencoder: str
    ways: tuple[Way, ...]
    guided: tuple[Guided, ...]
    priors: Mapping[str, Prior] = field(default_factory=dict)
    hidden: Hidden | None = None

    def of(self, key: str, value: float, guidance: float) -> Guided:
        """One cell of the grid."""
        return next(t for t in self.guided if (t.key, t.value, t.guidance) == (key, value, guidance))


def best_by_strongest(key: str) -> list[float]:
    """The values of a property for which the strongest guidance brings more predictions on target than any other."""
    tolerance, measured = PROPERTIES[key].tolerance, load_measured()
    found = []
    for value in TARGETS[key]:
        cells = [measured.of(key, value, weight) for weight in GUIDANCES]
        met = [cell.on_target(tolerance) / max(1, len(cell.predictions)) for cell in cells]
        if met[-1] > max(met[:-1]):
            found.append(value)
    return found


@lru_cache(maxsize=1)
def load_measured(path: Path = FILE) -> Measured:
    """The measurements, read once.

    Raises:
        MissingReference: where they are not there or damaged.
    """
    try:
        return TypeAdapter(Measured).validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise MissingReference(
            "the measurements of the lessons in {path} cannot be read ({error}); make them with: "
            "python tools/build_lessons.py",
            path=path,
            error=type(error).__name__,
        ) from None


def guidance_trades(key: str, value: float) -> bool:
    """The best weight is on target more often than no guidance, and the strongest repeats more than none."""
    cells = [load_measured().of(key, value, weight) for weight in GUIDANCES]
    met = [cell.on_target(PROPERTIES[key].tolerance) / max(1, len(cell.predictions)) for cell in cells]
    return max(met) > met[0] and cells[-1].diversity < cells[0].diversity


def share_of(some: int, every: int) -> tuple[float, float, float]:
    """A share with the ends of its 95 % interval (Wilson 1927).

    >>> [round(x, 2) for x in share_of(8, 64)]
    [0.12, 0.06, 0.23]
    """
    if not every:
        return 0.0, 0.0, 1.0
    z, share = 1.96, some / every
    centre = (share + z * z / (2 * every)) / (1 + z * z / every)
    half = z / (1 + z * z / every) * math.sqrt(share * (1 - share) / every + z * z / (4 * every * every))
    return share, max(0.0, centre - half), min(1.0, centre + half)
