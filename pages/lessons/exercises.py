"""The chapter's three exercises to do, and a list to check oneself by."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from matgen_core.chem.structure import reduced_formula
from matgen_core.core.errors import MatGenError
from matgen_core.core.properties import PROPERTIES
from matgen_core.kinds.crystals.judge import met_all
from matgen_core.lessons.exercises import (
    CRITERIA,
    Decoded,
    Outcome,
    compare_priors,
    judge_by_order,
    read_condition,
    try_condition,
)
from pages.i18n.formatting import reading_text, subscript
from pages.i18n.language import N_, _

_NAMES = {
    "target": N_("Target reached"),
    "synthesis": N_("Could be made (few elements)"),
    "stability": N_("Would last (near the hull)"),
    "chemistry": N_("Makes sense (oxidation states)"),
    "cost": N_("Cost and environment"),
}
_CHECKLIST = {
    N_("Concepts"): (
        N_("I can say why noise that is added in many steps can be added in one"),
        N_("I can say what a network that predicts noise has to do with a mean"),
        N_("I can tell forward design from inverse design by an example of my own"),
    ),
    N_("Implementation"): (
        N_("I trained the chapter's network and drew from it"),
        N_("I wrote a condition with two goals and one any"),
        N_("I changed the sampler and the number of steps and saw what it costs"),
    ),
    N_("Debugging"): (
        N_("I can find out why sampling drifts when the schedule is too short"),
        N_("I know what to look for when every sample is the same"),
    ),
    N_("Application"): (
        N_("I found a candidate for a target of my own and know what speaks against it"),
        N_("I taught a predictor from a table of my own"),
    ),
    N_("Data"): (
        N_("I know what the models here learnt from, and what they never saw"),
        N_("I know why rows of one formula must lie in one split"),
    ),
    N_("Evaluation"): (
        N_("I compare a hit rate with chance before I believe it"),
        N_("I can say why the judge must not be the generator"),
    ),
    N_("Theory"): (
        N_("I can write the loss of the noise predictor and say what it bounds"),
        N_("I can explain what classifier-free guidance multiplies"),
    ),
}


@st.cache_data(max_entries=10, show_spinner=False)
def compared(seed: int) -> dict[str, Decoded]:
    return compare_priors(48, seed)


@st.cache_data(max_entries=20, show_spinner=False)
def tried(condition: tuple[tuple[str, float], ...], seed: int) -> Outcome:
    return try_condition(dict(condition), 16, seed)


def first() -> None:
    st.markdown(
        _("**Name three points in which diffusion models are better than VAE and GAN.** Then look whether it is so.")
    )
    st.text_area(_("Your answer"), key="answer-1", height=110, max_chars=2000)
    seed = st.number_input(_("Seed"), 0, 10_000, 0, key="exercise-1-seed")
    if st.button(_("Measure it"), key="measure-1"):
        st.session_state["measured-1"] = True
    if st.session_state.get("measured-1"):
        with st.spinner(_("Drawing 48 latents each way …")):
            found = compared(int(seed))
        names = {"prior": _("VAE, from its prior"), "diffusion": _("Diffusion over the same latents")}
        rows = [
            {
                _("Way"): names[key],
                _("Crystals finished"): f"{d.finished} / {d.drawn}",
                _("No overlapping atoms"): f"{d.apart} / {d.finished}",
                _("SMACT-valid"): f"{d.charged} / {d.finished}",
                _("Different formulas"): d.different,
                _("Some of them"): ", ".join(map(subscript, d.formulas)),
            }
            for key, d in found.items()
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="priors", alt=_("VAE prior and diffusion compared"))
        st.caption(_("The decoder is the same; only where the latent comes from differs. A GAN was not measured."))
    if st.toggle(_("Show an answer"), key="show-1"):
        st.markdown(
            _(
                "1. Training is stable: a mean squared error, no opponent, so modes are rarely lost. 2. Samples are "
                "good and varied, since the way from noise is walked in many small steps. 3. Conditions are added "
                "easily, and their strength can be turned afterwards (guidance). The price is time: many steps for "
                "one sample."
            )
        )


def second() -> None:
    st.markdown(
        _("**Generate crystals for a band gap and a formation energy at once.** Write the condition; it is checked.")
    )
    text = st.text_area(
        _("condition ="), '{"band_gap": 2.0, "formation_energy": -0.5}', key="condition", height=80, max_chars=300
    )
    seed = st.number_input(_("Seed"), 0, 10_000, 0, key="exercise-2-seed")
    if st.button(_("Generate 16"), key="try-2"):
        st.session_state["tried-2"] = (text, int(seed))
    if "tried-2" in st.session_state:
        try:
            condition = read_condition(st.session_state["tried-2"][0])
            with st.spinner(_("Drawing and reading …")):
                outcome = tried(tuple(condition.items()), st.session_state["tried-2"][1])
            chance = "–" if outcome.chance is None else f"{outcome.chance:.0%}"
            st.markdown(
                _("**{met} of {all}** meet every goal; by chance it would be {chance}.").format(
                    met=outcome.met, all=len(outcome.candidates), chance=chance
                )
            )
            rows = [
                {_("Formula"): subscript(reduced_formula(c.material)), _("Met"): "✓" if met_all(c) else "✗"}
                | {_(PROPERTIES[k].label): reading_text(c.predictions.get(k)) for k in condition}
                for c in outcome.candidates
            ]
            st.dataframe(pd.DataFrame(rows), hide_index=True, key="tried", alt=_("Candidates, one a row"))
        except MatGenError as error:
            st.error(_(str(error)))
    if st.toggle(_("Show an answer"), key="show-2"):
        st.code(
            'design("crystals", Target({"band_gap": Goal.at(2.0), "formation_energy": Goal.at(-0.5)}), count=16)',
            language="python",
        )
        st.markdown(
            _(
                "The chapter's answer hands two numbers to a model of three conditions, which fails. Here every "
                "property has an any of its own, so that two of three can be asked for."
            )
        )


def third() -> None:
    st.markdown(
        _("**By which five criteria are candidates judged?** Order them; the first weighs five times the last.")
    )
    names = {key: _(_NAMES[key]) for key in CRITERIA}
    chosen = st.multiselect(
        _("Most important first"), list(CRITERIA), list(CRITERIA), format_func=names.__getitem__, key="order"
    )
    if len(chosen) < len(CRITERIA):
        st.info(_("Put all five in order: click them away and choose them again."))
        return
    found = judge_by_order(chosen)
    rows = [
        {
            _("Place"): place,
            _("Formula"): subscript(judged.formula),
            _("Total"): round(judged.total, 2),
            _("Pareto front"): judged.front,
        }
        | {names[key]: round(judged.marks[key], 2) for key in chosen}
        for place, judged in enumerate(found[:8], 1)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="judged", alt=_("The first eight by your order"))
    first = sum(judged.front == 1 for judged in found)
    st.caption(
        _(
            "150 known formulas for a gap of 2 eV, marks from 0 to 1. {n} of them are on the first Pareto front: "
            "no other beats them in all five. Whatever the order, the first place goes to one of these; the page "
            "Screening shows such fronts for your own candidates."
        ).format(n=first)
    )
    if st.toggle(_("Show an answer"), key="show-3"):
        st.markdown(
            _(
                "Whether the target is reached and how surely; whether it could be made; whether it would last; "
                "whether its chemistry makes sense; what it costs and harms. No order is right for all: a weighted "
                "sum hides what a front shows."
            )
        )


def checklist() -> None:
    st.caption(_("The chapter's headings; the items are ours, since its own are lost in the text."))
    done = total = 0
    for number, (heading, items) in enumerate(_CHECKLIST.items()):
        st.markdown(f"**{_(heading)}**")
        for place, item in enumerate(items):
            done += st.checkbox(_(item), key=f"check-{number}-{place}")
            total += 1
    st.progress(done / total, _("{done} of {total}").format(done=done, total=total))
