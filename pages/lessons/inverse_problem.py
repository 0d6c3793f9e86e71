"""The lessons on 4.1 and 4.5: forward and inverse on one slider, and the boxes of the workflow."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.kinds.compositions.predict import predict_texts
from matgen_core.kinds.crystals.judge import met_all
from matgen_core.lessons.captions import CAPTIONS
from matgen_core.lessons.chapter import inverse_design
from matgen_core.lessons.measured import TARGETS as CONDITIONS
from matgen_core.lessons.measured import load_measured
from matgen_core.lessons.workflow import COUNT, STABLE, TARGETS, TOLERANCE, Funnel, answers_to, known_gaps, run_workflow
from matgen_core.viz.lessons import draw_gaps
from matgen_core.workflows.design import design
from pages.i18n.formatting import number, plain, subscript
from pages.i18n.language import N_, _
from pages.lessons.charts import show_chart
from pages.lessons.notebook import guess, guess_first, show_outcome
from pages.lessons.numbers import option_text
from pages.lessons.path import link_to
from pages.runs.drawn_alone import drawn_alone
from pages.widgets.asking.refusal import show_error
from pages.widgets.asking.url_settings import URL, OneOf

_FORMULAS = ("NaCl", "TiO2", "GaAs", "Si", "Fe2O3")


@drawn_alone
def both_ways() -> None:
    st.markdown(
        _(
            "**Forward**: from a material to its property, one answer. **Inverse**: from a property to materials, many "
            "answers or none. A predictor answers the first question, a generative model the second."
        )
    )
    left, right = st.columns([2, 3], gap="medium")
    with left:
        formula = st.pills(
            _("Forward: a material"),
            _FORMULAS,
            default="TiO2",
            key="forward-known",
            format_func=subscript,
            bind=URL,
            wrap=True,
        )
        formula = st.text_input(_("Or your own formula"), key="forward-formula", max_chars=60, bind=URL) or str(formula)
        read = None
        try:
            read = next(p for p in predict_texts([formula])[0] if p.property == "band_gap")
            if read.value is not None:
                said = _("**{formula}** → {value} eV (± {spread})").format(
                    formula=subscript(formula), value=number(read.value, 2), spread=number(read.spread or 0.0, 2)
                )
                st.markdown(said)
        except MatGenError as error:
            show_error(_(str(error)))
        gap = st.slider(_("Inverse: a band gap (eV)"), 0.0, 8.0, 3.0, 0.1, key="inverse-gap", bind=URL)
        found = answers_to(float(gap))
        guess_first(
            "answers-8",
            _("Before you move the slider to 8 eV: of {all} known crystals, how many have that gap?").format(
                all=f"{found.of:,}"
            ),
            [_("none"), _("1 to 50"), _("more than 50")],
            lambda: f"{answers_to(8.0).count:,}",
        )
        st.markdown(
            _("{gap} eV ± {tolerance} → **{count}** of {all} known crystals, such as {examples}").format(
                gap=number(gap, 1),
                tolerance=number(TOLERANCE, 2),
                count=f"{found.count:,}",
                all=f"{found.of:,}",
                examples=", ".join(map(subscript, found.examples)) or "–",
            )
        )
    with right:
        value = None if read is None else read.value
        show_chart(
            draw_gaps(known_gaps()[1], float(gap), TOLERANCE, value, translate=_),
            "gaps",
            _("How often each band gap occurs among known crystals, the question and the answer marked"),
        )
        st.caption(_(CAPTIONS["inverse"]))
        nearest = min(CONDITIONS["band_gap"], key=lambda value: abs(value - gap))
        cell = load_measured().of("band_gap", nearest, 4.0)
        st.markdown(
            _("With {value} eV as its condition the generative model wrote: {formulas}").format(
                value=number(nearest, 0), formulas=", ".join(map(subscript, cell.formulas))
            )
        )


#: Box, what happens in it, what runs there, and the demonstration that shows it.
_BOXES: dict[str, tuple[str, Callable[..., object], str]] = {
    N_("Target"): (
        N_("Each property is a value, a range or any, with a tolerance of its own."),
        inverse_design.multi_objective_generation,
        "2 Implementation",
    ),
    N_("Generate"): (
        N_("A conditional generative model writes candidates; several engines may be mixed."),
        design,
        "Conditions",
    ),
    N_("Predict"): (
        N_("Predictors that did not steer the generation predict the properties of every candidate."),
        inverse_design.predicted_values,
        "MatBERT",
    ),
    N_("Reached?"): (
        N_("Every target must be met within its tolerance; no average over different units."),
        met_all,
        "2 Implementation",
    ),
    N_("Can it be made?"): (
        N_("Charges balance and no atoms overlap: necessary, not sufficient."),
        inverse_design.simple_synthesizability_checker,
        "3 Application",
    ),
    N_("Stable?"): (
        N_("The distance to the hull of known phases, by formation energy."),
        run_workflow,
        "3 Application",
    ),
    N_("List"): (
        N_("What is left goes to experiment, sorted by the distance from the targets."),
        inverse_design.MaterialsInverseDesign,
        "Run it",
    ),
}

#: Settings that a link holds by the words of a language, each with the English words of its options.
WORDS = {"box": OneOf(tuple(_BOXES), "{} ▸".format)}


@st.cache_data(max_entries=20, show_spinner=False)
def _funnel(values: tuple[float, ...], seed: int) -> Funnel:
    return run_workflow(values, COUNT, seed)


def workflow() -> None:
    st.markdown(
        _("The chapter's flowchart. Choose a box to see what runs there; what is rejected goes back to the generator.")
    )
    box = st.segmented_control(
        _("Box"),
        list(_BOXES),
        default="Target",
        key="box",
        required=True,
        format_func=lambda name: f"{_(name)} ▸",
        bind=URL,
        wrap=True,
    )
    words, code, lesson = _BOXES[str(box)]
    st.markdown(_(words))
    link_to(lesson, f"→ {_(lesson)}")
    with st.expander(_("The code that runs"), key="code-panel"):
        st.code(inspect.getsource(code), language="python", wrap_lines=True)
    st.markdown(f"**{_('All boxes once, for the targets of the chapter')}**")
    left, right = st.columns([2, 3], gap="medium")
    with left:
        place = st.segmented_control(
            _("Gap (eV), formation energy (eV/atom), moment (µB/atom)"),
            range(len(TARGETS)),
            default=0,
            required=True,
            format_func=lambda i: "[" + ", ".join(plain(value) for value in TARGETS[i]) + "]",
            key="workflow-target",
            bind=URL,
            wrap=True,
        )
        seed = st.number_input(_("Seed"), 0, 10_000, 0, key="workflow-seed", bind=URL)
        guessed = guess(
            f"funnel-{place}",
            _("Before you press: how many of 16 reach the end?"),
            [option_text(option) for option in ("0–3", "4–8", "9–16")],
        )
        if st.button(_("Run the workflow"), type="primary", key="run-workflow"):
            st.session_state["workflow-asked"] = (TARGETS[place], int(seed or 0))
    asked = st.session_state.get("workflow-asked")
    if asked is None:
        return
    with right:
        with st.spinner(_("Generating 16 crystals …")):
            found = _funnel(*asked)
        show_outcome(guessed, str(found.stable))
        counts = {
            _("Generated"): found.generated,
            _("Targets reached"): found.reached,
            _("Could be made"): found.makeable,
            _("Stable, below {limit} eV/atom").format(limit=number(STABLE, 1)): found.stable,
        }
        st.dataframe(
            {_("Box"): list(counts), _("Left"): list(counts.values())},
            hide_index=True,
            key="funnel",
            alt=_("What is left after each box"),
        )
        st.caption(_("At the end: {formulas}").format(formulas=", ".join(map(subscript, found.names)) or "–"))
        st.caption(_(CAPTIONS["funnel"]))
