"""The chapter's three exercises to do: answers kept, what was measured, code to run."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.core.errors import MatGenError
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Crystal
from matgen_core.kinds.crystals.judge import met_all
from matgen_core.lessons.captions import CAPTIONS
from matgen_core.lessons.chapter.inverse_design import CONDITIONS as KNOWN
from matgen_core.lessons.chapter.inverse_design import multi_objective_generation
from matgen_core.lessons.exercises import CRITERIA, Judged, Outcome, judge_by_order, read_condition, try_condition
from matgen_core.lessons.measured import load_measured, share_of
from pages.i18n.formatting import number, plain, subscript
from pages.i18n.language import N_, _
from pages.lessons.notebook import answer, guess, show_outcome
from pages.lessons.numbers import option_text, percent, share_text
from pages.lessons.ranking import rank
from pages.lessons.tables import numbers, show_table
from pages.widgets.asking.refusal import show_error
from pages.widgets.asking.url_settings import URL
from pages.widgets.found.number_table import Columns
from pages.widgets.found.prediction_columns import prediction_cells, prediction_columns
from pages.widgets.found.shown_units import shown_places, unit_of

_NAMES = {
    "target": N_("Target reached"),
    "synthesis": N_("Could be made (few elements)"),
    "stability": N_("Would last (near the hull)"),
    "chemistry": N_("Makes sense (oxidation states)"),
    "cost": N_("Cost and environment"),
}


@st.cache_data(max_entries=20, show_spinner=False)
def tried(condition: tuple[tuple[str, float], ...], seed: int) -> Outcome:
    return try_condition(dict(condition), 16, seed)


def first() -> None:
    st.markdown(
        _("**Name three points in which diffusion models are better than VAE and GAN.** Then look whether it is so.")
    )
    answer("answer-1", _("Your answer"))
    guessed = guess(
        "priors",
        _(
            "Before you look: the same decoder gets latents from the VAE's prior or from the diffusion. Which "
            "crystals overlap less?"
        ),
        [_("those of the prior"), _("those of the diffusion"), _("about the same")],
    )
    if st.toggle(_("Show what was measured"), key="measured-1", bind=URL):
        show_outcome(guessed, _("those of the prior"))
        _show_priors()
    if st.toggle(_("Show an answer"), key="show-1", bind=URL):
        st.markdown(
            _(
                "1. Training is stable: a mean squared error, no opponent, so modes are rarely lost.\n"
                "2. Samples follow the data: the latents of the diffusion lie several times nearer to those of known "
                "crystals than the prior's.\n"
                "3. Conditions are added easily, and their strength can be turned afterwards (guidance): for a gap of "
                "4 eV with w = 8, {guided} of the predictions are on target; without guidance, {unguided}.\n\n"
                "The price is time: many steps for one sample. And not every figure is better, as the overlaps show."
            ).format(guided=_on_target(8.0), unguided=_on_target(0.0))
        )


def _show_priors() -> None:
    names = {"prior": _("VAE, from its prior"), "diffusion": _("Diffusion over the same latents")}
    rows = [
        {
            _("Way"): names[key],
            _("Distance from the known latents"): number(float(np.mean(prior.distances)), 3),
            _("No overlapping atoms"): _share(prior.decoded.apart, prior.decoded.finished),
            _("SMACT-valid"): _share(prior.decoded.charged, prior.decoded.finished),
            _("Near the hull, by formula"): _share(prior.decoded.near, prior.decoded.finished),
            _("Different formulas"): f"{prior.decoded.different} / {prior.decoded.finished}",
        }
        for key, prior in load_measured().priors.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="priors", alt=_("VAE prior and diffusion compared"))
    st.markdown(_(CAPTIONS["priors"]))
    st.markdown(_(CAPTIONS["priors-overlap"]))
    some = load_measured().priors["prior"]
    st.caption(
        _(
            "Measured beforehand, {seeds} seeds, {n} latents each way, one geometry a crystal; in brackets the 95 % "
            "interval. The decoder is the same; only where the latent comes from differs. A GAN was not measured."
        ).format(seeds=len(some.distances), n=some.decoded.drawn)
    )


def _share(some: int, every: int) -> str:
    return share_text(share_of(some, every))


def _on_target(guidance: float) -> str:
    cell = load_measured().of("band_gap", 4.0, guidance)
    return share_text(share_of(cell.on_target(PROPERTIES["band_gap"].tolerance), len(cell.predictions)))


def second() -> None:
    st.markdown(
        _("**Generate crystals for a band gap and a formation energy at once.** Write the condition; it is checked.")
    )
    with st.container(horizontal=True, gap="small"):
        for values in ((2.0, -0.5, 0.0), (2.5, -0.8, 0.0), (3.5, -1.0, 2.0)):
            shown = ", ".join(plain(value) for value in values)
            if st.button(_("The chapter's [{values}]").format(values=shown), key=f"preset-{values}"):
                st.session_state["condition"] = str(dict(zip(KNOWN, values, strict=True)))
    left, right = st.columns([2, 3], gap="medium")
    with left:
        text = st.text_area(
            _("condition ="),
            key="condition",
            height=80,
            max_chars=300,
            placeholder='{"band_gap": …, "formation_energy": …}',
            persist_state="session",
        )
        guessed = guess(
            "goals",
            _("Before you press: how many of 16 will meet every target?"),
            [option_text(option) for option in ("0–2", "3–6", "7–16")],
        )
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            seed = st.number_input(_("Seed"), 0, 10_000, 0, key="exercise-2-seed", bind=URL)
            if st.button(_("Generate 16"), type="primary", key="try-2"):
                st.session_state["tried-2"] = (text, int(seed))
    with right:
        if "tried-2" in st.session_state:
            asked: tuple[str, int] = st.session_state["tried-2"]
            _try(asked[0], asked[1], guessed)
    if st.toggle(_("Show an answer"), key="show-2"):
        st.code(_ANSWER_2, language="python")
        st.code(inspect.getsource(multi_objective_generation), language="python", wrap_lines=True)
        st.markdown(
            _(
                "The chapter's answer hands two numbers to a model of three conditions, which fails. Here every "
                "property has an any of its own, so that two of three can be asked for."
            )
        )


def _try(text: str, seed: int, guessed: str | None) -> None:
    """What is generated for a condition as it was written, beside the guess."""
    try:
        condition = read_condition(text)
        with st.spinner(_("Generating and predicting …")):
            outcome = tried(tuple(condition.items()), seed)
    except MatGenError as error:
        show_error(_(str(error)))
        return
    chance = "–" if outcome.chance is None else percent(outcome.chance)
    st.markdown(
        _(
            "**{met} of {all}** meet every target; by chance, if the targets were independent, it would be {chance}."
        ).format(met=outcome.met, all=len(outcome.candidates), chance=chance)
    )
    show_outcome(guessed, str(outcome.met))
    _show_tried(outcome.candidates, list(condition))


def _show_judged(found: Sequence[Judged], names: Mapping[str, str]) -> None:
    """The first materials by the reader's order; the marks stand in that order, too."""
    cells: dict[str, Sequence[object]] = {
        "place": list(range(1, len(found) + 1)),
        "formula": [subscript(judged.formula) for judged in found],
        "total": [judged.total for judged in found],
        "front": [judged.front for judged in found],
        **{key: [judged.marks[key] for judged in found] for key in names},
    }
    columns: Columns = {
        "place": _("Place"),
        "formula": _("Formula"),
        "total": numbers(_("Total"), 2),
        "front": _("Pareto front"),
        **{key: numbers(name, 2) for key, name in names.items()},
    }
    show_table(cells, columns, "judged", _("The first eight by your order"))


def _show_tried(candidates: Sequence[Candidate[Crystal]], keys: Sequence[str]) -> None:
    table = pd.DataFrame(
        [
            {"formula": subscript(reduced_formula(each.material)), "met": "✓" if met_all(each) else "✗"}
            | prediction_cells(each, keys)
            for each in candidates
        ]
    )
    columns: Columns = {"formula": _("Formula"), "met": _("Met")}
    for key in keys:
        places = 3 if PROPERTIES[key].unit.startswith("eV/") else 2
        head = f"{_(PROPERTIES[key].label)} ({unit_of(key)[0]})"
        columns[key] = numbers(head, shown_places(key, places))
        columns |= prediction_columns(table, key, places=places)
    shown = [column for column in table if columns.get(column, "") is not None]
    show_table({str(column): list(table[column]) for column in shown}, columns, "tried", _("Candidates, one per row"))


_ANSWER_2 = """from matgen_core.lessons.chapter.inverse_design import generate_crystals, multi_objective_generation

materials = multi_objective_generation(generate_crystals, 2.0, -0.5, num_samples=20)
print(f"Generated {len(materials)} materials")"""


def third() -> None:
    st.markdown(
        _("**By which five criteria are candidates judged?** Order them; the first weighs five times the last.")
    )
    answer("answer-3", _("Your five criteria, each in a sentence"))
    if not st.toggle(_("Show five criteria and rank materials by them"), key="criteria-shown", bind=URL):
        return
    names = {key: _(_NAMES[key]) for key in CRITERIA}
    left, right = st.columns([4, 5], gap="medium")
    with left:
        guess(
            "criteria",
            _("Before you order them: will another order bring another winner?"),
            [_("yes, often"), _("no, the best wins by every order")],
        )
        chosen = rank(names, _("The criteria, the most important first"), "criteria-order")
    found = judge_by_order(chosen)
    with right:
        _show_judged(found[:8], {key: names[key] for key in chosen})
    first = sum(judged.front == 1 for judged in found)
    st.caption(
        _(
            "150 known formulas for a gap of 2 eV, marks from 0 to 1; toxic elements cost all of the mark. {n} "
            "of them are "
            "on the first Pareto front: no other is at least as good in all five and better in one. Whatever "
            "the order, the "
            "first place goes to one of these. Look the winner up: the marks know formulas, not whether a "
            "substance keeps "
            "in a bottle. The page Screening shows such fronts for your own candidates."
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
