"""How fast the crystal engine is, each pair side by side in one run: ``matgen bench crystals`` writes it as JSON."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from matgen_core.chem.crystals.structure import formula_counts, to_structure
from matgen_core.chem.energies.chgnet import load_chgnet, predict_energies
from matgen_core.core.goals import Constraints, Target
from matgen_core.core.records import Candidate, Origin
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.engines.latent_diffusion import LatentDiffusion, draw_latents
from matgen_core.kinds.crystals.engines.symmetry_first import SymmetryFirst
from matgen_core.kinds.crystals.generate import load_engine, trained_engines
from matgen_core.kinds.crystals.known.batches import condition_values
from matgen_core.kinds.crystals.known.rows import CrystalRows
from matgen_core.kinds.crystals.predict import predict
from matgen_core.kinds.crystals.writing.grammar import MAX_SITES, Grammar, skeleton_of
from matgen_core.kinds.crystals.writing.skeleton_decoding import write_skeletons
from matgen_core.kinds.registry import load_kind
from matgen_core.workflows.design import design

STABLE = 0.1


def describe_machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def time_crystals(rows: CrystalRows, count: int = 100, seed: int = 0) -> dict[str, Any]:
    """All the pairs.

    Args:
        rows: known crystals; those withheld from training give skeletons and structures.
        count: candidates of the whole job.
        seed: of every draw.
    """
    held = rows.subset((rows.splits == "val") & np.array([len(c.sites) <= MAX_SITES for c in rows.crystals]))
    chosen = np.sort(np.random.default_rng(seed).permutation(len(held))[:64])
    sample = held.subset(np.isin(np.arange(len(held)), chosen))
    return {
        "machine": describe_machine(),
        "whole_job": time_design(count, seed),
        "samplers": time_samplers(sample, seed),
        "latent_samplers": time_latent_samplers(64, seed) if "latent-diffusion" in trained_engines() else None,
        "chgnet": time_predictions(sample),
    }


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def time_design(count: int, seed: int) -> dict[str, Any]:
    """From a target without goals to predicted and checked candidates, models loaded and not loaded."""
    loading, _ = _timed(load_kind("crystals").prepare)
    drawn = CrystalSettings(cap=1)  # exactly so many are generated
    first, _ = _timed(lambda: design("crystals", Target(), 8, seed=seed + 1, settings=drawn))
    seconds, found = _timed(lambda: design("crystals", Target(), count, seed=seed, settings=drawn))
    return {
        "loading_seconds": round(loading, 2),
        "first_eight_seconds": round(first, 2),
        "candidates": len(found),
        "seconds": round(seconds, 2),
        "candidates_in_30_s": round(30 * len(found) / seconds),
    }


def time_samplers(rows: CrystalRows, seed: int) -> list[dict[str, Any]]:
    """The chapter's ancestral loop, every step of it, against the fast solver, from the same guesses.

    Quality is the share of geometries of withheld skeletons that CHGNet predicts below 0.1 eV/atom above the hull, one
    geometry a skeleton, none picked.
    """
    engine = load_engine("symmetry-first")
    assert isinstance(engine, SymmetryFirst)
    skeletons = [skeleton_of(crystal) for crystal in rows.crystals]
    conditions = torch.from_numpy(condition_values(rows))
    usual = replace(CrystalSettings(), geometries=1, refined=1)
    results: list[dict[str, Any]] = []
    for sampler, steps in (("ddpm", 1000), ("ddpm", 100), ("ddim", usual.steps), ("dpm-solver", usual.steps)):
        settings = replace(usual, sampler=sampler, steps=steps)
        place = partial(engine.placer.place, skeletons, conditions)
        unrefined = replace(settings, refine_from=0.0)
        guessing, _ = _timed(partial(place, unrefined, torch.Generator().manual_seed(seed)))
        seconds, (crystals, _doubts) = _timed(partial(place, settings, torch.Generator().manual_seed(seed)))
        shares = [value is not None and value < STABLE for value in _above_hull(crystals)]
        results.append(
            {
                "sampler": sampler,
                "steps": min(steps, round(settings.refine_from * 1000)),
                "seconds": round(seconds - guessing, 2),
                "stable": round(float(np.mean(shares)), 4),
            }
        )
    for result in results:
        result["times_faster"] = round(results[0]["seconds"] / result["seconds"], 1)
    return results


def time_latent_samplers(count: int, seed: int) -> list[dict[str, Any]]:
    """The chapter's loop over latents, 1000 steps from pure noise, against the fast solver, from the same noise.

    Quality is the share of latents whose crystal, one a latent, none picked, CHGNet reads below 0.1 eV/atom above the
    hull, and the median. The clock runs for the latents alone.
    """
    engine = load_engine("latent-diffusion")
    assert isinstance(engine, LatentDiffusion)
    free = torch.full((count, len(engine.denoiser.config.conditions.keys)), float("nan"))
    usual = CrystalSettings(engine="latent-diffusion")
    results: list[dict[str, Any]] = []
    for sampler, steps in (("ddpm", 1000), ("ddpm", 100), ("ddim", 20), ("dpm-solver", 20), ("dpm-solver", 10)):
        settings = replace(usual, sampler=sampler, steps=steps)
        draw = partial(draw_latents, engine.denoiser, free, settings)
        draw(torch.Generator().manual_seed(seed))  # warms up
        seconds, latents = _timed(partial(draw, torch.Generator().manual_seed(seed)))
        latents = latents * engine.spread + engine.centre
        generator = torch.Generator().manual_seed(seed)
        written = write_skeletons(engine.vae, Grammar(Constraints()), latents, 1.0, usual.temperature, generator)
        skeletons = [skeleton for skeleton in written.skeletons if skeleton is not None]
        crystals, _doubts = engine.placer.place(skeletons, free[: len(skeletons)], usual, generator)
        heights = [h for h in _above_hull(crystals) if h is not None]
        results.append(
            {
                "sampler": sampler,
                "steps": steps,
                "seconds": round(seconds, 3),
                "stable": round(sum(h < STABLE for h in heights) / count, 4),
                "median": round(float(np.median(heights)), 3) if heights else None,
            }
        )
    for result in results:
        result["times_faster"] = round(results[0]["seconds"] / result["seconds"], 1)
    return results


def _above_hull(crystals: Sequence[Any]) -> list[float | None]:
    candidates = [Candidate(str(i), crystal, Origin("test")) for i, crystal in enumerate(crystals)]
    return [candidate.value("e_above_hull") for candidate in predict(candidates)]


def time_predictions(rows: CrystalRows) -> dict[str, Any]:
    """CHGNet over the same structures: in batches as here, one at a time, and one at a time as it comes."""
    structures = [to_structure(crystal) for crystal in rows.crystals]
    model = load_chgnet()
    predict_energies(structures[:4])
    batched, _ = _timed(lambda: predict_energies(structures))
    single, _ = _timed(lambda: [predict_energies([structure]) for structure in structures])
    plain, _ = _timed(lambda: [model.predict_structure(structure) for structure in structures])
    return {
        "structures": len(structures),
        "mean_atoms": round(float(np.mean([sum(formula_counts(c).values()) for c in rows.crystals])), 1),
        "batched_seconds": round(batched, 2),
        "one_by_one_seconds": round(single, 2),
        "one_by_one_with_forces_seconds": round(plain, 2),
        "times_faster": round(single / batched, 2),
        "times_faster_than_with_forces": round(plain / batched, 2),
    }
