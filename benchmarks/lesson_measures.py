"""Measurements and networks that the lessons show, made by ``tools/build_lessons.py``."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rdkit.Chem import Descriptors
from torch import Tensor

from matgen_core.chem.crystals.distances import check_overlap
from matgen_core.chem.crystals.structure import reduced_formula, to_structure
from matgen_core.chem.formulas.composition import check_charges
from matgen_core.chem.formulas.stability import fractions_of
from matgen_core.diffusion.samplers import guide, sample
from matgen_core.diffusion.schedules import cosine_schedule
from matgen_core.kinds.compositions.predict import predict_texts
from matgen_core.kinds.crystals.engines.latent_diffusion import LatentDiffusion
from matgen_core.kinds.crystals.generate import load_engine
from matgen_core.kinds.crystals.writing.embed import decode_latents
from matgen_core.learning.checkpoints import save_checkpoint
from matgen_core.lessons import descriptors, measured, training
from matgen_core.lessons.descriptors import COUNTS, MOST, SIZE, describe
from matgen_core.lessons.measured import NEAR, Decoded, Guided, Hidden, Measured, Prior, Way
from matgen_core.lessons.training import DATA, MILESTONES, PREDICTIONS, pupil_of
from matgen_core.lessons.transfer import guess_masked, tokens_of
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


def judge_latents(latents: NDArray[np.float32]) -> Decoded:
    """Decodes latents (N, D), in the autoencoder's units, with one geometry each, and judges the crystals."""
    crystals = [c for c in decode_latents(np.asarray(latents, dtype=np.float32)) if c is not None]
    formulas = [reduced_formula(c) for c in crystals]
    read = [{p.property: p.value for p in each} for each in predict_texts(formulas)]
    hulls = [values.get("e_above_hull") for values in read]
    return Decoded(
        len(latents),
        len(crystals),
        sum(check_overlap(to_structure(c)).passed is True for c in crystals),
        sum(check_charges(f).passed is True for f in formulas),
        sum(hull is not None and hull < NEAR for hull in hulls),
        len(set(formulas)),
        tuple(dict.fromkeys(formulas)),
    )


def pool(found: Sequence[Decoded], kept: int = 8) -> Decoded:
    """Several draws as one; ``kept`` of their formulas stay."""
    formulas = tuple(dict.fromkeys(f for each in found for f in each.formulas))
    counts = {
        name: sum(getattr(each, name) for each in found) for name in ("drawn", "finished", "apart", "charged", "near")
    }
    return Decoded(**counts, different=len(formulas), formulas=formulas[:kept])


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
    """Mean share of atoms by which two of the formulas differ: 0 where all are one, 1 where no two share an element."""
    parts = [fractions_of(formula) for formula in formulas]
    found = [1.0 - sum(min(a[e], b.get(e, 0.0)) for e in a) for i, a in enumerate(parts) for b in parts[i + 1 :]]
    return float(np.mean(found)) if found else 0.0


@torch.inference_mode()
def measure_hidden(formulas: Sequence[str], seed: int = 0) -> Hidden:
    """Hides one atom in each formula and counts what is guessed.

    Args:
        formulas: reduced, at most 50 atoms each; ones that pretraining did not see, with repeated elements and without.
        seed: of the places that are hidden.
    """
    rng = np.random.default_rng(seed)
    guesses, alone = [], []
    for formula in formulas:
        atoms = tokens_of(formula)[1:-1]
        guess = guess_masked(formula, [int(rng.integers(len(atoms)))], 1)[0]
        guesses.append(guess)
        alone.append(atoms.count(guess.truth) == 1)
    ranks, lone, truths = (
        np.array([guess.rank for guess in guesses]),
        np.array(alone),
        [guess.truth for guess in guesses],
    )
    right = ranks == 1
    return Hidden(
        found=round(float(right.mean()), 4),
        commonest=max(truths.count(symbol) for symbol in set(truths)) / len(truths),
        repeated=round(float(right[~lone].mean()), 4),
        alone=round(float(right[lone].mean()), 4),
        alone_rank=float(np.median(ranks[lone])),
        of=guesses[0].of,
    )


def build_descriptors(smiles: Sequence[str], path: Path = descriptors.FILE) -> None:
    """Writes the descriptors of some molecules: of all that RDKit has, the first 128 that differ among them.

    Args:
        smiles: of the molecules.
        path: where they go.
    """
    every = [name for name, _function in Descriptors.descList]
    table = np.stack([describe(text, every) for text in smiles]).astype(np.float64)
    usable = np.isfinite(table).all(axis=0)
    varied = [i for i in np.flatnonzero(usable) if len(np.unique(table[:, i])) >= 5]
    wanted = [every.index(name) for name in (*COUNTS, "MolWt")]
    chosen = sorted([*wanted, *[int(i) for i in varied if i not in wanted][: SIZE - len(wanted)]])
    centre, spread = table[:, chosen].mean(axis=0), table[:, chosen].std(axis=0)
    vectors = np.clip((table[:, chosen] - centre) / spread, -MOST, MOST)
    arrays: dict[str, Any] = {
        "names": np.array([every[i] for i in chosen]),
        "smiles": np.array(list(smiles)),
        "vectors": vectors.astype(np.float16),
        "centre": centre.astype(np.float32),
        "spread": spread.astype(np.float32),
    }
    np.savez_compressed(path, allow_pickle=False, **arrays)


def build_pupils(say: Callable[[str], object] = print, folder: Path = training.FOLDER) -> None:
    """Trains the unconditional networks to the last of MILESTONES and writes them; about 20 minutes on one core."""
    weights: dict[str, Tensor] = {}
    for data in DATA:
        for predicts in PREDICTIONS:
            pupil = pupil_of(data, predicts=predicts)
            for milestone in MILESTONES:
                for _share in pupil.learn(milestone - pupil.steps, 1000):
                    pass
                for key, value in pupil.network.state_dict().items():
                    weights[f"{data}/{predicts}/{milestone}/{key}"] = value.clone()
                spreads = [pupil.spread(pupil.draw(500, m, n)) for m, n in (("ddim", 50), ("ddpm", 1000))]
                say(f"{data} {predicts} {milestone}: spread {spreads[0]:.2f} (ddim 50), {spreads[1]:.2f} (ddpm 1000)")
    save_checkpoint(
        training.NAME, weights, {"data": DATA, "predictions": PREDICTIONS, "steps": MILESTONES}, folder=folder
    )


def save_measured(found: Measured, path: Path = measured.FILE) -> None:
    """Writes the measurements."""
    path.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
