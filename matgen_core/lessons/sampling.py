"""Samplers and conditions side by side, measured on the shipped latent diffusion (chapter 4.2, 4.3)."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.formulas.stability import fractions_of
from matgen_core.diffusion.samplers import guide, sample
from matgen_core.diffusion.schedules import cosine_schedule
from matgen_core.kinds.compositions.predict import predict_texts
from matgen_core.kinds.crystals.engines.latent_diffusion import LatentDiffusion
from matgen_core.kinds.crystals.generate import load_engine
from matgen_core.kinds.crystals.writing.embed import decode_latents
from matgen_core.lessons.decoded import Decoded, judge_latents, pool
from matgen_core.lessons.measured import Guided, Prior, Way
from matgen_core.workflows.spaces.space import load_crystal_space


def _draw(
    conditions: dict[str, float], weight: float, method: str, steps: int, count: int, seed: int
) -> tuple[LatentDiffusion, Tensor]:
    """The engine, and (count, D) standardised latents."""
    engine = load_engine("latent-diffusion")
    assert isinstance(engine, LatentDiffusion)
    config, generator = engine.denoiser.config, torch.Generator().manual_seed(seed)
    asked = torch.tensor([[conditions.get(key, math.nan) for key in config.conditions.keys]]).repeat(count, 1)
    denoise = guide(engine.denoiser, asked, torch.full_like(asked, math.nan), weight if conditions else 1.0)
    noise = torch.randn(count, config.dim, generator=generator)
    with torch.inference_mode():
        return engine, sample(denoise, noise, cosine_schedule(), method, steps, "v", generator)


def measure_way(
    method: str,
    steps: int,
    count: int = 256,
    decoded: int = 64,
    seeds: Sequence[int] = (0,),
    seconds: float | None = None,
) -> Way:
    """Draws latents by one sampler with several seeds, decodes some of each, and judges both.

    Args:
        method: sampler.
        steps: denoising steps.
        count: latents a seed.
        decoded: of which so many are decoded.
        seeds: of the draws.
        seconds: measured before for 100 latents; measured now if None.
    """
    _draw({}, 1.0, method, 2, 2, 0)  # so that loading is not timed
    distances, found, begun = [], [], time.process_time()
    drawn = [_draw({}, 1.0, method, steps, count, seed) for seed in seeds]
    spent = (time.process_time() - begun) * 100 / (count * len(seeds))
    for engine, latents in drawn:
        distances.append(round(distance_from_known(latents, engine), 4))
        found.append(judge_latents((latents[:decoded] * engine.spread + engine.centre).numpy()))
    return Way(method, steps, round(spent, 3) if seconds is None else seconds, tuple(distances), pool(found))


def distance_from_known(latents: Tensor, engine: LatentDiffusion) -> float:
    """Energy distance between standardised latents (N, D) and 2,000 of those of the known crystals."""
    known = (torch.from_numpy(load_crystal_space().vectors) - engine.centre) / engine.spread
    return energy_distance(
        latents, known[torch.randperm(len(known), generator=torch.Generator().manual_seed(0))[:2000]]
    )


def energy_distance(one: Tensor, other: Tensor) -> float:
    """2 E|x - y| - E|x - x'| - E|y - y'|, without bias: about 0 for two samples (N, D), (M, D) of one distribution.

    Reference: Székely and Rizzo (2013).
    """

    def within(x: Tensor) -> Tensor:
        return torch.cdist(x, x).sum() / (len(x) * (len(x) - 1))

    return float(2 * torch.cdist(one, other).mean() - within(one) - within(other))


def measure_priors(count: int = 48, seeds: Sequence[int] = (0,)) -> dict[str, Prior]:
    """The same decoder fed by its prior N(0, I) and by the diffusion over its latents.

    Args:
        count: latents of each, a seed.
        seeds: of the draws.
    """
    distances: dict[str, list[float]] = {"prior": [], "diffusion": []}
    found: dict[str, list[Decoded]] = {"prior": [], "diffusion": []}
    for seed in seeds:
        engine, clean = _draw({}, 1.0, "dpm-solver", 20, count, seed)
        noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(seed))
        for name, real in (("prior", noise), ("diffusion", clean * engine.spread + engine.centre)):
            distances[name].append(round(distance_from_known((real - engine.centre) / engine.spread, engine), 4))
            found[name].append(judge_latents(real.numpy()))
    return {name: Prior(tuple(distances[name]), pool(found[name])) for name in found}


def measure_condition(key: str, value: float, guidance: float, count: int = 64, seed: int = 0) -> Guided:
    """Draws crystals for one value by the fast solver, and reads them.

    Args:
        key: property of TARGETS.
        value: the condition, in the property's unit.
        guidance: weight of classifier-free guidance.
        count: latents.
        seed: of the noise.
    """
    engine, latents = _draw({key: value}, guidance, "dpm-solver", 20, count, seed)
    crystals = decode_latents((latents * engine.spread + engine.centre).numpy())
    formulas = [reduced_formula(c) for c in crystals if c is not None]
    predictions = [
        p.value for read in predict_texts(formulas) for p in read if p.property == key and p.value is not None
    ]
    different = list(dict.fromkeys(formulas))
    return Guided(
        key,
        value,
        guidance,
        tuple(round(v, 3) for v in predictions),
        round(len(different) / max(1, len(formulas)), 3),
        round(composition_diversity(formulas), 3),
        tuple(different[:6]),
    )


def composition_diversity(formulas: Sequence[str]) -> float:
    """Mean share of atoms by which two of the formulas differ: 0 where all are one, 1 where no two share an element.

    >>> composition_diversity(["NaCl", "NaCl"]), composition_diversity(["NaCl", "MgO"])
    (0.0, 1.0)
    """
    parts = [fractions_of(formula) for formula in formulas]
    found = [1.0 - sum(min(a[e], b.get(e, 0.0)) for e in a) for i, a in enumerate(parts) for b in parts[i + 1 :]]
    return float(np.mean(found)) if found else 0.0
