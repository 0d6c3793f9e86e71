"""The laws behind the captions of the lessons, each with the settings of its demonstration at which it must hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matgen_core.lessons import (
    compositions,
    diffusion,
    language,
    measured,
    molecules,
    motion,
    training,
    transfer,
    workflow,
)
from matgen_core.lessons.captions import HIDDEN


@dataclass(frozen=True)
class Law:
    """What a caption says of its demonstration.

    Args:
        holds: takes the settings of a demonstration.
        opening: the settings with which it opens.
        ends: others, at the ends of what can be set.
    """

    holds: Callable[..., bool]
    opening: Mapping[str, Any] = field(default_factory=dict)
    ends: tuple[Mapping[str, Any], ...] = ()


def noise_takes_over(schedule: str) -> bool:
    """Signal to noise falls at every step and passes 1 once."""
    ratio = diffusion.schedule_of(schedule).log_snr.numpy()
    return bool((np.diff(ratio) < 0).all() and ratio[0] > 0 > ratio[-1])


def spreads_like_the_data(data: str, method: str, steps: int) -> bool:
    """The usual network spreads its samples like the data."""
    pupil = training.pupil_of(data, begun_at=training.MILESTONES[-1])
    return 0.75 < pupil.spread(pupil.draw(200, method, steps)) < 1.35


def noise_prediction_flies_apart(data: str, begun_at: int) -> bool:
    """With few steps the chapter's answer, the noise, spreads the samples twice too far or more; v does not."""
    spreads = []
    for predicts in ("eps", "v"):
        pupil = training.pupil_of(data, predicts=predicts, begun_at=begun_at)
        spreads.append(pupil.spread(pupil.draw(200, "ddim", 50)))
    return spreads[0] > 2.0 * spreads[1]


def ends_agree(seed: int) -> bool:
    """From one noise DDIM and the solver end near one another, DDPM ends elsewhere."""
    ddpm, ddim, solver = (one.points[-1] for one in motion.move(motion.spiral_pupil(), count=100, seed=seed))
    near, far = (np.median(np.linalg.norm(ddim - other, axis=1)) for other in (solver, ddpm))
    return bool(near < 0.1 and far > 1.0)


def solver_is_fast(fewest: int) -> bool:
    """The solver of second order takes a twentieth of the chapter's loop, or less."""
    ways = {(way.method, way.steps): way for way in measured.load_measured().ways}
    return ways["dpm-solver", fewest].seconds < 0.05 * ways["ddpm", 1000].seconds


def fewer_steps_end_nearer(method: str) -> bool:
    """Of one sampler the way with fewer steps ends nearer to the known latents, by more than its standard error."""
    ways = sorted((w for w in measured.load_measured().ways if w.method == method), key=lambda way: way.steps)
    return ways[0].distance + ways[0].error < ways[-1].distance


def scatter_is_shown(method: str, steps: int) -> bool:
    """Every way was measured with several seeds."""
    way = next(w for w in measured.load_measured().ways if (w.method, w.steps) == (method, steps))
    return len(way.distances) >= 4 and np.isfinite(way.error)


def prior_is_further(least: int) -> bool:
    """Latents of the diffusion lie nearer to the known ones than those of the prior, in every seed."""
    priors = measured.load_measured().priors
    far, near = priors["prior"].distances, priors["diffusion"].distances
    return len(near) >= least and max(near) < min(far)


def prior_overlaps_less(least: int) -> bool:
    """The surprise of exercise 1: the prior's crystals overlap less."""
    priors = measured.load_measured().priors
    shares = [priors[name].decoded.apart / priors[name].decoded.finished for name in ("prior", "diffusion")]
    return priors["prior"].decoded.drawn >= least and shares[0] > shares[1]


def heat_flattens(begun: str, cold: float, hot: float) -> bool:
    """The likeliest token is likelier at the lower temperature."""
    tops = [language.next_tokens(begun, temperature, 0)[0][2] for temperature in (cold, hot)]
    return tops[0] > tops[1]


def heat_varies(seed: int) -> bool:
    """Of the hottest strings fewer are molecules than of the coldest, and those differ more from one another."""
    (_cold, first), *_between, (_hot, last) = language.measure_temperatures(24, seed)
    if first.diversity is None or last.diversity is None:
        return False
    return last.valid < first.valid - 0.1 and last.diversity > first.diversity


def looks_at_itself_and_back(smiles: str, layer: int, head: int) -> bool:
    """No weight lies on later tokens, and the shares of atoms and others make up the whole."""
    found = language.attend(smiles, layer, head)
    row = len(found.tokens) - 1
    whole = found.share_on_atoms(row) + float(
        sum(w for w, a in zip(found.weights[row], found.atoms, strict=True) if a is None)
    )
    return bool(np.allclose(np.triu(found.weights, 1), 0.0) and abs(whole - 1.0) < 1e-3)


def truth_is_shown(formula: str, place: int) -> bool:
    """The element that was hidden is among the bars, whatever its rank."""
    guess = transfer.guess_masked(formula, [place])[0]
    return guess.truth in [name for name, _chance in guess.options] and guess.rank >= 1


def truth_comes_first(formula: str, place: int) -> bool:
    """The formulas that the lesson offers are ones of which the network has learnt enough."""
    return transfer.guess_masked(formula, [place])[0].rank == 1


def many_answers(gap: float) -> bool:
    """Several known crystals of different formulas have the gap: the inverse question has no single answer."""
    found = workflow.answers_to(gap)
    return found.count >= 2 and len(set(found.examples)) >= 2


def order_changes_nothing(one: str, other: str) -> bool:
    """Two orders of one formula have the same predictions."""
    return transfer.same_reading(one, other)


def vectors_agree_with_prints(one: str, near: str, far: str) -> bool:
    """By the vectors and by the fingerprints the near molecule is more alike."""
    found = molecules.compare_molecules([molecules.MOLECULES[name] for name in (one, near, far)])
    return bool(found.cosine[0, 1] > found.cosine[0, 2] and found.tanimoto[0, 1] > found.tanimoto[0, 2])


def gap_moves_atoms(begun: str, low: float, high: float) -> bool:
    """With another gap as condition, the network gives other probabilities, each set below 1 in sum."""
    one, other = (dict(compositions.next_atoms(begun.split(), {"band_gap": gap}, 90)) for gap in (low, high))
    return all(sum(each.values()) <= 1.001 for each in (one, other)) and one != other


def no_box_adds_any(target: int, seed: int) -> bool:
    """The counts never grow, of some that were generated; those of the end are named."""
    found = workflow.run_workflow(workflow.TARGETS[target], workflow.COUNT, seed)
    return 1 <= found.generated >= found.reached >= found.makeable >= found.stable == len(found.names)


LAWS: dict[str, Law] = {
    "forward": Law(noise_takes_over, {"schedule": "linear"}, ({"schedule": "cosine"},)),
    "training": Law(
        spreads_like_the_data,
        {"data": "spiral", "method": "ddim", "steps": 50},
        ({"data": "latents", "method": "ddim", "steps": 50}, {"data": "descriptors", "method": "ddim", "steps": 50}),
    ),
    "noise-prediction": Law(
        noise_prediction_flies_apart,
        {"data": "descriptors", "begun_at": 1_000},
        ({"data": "latents", "begun_at": 1_000}, {"data": "descriptors", "begun_at": 8_000}),
    ),
    "motion": Law(ends_agree, {"seed": 0}, ({"seed": 1}, {"seed": 10_000})),
    "samplers": Law(solver_is_fast, {"fewest": 20}, ({"fewest": 10},)),
    "samplers-steps": Law(fewer_steps_end_nearer, {"method": "dpm-solver"}, ({"method": "ddpm"}, {"method": "ddim"})),
    "samplers-scatter": Law(
        scatter_is_shown, {"method": "ddpm", "steps": 1000}, ({"method": "dpm-solver", "steps": 10},)
    ),
    "guidance": Law(
        measured.guidance_trades,
        {"key": "band_gap", "value": 4.0},
        ({"key": "band_gap", "value": 5.0}, {"key": "formation_energy", "value": -4.0}),
    ),
    "priors": Law(prior_is_further, {"least": 4}),
    "priors-overlap": Law(prior_overlaps_less, {"least": 200}),
    "temperature": Law(
        heat_flattens,
        {"begun": "CC(=O)N", "cold": 0.7, "hot": 1.0},
        ({"begun": "CC(=O)N", "cold": 0.1, "hot": 2.0}, {"begun": "", "cold": 0.5, "hot": 2.0}),
    ),
    "heat": Law(heat_varies, {"seed": 0}, ({"seed": 1}, {"seed": 10_000})),
    "attention": Law(
        looks_at_itself_and_back,
        {"smiles": "CC(=O)Nc1ccc(O)cc1", "layer": 0, "head": 0},
        ({"smiles": "CC(=O)Nc1ccc(O)cc1", "layer": 1, "head": 6}, {"smiles": "CCO", "layer": 0, "head": 3}),
    ),
    "hidden": Law(
        truth_is_shown,
        {"formula": "Fe2O3", "place": 2},
        ({"formula": "NaCl", "place": 1}, {"formula": "LiFePO4", "place": 1}, {"formula": "GaAs", "place": 1}),
    ),
    "hidden-offered": Law(
        truth_comes_first,
        {"formula": HIDDEN[0][0], "place": HIDDEN[0][1]},
        tuple({"formula": formula, "place": place} for formula, place in HIDDEN[1:]),
    ),
    "inverse": Law(many_answers, {"gap": 3.0}, ({"gap": 0.0}, {"gap": 8.0})),
    "funnel": Law(
        no_box_adds_any, {"target": 0, "seed": 0}, ({"target": 1, "seed": 10_000}, {"target": -1, "seed": 0})
    ),
    "matbert": Law(
        order_changes_nothing, {"one": "Fe2O3", "other": "O3Fe2"}, ({"one": "LiFePO4", "other": "O4PFeLi"},)
    ),
    "chemberta": Law(vectors_agree_with_prints, {"one": "ibuprofen", "near": "aspirin", "far": "caffeine"}),
    "matgpt": Law(gap_moves_atoms, {"begun": "Li", "low": 0.0, "high": 5.0}, ({"begun": "", "low": 0.0, "high": 8.0},)),
}
