"""Captions of the lessons, each with the law that makes it true: a page shows the caption, a test checks the law.

A law is checked at the settings with which its demonstration opens and at both ends of them
(``tests/science/test_lesson_captions.py``). A caption that no law backs does not belong on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from matgen_core.core.messages import Message
from matgen_core.lessons import law_checks

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


LAWS: dict[str, Law] = {
    "forward": Law(
        Message("Signal to noise falls at every step. Find the step at which noise becomes the larger part."),
        law_checks.noise_takes_over,
        {"schedule": "linear"},
        ({"schedule": "cosine"},),
    ),
    "training": Law(
        Message("Generated points spread like the data: the ratio is near 1."),
        law_checks.spreads_like_the_data,
        {"data": "spiral", "method": "ddim", "steps": 50},
        ({"data": "latents", "method": "ddim", "steps": 50}, {"data": "descriptors", "method": "ddim", "steps": 50}),
    ),
    "noise-prediction": Law(
        Message(
            "Where the network answers the noise, an error of it is multiplied in the clean vector, at the first step "
            "157 times: in 128 dimensions with few steps the samples fly apart. Where it answers v the factor is at "
            "most 1."
        ),
        law_checks.noise_prediction_flies_apart,
        {"data": "descriptors", "begun_at": 1_000},
        ({"data": "latents", "begun_at": 1_000}, {"data": "descriptors", "begun_at": 8_000}),
    ),
    "motion": Law(
        Message("From one noise DDIM and the solver end in the same places; DDPM ends elsewhere, by its fresh noise."),
        law_checks.ends_agree,
        {"seed": 0},
        ({"seed": 1}, {"seed": 10_000}),
    ),
    "samplers": Law(
        Message("The solver of second order needs a twentieth of the loop's time or less."),
        law_checks.solver_is_fast,
        {"fewest": 20},
        ({"fewest": 10},),
    ),
    "samplers-steps": Law(
        Message(
            "The surprise: with each sampler fewer steps end nearer to the known latents. More steps follow the "
            "network "
            "more exactly, and the network errs."
        ),
        law_checks.fewer_steps_end_nearer,
        {"method": "dpm-solver"},
        ({"method": "ddpm"}, {"method": "ddim"}),
    ),
    "samplers-scatter": Law(
        Message("Bars: one standard error over the seeds."),
        law_checks.scatter_is_shown,
        {"method": "ddpm", "steps": 1000},
        ({"method": "dpm-solver", "steps": 10},),
    ),
    "guidance": Law(
        Message("Some guidance brings more predictions on target; the strongest lets formulas resemble one another."),
        law_checks.guidance_trades,
        {"key": "band_gap", "value": 4.0},
        ({"key": "band_gap", "value": 5.0}, {"key": "formation_energy", "value": -4.0}),
    ),
    "priors": Law(
        Message("The diffusion's latents lie nearer to those of known crystals than the prior's, with every seed."),
        law_checks.prior_is_further,
        {"least": 4},
    ),
    "priors-overlap": Law(
        Message(
            "The surprise: the prior's crystals overlap less often, though their latents lie further away. One figure "
            "does not say which model is better: ask which figure a claim is about."
        ),
        law_checks.prior_overlaps_less,
        {"least": 200},
    ),
    "temperature": Law(
        Message("A low temperature makes the likely likelier; top-k cuts off the unlikely altogether."),
        law_checks.heat_flattens,
        {"begun": "CC(=O)N", "cold": 0.7, "hot": 1.0},
        ({"begun": "CC(=O)N", "cold": 0.1, "hot": 2.0}, {"begun": "", "cold": 0.5, "hot": 2.0}),
    ),
    "heat": Law(
        Message(
            "Drawn now, a few strings at each temperature. From the coldest to the hottest they grow more varied, and "
            "fewer of them are molecules."
        ),
        law_checks.heat_varies,
        {"seed": 0},
        ({"seed": 1}, {"seed": 10_000}),
    ),
    "attention": Law(
        Message(
            "From this token the network looks at itself and back, and predicts the token that follows. The discs have "
            "one scale for all heads: full dark is all of the attention."
        ),
        law_checks.looks_at_itself_and_back,
        {"smiles": "CC(=O)Nc1ccc(O)cc1", "layer": 0, "head": 0},
        ({"smiles": "CC(=O)Nc1ccc(O)cc1", "layer": 1, "head": 6}, {"smiles": "CCO", "layer": 0, "head": 3}),
    ),
    "hidden": Law(
        Message("The true element bears ✓. Where it is not among the likeliest seven, it stands last, with its rank."),
        law_checks.truth_is_shown,
        {"formula": "Fe2O3", "place": 2},
        ({"formula": "NaCl", "place": 1}, {"formula": "LiFePO4", "place": 1}, {"formula": "GaAs", "place": 1}),
    ),
    "hidden-offered": Law(
        Message("Formulas in which the network finds the hidden element"),
        law_checks.truth_comes_first,
        {"formula": HIDDEN[0][0], "place": HIDDEN[0][1]},
        tuple({"formula": formula, "place": place} for formula, place in HIDDEN[1:]),
    ),
    "inverse": Law(
        Message(
            "One formula, one value; one value, many formulas. Move the slider: the fewer crystals, the "
            "harder the design."
        ),
        law_checks.many_answers,
        {"gap": 3.0},
        ({"gap": 0.0}, {"gap": 8.0}),
    ),
    "funnel": Law(
        Message("No box lets through more than came to it; the chapter's arrow back asks the generator for more."),
        law_checks.no_box_adds_any,
        {"target": 0, "seed": 0},
        ({"target": 1, "seed": 10_000}, {"target": -1, "seed": 0}),
    ),
    "matbert": Law(
        Message("The order of the elements changes nothing: Fe2O3 and O3Fe2 have the same predictions."),
        law_checks.order_changes_nothing,
        {"one": "Fe2O3", "other": "O3Fe2"},
        ({"one": "LiFePO4", "other": "O4PFeLi"},),
    ),
    "chemberta": Law(
        Message(
            "By the vectors and by the fingerprints ibuprofen is more like aspirin than like caffeine. Cosines "
            "lie close "
            "together: compare them with one another, not with 1."
        ),
        law_checks.vectors_agree_with_prints,
        {"one": "ibuprofen", "near": "aspirin", "far": "caffeine"},
    ),
    "matgpt": Law(
        Message("With another gap as condition, the network finds other atoms likely."),
        law_checks.gap_moves_atoms,
        {"begun": "Li", "low": 0.0, "high": 5.0},
        ({"begun": "", "low": 0.0, "high": 8.0},),
    ),
}


@lru_cache(maxsize=200)
def holds(name: str, **settings: Any) -> bool:
    """Whether a law holds at these settings: a page shows a caption where the figure obeys it."""
    return LAWS[name].holds(**settings)
