"""Geometry of drafts compared: diffusion, known crystals as templates, diffusion from a template.

    ways     diffusion | + 1, 2, 3, 5 templates | + the nearest template, noised and refined by the diffusion
    chosen   of a way's geometries the one with the lowest energy by CHGNet, as the app does
    judged   distance to the hull by SevenNet, which chose nothing, as placed and after the app's relaxation

The same drafts go all ways, so that differences are paired.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch

from matgen_core.chem.energies.reduced_energy import measure_crystals
from matgen_core.chem.energies.symmetric_relaxation import relax_symmetric
from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Crystal
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.checks.energy_judge import judge_energies
from matgen_core.kinds.crystals.generate import Pipeline
from matgen_core.kinds.crystals.placing.geometry import geometry_of, to_crystals, to_skeletons
from matgen_core.kinds.crystals.placing.geometry_generation import Placer, refine
from matgen_core.kinds.crystals.placing.templates import load_templates
from matgen_core.kinds.crystals.writing.grammar import Grammar, Skeleton, skeleton_of

#: Numbers of templates that are compared.
TEMPLATES = (1, 2, 3, 5)
#: Shares of the noise schedule from which a template is refined.
NOISED = (0.1, 0.3)
_ENGINE = "symmetry-first"


def measure_placement(target: Target, count: int, seed: int, say: Callable[[str], None]) -> dict[str, object]:
    """Shares near the hull of ``count`` drafts for a target, by way of placing them.

    Args:
        target: goals.
        count: drafts.
        seed: of the random numbers.
        say: called with a line of what goes on.
    """
    settings = CrystalSettings(engine=_ENGINE, cap=1)
    pipeline = Pipeline(target, settings, seed, Grammar(target.constraints))
    conditions = {engine.name: pipeline.conditions(engine, 0, count) for engine in pipeline.engines}
    drafts = pipeline.choose(pipeline.draft(conditions, 0), count)
    skeletons = [draft.skeleton for draft in drafts]
    rows = conditions[_ENGINE][[draft.row for draft in drafts]]
    seconds = dict[str, float]()
    generator = torch.Generator().manual_seed(seed)
    begun = time.perf_counter()
    placer = pipeline.placers[_ENGINE]
    diffused, _ = placer.place(skeletons, rows, settings, generator)
    seconds["diffusion"] = time.perf_counter() - begun
    found = [load_templates().find(skeleton, max(TEMPLATES)) for skeleton in skeletons]
    tried = {"diffusion": [[crystal] for crystal in diffused]}
    for most in TEMPLATES:
        tried[f"{most} templates"] = [
            [crystal, *(t.crystal for t in each[:most])] for crystal, each in zip(diffused, found, strict=True)
        ]
    for share in NOISED:
        begun = time.perf_counter()
        refined = _refine_nearest([each[0].crystal if each else None for each in found], placer, rows, share, seed)
        seconds[f"refined from {share:g}"] = time.perf_counter() - begun
        tried[f"1 template and one refined from {share:g}"] = [
            [*first, *([] if crystal is None else [crystal])]
            for first, crystal in zip(tried["1 templates"], refined, strict=True)
        ]
    say(f"{len(drafts)} drafts, {sum(map(bool, found))} with a template; {seconds}")
    lowest, energies = _lowest(tried)
    return {
        "target": {key: list(goal.interval(PROPERTIES[key].tolerance or 0)) for key, goal in target.goals.items()},
        "drafts": len(drafts),
        "with a template": sum(map(bool, found)),
        "seconds a draft": {name: round(value / len(drafts), 3) for name, value in seconds.items()},
        "ways": _judge(lowest, energies, settings.relax, say),
    }


def _refine_nearest(
    crystals: Sequence[Crystal | None], placer: Placer, conditions: torch.Tensor, share: float, seed: int
) -> list[Crystal | None]:
    """Each template noised to a share of the schedule and denoised; None where there is none."""
    rows = [row for row, crystal in enumerate(crystals) if crystal is not None]
    known = [crystal for crystal in crystals if crystal is not None]
    refined: list[Crystal | None] = [None] * len(crystals)
    settings = replace(CrystalSettings(), refine_from=share)
    for first in range(0, len(rows), 16):
        batch = known[first : first + 16]
        skeletons: list[Skeleton] = [skeleton_of(crystal) for crystal in batch]
        arrays = to_skeletons(skeletons, placer.volumes)
        with torch.no_grad():
            x = placer.denoiser.encode(*geometry_of(batch, arrays), arrays)
            asked = conditions[rows[first : first + 16]]
            x = refine(placer.denoiser, x, arrays, asked, settings, torch.Generator().manual_seed(seed + first))
            made = to_crystals(skeletons, *placer.denoiser.geometry(x, arrays))
        for row, crystal in zip(rows[first : first + 16], made, strict=True):
            refined[row] = crystal
    return refined


def _lowest(tried: dict[str, list[list[Crystal]]]) -> tuple[dict[str, list[Crystal]], dict[str, list[float]]]:
    """Of each draft and way the crystal with the lowest energy, and that energy (eV/atom); infinite where unread."""
    different = list(dict.fromkeys(crystal for way in tried.values() for each in way for crystal in each))
    read = measure_crystals(different)
    energy = {c: float("inf") if isinstance(e, BadInput) else e for c, e in zip(different, read, strict=True)}
    lowest = {name: [min(each, key=energy.__getitem__) for each in way] for name, way in tried.items()}
    return lowest, {name: [energy[crystal] for crystal in crystals] for name, crystals in lowest.items()}


def _judge(
    lowest: dict[str, list[Crystal]], energies: dict[str, list[float]], steps: int, say: Callable[[str], None]
) -> dict[str, object]:
    """Mean energy, and shares near the hull by the judge, of each way; what ways share is relaxed and judged once."""
    placed = list(dict.fromkeys(crystal for crystals in lowest.values() for crystal in crystals))
    ended = relax_symmetric(placed, steps=steps)
    relaxed = {c: c if result.crystal is None else result.crystal for c, result in zip(placed, ended, strict=True)}
    above = _above_hull(list(dict.fromkeys([*placed, *relaxed.values()])))
    ways = dict[str, object]()
    for name, crystals in lowest.items():
        ways[name] = {
            "mean energy": round(float(np.mean([e for e in energies[name] if np.isfinite(e)])), 4),
            "placed": _summary([above[crystal] for crystal in crystals]),
            "relaxed": _summary([above[relaxed[crystal]] for crystal in crystals]),
        }
        say(f"{name}: {ways[name]}")
    return ways


def _above_hull(crystals: Sequence[Crystal]) -> dict[Crystal, float]:
    """Distance to the hull of different crystals by the judge, eV/atom; infinite where there is none."""
    values = [judged.e_above_hull for judged in judge_energies(crystals)]
    return {c: float("inf") if value is None else value for c, value in zip(crystals, values, strict=True)}


def _summary(values: Sequence[float]) -> dict[str, float]:
    tolerance = PROPERTIES["e_above_hull"].tolerance
    assert tolerance is not None
    near = np.array(values) <= tolerance
    return {"near the hull": round(float(near.mean()), 4), "median above hull": round(float(np.median(values)), 4)}
