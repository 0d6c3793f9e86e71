"""Captions of the lessons, each with the law that makes it true: a page shows the caption, a test checks the law.

A law is checked at the settings with which its demonstration opens and at both ends of them
(``tests/science/test_lesson_captions.py``). A caption that no law backs does not belong on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.lessons import (
    compositions,
    diffusion,
    language,
    molecules,
    motion,
    sampling,
    training,
    transfer,
    workflow,
)

#: Formulas of the lesson on hidden atoms, the atom that is hidden and what it teaches; the first is the opening one.
HIDDEN = (("Fe2O3", 2), ("CsPbI3", 2), ("Bi2Te3", 2), ("LiCoO2", 2))


@dataclass(frozen=True)
class Law:
    """One caption and its law.

    Args:
        caption: as the page shows it; values are filled in by the page.
        holds: takes the settings of a demonstration.
        opening: the settings with which it opens.
        ends: others, at the ends of what can be set.
    """

    caption: Message
    holds: Callable[..., bool]
    opening: Mapping[str, Any] = field(default_factory=dict)
    ends: tuple[Mapping[str, Any], ...] = ()


def _noise_takes_over(schedule: str) -> bool:
    """Signal to noise falls at every step and passes 1 once."""
    ratio = diffusion.schedule_of(schedule).log_snr.numpy()
    return bool((np.diff(ratio) < 0).all() and ratio[0] > 0 > ratio[-1])


def _spreads_like_the_data(data: str, method: str, steps: int) -> bool:
    """The usual network spreads its samples like the data."""
    pupil = training.pupil_of(data, begun_at=training.MILESTONES[-1])
    return 0.75 < pupil.spread(pupil.draw(200, method, steps)) < 1.35


def _noise_prediction_flies_apart(data: str, begun_at: int) -> bool:
    """With few steps the chapter's answer, the noise, spreads the samples twice too far or more; v does not."""
    spreads = []
    for predicts in ("eps", "v"):
        pupil = training.pupil_of(data, predicts=predicts, begun_at=begun_at)
        spreads.append(pupil.spread(pupil.draw(200, "ddim", 50)))
    return spreads[0] > 2.0 * spreads[1]


def _ends_agree(seed: int) -> bool:
    """From one noise DDIM and the solver end near one another, DDPM ends elsewhere."""
    ddpm, ddim, solver = (one.points[-1] for one in motion.move(motion.spiral_pupil(), count=100, seed=seed))
    near, far = (np.median(np.linalg.norm(ddim - other, axis=1)) for other in (solver, ddpm))
    return bool(near < 0.1 and far > 1.0)


def _solver_is_fast(fewest: int) -> bool:
    """The solver of second order takes a twentieth of the chapter's loop, or less."""
    ways = {(way.method, way.steps): way for way in sampling.load_measured().ways}
    return ways["dpm-solver", fewest].seconds < 0.05 * ways["ddpm", 1000].seconds


def _fewer_steps_end_nearer(method: str) -> bool:
    """Of one sampler the way with fewer steps ends nearer to the known latents, by more than its standard error."""
    ways = sorted((w for w in sampling.load_measured().ways if w.method == method), key=lambda way: way.steps)
    return ways[0].distance + ways[0].error < ways[-1].distance


def _scatter_is_shown(method: str, steps: int) -> bool:
    """Every way was measured with several seeds."""
    way = next(w for w in sampling.load_measured().ways if (w.method, w.steps) == (method, steps))
    return len(way.distances) >= 4 and np.isfinite(way.error)


def _guidance_trades(key: str, value: float) -> bool:
    """The best weight is on target more often than no guidance, and the strongest repeats more than none."""
    cells = [sampling.load_measured().of(key, value, weight) for weight in sampling.GUIDANCES]
    met = [cell.on_target(PROPERTIES[key].tolerance) / max(1, len(cell.predictions)) for cell in cells]
    return max(met) > met[0] and cells[-1].diversity < cells[0].diversity


def _prior_is_further(least: int) -> bool:
    """Latents of the diffusion lie nearer to the known ones than those of the prior, in every seed."""
    priors = sampling.load_measured().priors
    far, near = priors["prior"].distances, priors["diffusion"].distances
    return len(near) >= least and max(near) < min(far)


def _prior_overlaps_less(least: int) -> bool:
    """The surprise of exercise 1: the prior's crystals overlap less."""
    priors = sampling.load_measured().priors
    shares = [priors[name].decoded.apart / priors[name].decoded.finished for name in ("prior", "diffusion")]
    return priors["prior"].decoded.drawn >= least and shares[0] > shares[1]


def _heat_flattens(begun: str, cold: float, hot: float) -> bool:
    """The likeliest token is likelier at the lower temperature."""
    tops = [language.next_tokens(begun, temperature, 0)[0][2] for temperature in (cold, hot)]
    return tops[0] > tops[1]


def _heat_varies(seed: int) -> bool:
    """Of the hottest strings fewer are molecules than of the coldest, and those differ more from one another."""
    (_cold, first), *_between, (_hot, last) = language.measure_temperatures(24, seed)
    if first.diversity is None or last.diversity is None:
        return False
    return last.valid < first.valid - 0.1 and last.diversity > first.diversity


def _looks_at_itself_and_back(smiles: str, layer: int, head: int) -> bool:
    """No weight lies on later tokens, and the shares of atoms and others make up the whole."""
    found = language.attend(smiles, layer, head)
    row = len(found.tokens) - 1
    whole = found.share_on_atoms(row) + float(
        sum(w for w, a in zip(found.weights[row], found.atoms, strict=True) if a is None)
    )
    return bool(np.allclose(np.triu(found.weights, 1), 0.0) and abs(whole - 1.0) < 1e-3)


def _truth_is_shown(formula: str, place: int) -> bool:
    """The element that was hidden is among the bars, whatever its rank."""
    guess = transfer.guess_masked(formula, [place])[0]
    return guess.truth in [name for name, _chance in guess.options] and guess.rank >= 1


def _truth_comes_first(formula: str, place: int) -> bool:
    """The formulas that the lesson offers are ones of which the network has learnt enough."""
    return transfer.guess_masked(formula, [place])[0].rank == 1


def _many_answers(gap: float) -> bool:
    """Several known crystals of different formulas have the gap: the inverse question has no single answer."""
    found = workflow.answers_to(gap)
    return found.count >= 2 and len(set(found.examples)) >= 2


def _order_changes_nothing(one: str, other: str) -> bool:
    """Two orders of one formula are read alike."""
    return transfer.same_reading(one, other)


def _vectors_agree_with_prints(one: str, near: str, far: str) -> bool:
    """By the vectors and by the fingerprints the near molecule is more alike."""
    found = molecules.compare_molecules([molecules.MOLECULES[name] for name in (one, near, far)])
    return bool(found.cosine[0, 1] > found.cosine[0, 2] and found.tanimoto[0, 1] > found.tanimoto[0, 2])


def _gap_moves_atoms(begun: str, low: float, high: float) -> bool:
    """With another gap as condition, the network gives other probabilities, each set below 1 in sum."""
    one, other = (dict(compositions.next_atoms(begun.split(), {"band_gap": gap}, 90)) for gap in (low, high))
    return all(sum(each.values()) <= 1.001 for each in (one, other)) and one != other


def _every_box_keeps_some(target: int, seed: int) -> bool:
    """Each box keeps part of what came: the counts never grow, and at the end some are left."""
    found = workflow.run_workflow(workflow.TARGETS[target], workflow.COUNT, seed)
    return found.generated >= found.reached >= found.makeable >= found.stable == len(found.names) >= 1


LAWS: dict[str, Law] = {
    "forward": Law(
        Message("Signal to noise falls at every step. Find the step at which noise becomes the larger part."),
        _noise_takes_over,
        {"schedule": "linear"},
        ({"schedule": "cosine"},),
    ),
    "training": Law(
        Message("What is drawn spreads like the data: the ratio is near 1."),
        _spreads_like_the_data,
        {"data": "spiral", "method": "ddim", "steps": 50},
        ({"data": "latents", "method": "ddim", "steps": 50}, {"data": "descriptors", "method": "ddim", "steps": 50}),
    ),
    "noise-prediction": Law(
        Message(
            "Where the network answers the noise, an error of it is multiplied in the clean vector, at the first step "
            "157 times: in 128 dimensions with few steps the samples fly apart. Where it answers v the factor is at "
            "most 1."
        ),
        _noise_prediction_flies_apart,
        {"data": "descriptors", "begun_at": 1_000},
        ({"data": "latents", "begun_at": 1_000}, {"data": "descriptors", "begun_at": 8_000}),
    ),
    "motion": Law(
        Message("From one noise DDIM and the solver end in the same places; DDPM ends elsewhere, by its fresh noise."),
        _ends_agree,
        {"seed": 0},
        ({"seed": 1}, {"seed": 10_000}),
    ),
    "samplers": Law(
        Message("The solver of second order needs a twentieth of the loop's time or less."),
        _solver_is_fast,
        {"fewest": 20},
        ({"fewest": 10},),
    ),
    "samplers-steps": Law(
        Message(
            "The surprise: with each sampler fewer steps end nearer to the known latents. More steps follow the "
            "network "
            "more exactly, and the network errs."
        ),
        _fewer_steps_end_nearer,
        {"method": "dpm-solver"},
        ({"method": "ddpm"}, {"method": "ddim"}),
    ),
    "samplers-scatter": Law(
        Message("Bars: one standard error over the seeds."),
        _scatter_is_shown,
        {"method": "ddpm", "steps": 1000},
        ({"method": "dpm-solver", "steps": 10},),
    ),
    "guidance": Law(
        Message("Some guidance brings more predictions on target; the strongest lets formulas resemble one another."),
        _guidance_trades,
        {"key": "band_gap", "value": 4.0},
        ({"key": "band_gap", "value": 5.0}, {"key": "formation_energy", "value": -4.0}),
    ),
    "priors": Law(
        Message("The diffusion's latents lie nearer to those of known crystals than the prior's, with every seed."),
        _prior_is_further,
        {"least": 4},
    ),
    "priors-overlap": Law(
        Message(
            "The surprise: the prior's crystals overlap less often, though their latents lie further away. One figure "
            "does not say which model is better: ask which figure a claim is about."
        ),
        _prior_overlaps_less,
        {"least": 200},
    ),
    "temperature": Law(
        Message("A low temperature makes the likely likelier; top-k cuts off the unlikely altogether."),
        _heat_flattens,
        {"begun": "CC(=O)N", "cold": 0.7, "hot": 1.0},
        ({"begun": "CC(=O)N", "cold": 0.1, "hot": 2.0}, {"begun": "", "cold": 0.5, "hot": 2.0}),
    ),
    "heat": Law(
        Message(
            "Drawn now, a few strings at each temperature. From the coldest to the hottest they grow more varied, and "
            "fewer of them are molecules."
        ),
        _heat_varies,
        {"seed": 0},
        ({"seed": 1}, {"seed": 10_000}),
    ),
    "attention": Law(
        Message(
            "From this token the network looks at itself and back, and predicts the token that follows. The discs have "
            "one scale for all heads: full dark is all of the attention."
        ),
        _looks_at_itself_and_back,
        {"smiles": "CC(=O)Nc1ccc(O)cc1", "layer": 0, "head": 0},
        ({"smiles": "CC(=O)Nc1ccc(O)cc1", "layer": 1, "head": 6}, {"smiles": "CCO", "layer": 0, "head": 3}),
    ),
    "hidden": Law(
        Message("The true element bears ✓. Where it is not among the likeliest seven, it stands last, with its rank."),
        _truth_is_shown,
        {"formula": "Fe2O3", "place": 2},
        ({"formula": "NaCl", "place": 1}, {"formula": "LiFePO4", "place": 1}, {"formula": "GaAs", "place": 1}),
    ),
    "hidden-offered": Law(
        Message("Formulas in which the network finds the hidden element"),
        _truth_comes_first,
        {"formula": HIDDEN[0][0], "place": HIDDEN[0][1]},
        tuple({"formula": formula, "place": place} for formula, place in HIDDEN[1:]),
    ),
    "inverse": Law(
        Message(
            "One formula, one value; one value, many formulas. Move the slider: the fewer crystals, the "
            "harder the design."
        ),
        _many_answers,
        {"gap": 3.0},
        ({"gap": 0.0}, {"gap": 8.0}),
    ),
    "funnel": Law(
        Message("No box lets through more than came to it; the chapter's arrow back asks the generator for more."),
        _every_box_keeps_some,
        {"target": 0, "seed": 0},
    ),
    "matbert": Law(
        Message("The order of the elements changes nothing: Fe2O3 and O3Fe2 are read alike."),
        _order_changes_nothing,
        {"one": "Fe2O3", "other": "O3Fe2"},
        ({"one": "LiFePO4", "other": "O4PFeLi"},),
    ),
    "chemberta": Law(
        Message(
            "By the vectors and by the fingerprints ibuprofen is more like aspirin than like caffeine. Cosines "
            "lie close "
            "together: compare them with one another, not with 1."
        ),
        _vectors_agree_with_prints,
        {"one": "ibuprofen", "near": "aspirin", "far": "caffeine"},
    ),
    "matgpt": Law(
        Message("With another gap as condition, the network finds other atoms likely."),
        _gap_moves_atoms,
        {"begun": "Li", "low": 0.0, "high": 5.0},
        ({"begun": "", "low": 0.0, "high": 8.0},),
    ),
}


@lru_cache(maxsize=200)
def holds(name: str, **settings: Any) -> bool:
    """Whether a law holds at these settings: a page shows a caption where the figure obeys it."""
    return LAWS[name].holds(**settings)
