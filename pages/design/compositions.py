"""Compositions from targets: ask, call, show."""

from __future__ import annotations

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.goals import Target, outside_data
from matgen_core.core.settings import CompositionSettings
from matgen_core.kinds.compositions.conditions import check_compositions
from matgen_core.kinds.compositions.judge import listed_compositions
from matgen_core.kinds.compositions.rows import FORMULA_PROPERTIES
from matgen_core.workflows.design import design
from pages.i18n.formatting import asked_text
from pages.i18n.language import _, ngettext
from pages.kinds.composition_controls import RULES, ask_composition, ask_formula_sampling
from pages.kinds.composition_results import show_formula, show_formula_plot, show_formula_shares, show_formula_table
from pages.runs.jobs import submit
from pages.runs.progress import Seen, catch_up, look, show_progress
from pages.runs.run_recorder import begin_record, offer_last_run, show_record, told_to_begin
from pages.widgets.downloads import offer_files
from pages.widgets.go_bar import ask_to_go
from pages.widgets.goal_controls import ask_goals
from pages.widgets.refusal import show_refusal
from pages.widgets.selection import follow_pick
from pages.widgets.url_settings import check_link

JOB, ASKED = "compositions-job", "compositions-asked"


def ask() -> tuple[Target, int, int, CompositionSettings] | None:
    """What the user wants; None, with the reason shown, where it cannot be asked for."""
    check_link(RULES, page="compositions")
    goals, problem = ask_goals(FORMULA_PROPERTIES)
    constraints = ask_composition()
    count, seed, settings = ask_formula_sampling()
    target = Target(goals, constraints)
    try:
        check_compositions(target, count, settings)
    except MatGenError as error:
        problem = problem or str(error)
    if problem:
        show_refusal(_(problem))
        return None
    for key, goal in goals.items():
        if warning := outside_data(key, goal):
            st.warning(_(warning))
    return target, count, seed, settings


def start(target: Target, count: int, seed: int, settings: CompositionSettings) -> None:
    st.session_state[ASKED] = target
    st.session_state[JOB] = submit(
        lambda report, stop: design(
            "compositions", target, count, seed=seed, settings=settings, on_progress=report, cancelled=stop
        ),
        count,
        "compositions",
        None,
        begin_record("compositions", seed, asked_text(target, settings.prompt)),
    )


def show_results(seen: Seen, target: Target) -> None:
    """What the run found, from the shares down to one composition."""
    drawn = seen.candidates
    found = listed_compositions(drawn)
    if seen.error:
        st.error(_(seen.error))
    if seen.cancelled:
        text = ngettext(
            "Cancelled. {n} composition was found before.", "Cancelled. {n} compositions were found before.", len(found)
        )
        st.info(text.format(n=len(found)))
    elif seen.message:
        st.info(_(seen.message))
    show_record(seen.job.recorder)
    if not drawn:
        return
    show_formula_shares(drawn, found, target)
    if not found:
        st.info(_("No formula passes what is asked. Raise the temperature, allow more atoms, or ask for less."))
        return
    offer_files(found, "compositions", drawn, "compositions")
    table, plot = st.tabs([_("Table"), _("Plot")], key="composition-tabs")
    pick = follow_pick("compositions", seen.job, found, running=seen.busy)
    with table:
        show_formula_table(found, target, pick)
    with plot:
        show_formula_plot(found, target, pick)
    show_formula(pick.of(found))


def invite() -> None:
    """What the page says before the first run."""
    st.markdown(
        _(
            "Choose what you want of a material and press **Generate**. Each formula comes with its band gap, "
            "formation energy and moment as read from the composition alone, each with its spread; whether charges "
            "can balance; whether it is known; what it costs. Then look for structures of those you like."
        )
    )


st.title(_("Compositions from targets"), anchor=False)
controls, results = st.columns([4, 8], gap="medium")
with controls, st.container(key="controls"):
    asked = ask()
    seen = look(st.session_state[JOB]) if JOB in st.session_state else None
    busy = seen is not None and seen.busy
    pressed = ask_to_go(_("Generate"), asked is not None, busy)
    if asked and (pressed or (told_to_begin("compositions") and not busy)):
        start(*asked)
        st.rerun()
with results:
    if seen is None:
        offer_last_run("compositions")
        invite()
    else:
        if busy:
            show_progress(seen.job)
        show_results(seen, st.session_state[ASKED])
catch_up(seen)
