"""Captions that say what a demonstration shows: each is a law, and a page shows none that is not.

``tests/science/lesson_laws.py`` checks each where its demonstration opens and at both ends of what can be set.
"""

from __future__ import annotations

from matgen_core.core.messages import Message

#: Formulas of the lesson on hidden atoms, the atom that is hidden and what it teaches; the first is the opening one.
HIDDEN = (("Fe2O3", 2), ("CsPbI3", 2), ("Bi2Te3", 2), ("LiCoO2", 2))

CAPTIONS = {
    "forward": Message("Signal to noise falls at every step. Find the step at which noise becomes the larger part."),
    "training": Message("Generated points spread like the data: the ratio is near 1."),
    "noise-prediction": Message(
        "Where the network answers the noise, an error of it is multiplied in the clean vector, at the first step "
        "157 times: in 128 dimensions with few steps the samples fly apart. Where it answers v the factor is at "
        "most 1."
    ),
    "motion": Message(
        "From one noise DDIM and the solver end in the same places; DDPM ends elsewhere, by its fresh noise."
    ),
    "samplers": Message("The solver of second order needs a twentieth of the loop's time or less."),
    "samplers-steps": Message(
        "The surprise: with each sampler fewer steps end nearer to the known latents. More steps follow the "
        "network more exactly, and the network errs."
    ),
    "samplers-scatter": Message("Bars: one standard error over the seeds."),
    "guidance": Message(
        "Some guidance brings more predictions on target; the strongest lets formulas resemble one another."
    ),
    "priors": Message(
        "The diffusion's latents lie nearer to those of known crystals than the prior's, with every seed."
    ),
    "priors-overlap": Message(
        "The surprise: the prior's crystals overlap less often, though their latents lie further away. One figure "
        "does not say which model is better: ask which figure a claim is about."
    ),
    "temperature": Message("A low temperature makes the likely likelier; top-k cuts off the unlikely altogether."),
    "heat": Message(
        "Drawn now, a few strings at each temperature. From the coldest to the hottest they grow more varied, and "
        "fewer of them are molecules."
    ),
    "attention": Message(
        "From this token the network looks at itself and back, and predicts the token that follows. The discs have "
        "one scale for all heads: full dark is all of the attention."
    ),
    "hidden": Message(
        "The true element bears ✓. Where it is not among the likeliest seven, it stands last, with its rank."
    ),
    "hidden-offered": Message("Formulas in which the network finds the hidden element"),
    "inverse": Message(
        "One formula, one value; one value, many formulas. Move the slider: the fewer crystals, the harder the design."
    ),
    "funnel": Message(
        "No box lets through more than came to it; the chapter's arrow back asks the generator for more."
    ),
    "matbert": Message("The order of the elements changes nothing: Fe2O3 and O3Fe2 have the same predictions."),
    "chemberta": Message(
        "By the vectors and by the fingerprints ibuprofen is more like aspirin than like caffeine. Cosines lie "
        "close together: compare them with one another, not with 1."
    ),
    "matgpt": Message("With another gap as condition, the network finds other atoms likely."),
}
