"""The loop of chapter 4.5: targets, generate, predict, check, until enough pass; the funnel beside it."""

from __future__ import annotations

from contextlib import nullcontext

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.goals import Target, outside_data
from matgen_core.kinds.registry import load_kind
from matgen_core.workflows.design import check_design
from matgen_core.workflows.readiness import say_cautions
from pages.i18n.language import _
from pages.kinds.registry import page_kind
from pages.runs.jobs import load_models
from pages.runs.progress import catch_up, look
from pages.runs.run_names import LOOP
from pages.runs.run_recorder import offer_last_run, told_to_begin
from pages.widgets.asking.design_controls import RULES, ask_budget, ask_kind
from pages.widgets.asking.go_bar import ask_to_go
from pages.widgets.asking.goal_controls import ask_goals
from pages.widgets.asking.readiness import show_readiness
from pages.widgets.asking.refusal import show_refusal
from pages.widgets.asking.rule_controls import ask_rules
from pages.widgets.asking.url_settings import check_link
from pages.widgets.design_run import STATE, Asked, reopen, start
from pages.widgets.found.loop_results import show_results
from pages.widgets.found.rejected import follow_loosened


def ask() -> Asked | None:
    """What the user wants; None, with the reason shown, where it cannot be asked for."""
    check_link(RULES, page="inverse-design")
    name = ask_kind()
    page = page_kind(name)
    goals, problem = ask_goals(load_kind(name).properties)
    with st.expander(_(page.elements_title), key="elements-panel") if page.elements_title else nullcontext():
        constraints, wrong = page.constraints(hazards=False)
    with st.expander(_("Filters"), key="filters-panel"):
        rules = ask_rules(name)
    budget, seed = ask_budget()
    settings = page.ask_loop_settings()
    problem, target = problem or wrong, Target(goals, constraints)
    try:
        check_design(name, target, budget, rules)
    except MatGenError as error:
        problem = problem or str(error)
    if problem:
        show_refusal(_(problem))
        return None
    cautions = say_cautions(name, target, settings or load_kind(name).settings())
    for warning in (*(outside_data(key, goal) for key, goal in goals.items()), *cautions):
        if warning:
            st.warning(_(warning))
    show_readiness(name, target, settings or load_kind(name).settings(), budget=budget)
    return Asked(name, target, rules, budget, seed, settings)


load_models()
st.title(_("Inverse design"), anchor=False)
controls, results = st.columns([4, 8], gap="medium")
with controls, st.container(key="controls"):
    wanted = ask()
    seen = look(st.session_state[STATE].job) if STATE in st.session_state else None
    busy = seen is not None and seen.busy
    pressed = ask_to_go(_("Start"), wanted is not None, busy)
    if wanted and (pressed or (told_to_begin("inverse_design") and not busy)):
        start(wanted)
        st.rerun()
with results:
    if STATE not in st.session_state and wanted and (kept := reopen(wanted)):
        st.session_state[STATE] = kept
    current = st.session_state.get(STATE)
    if current is None:
        offer_last_run(LOOP)
        st.markdown(
            _(
                "Set targets and the number of candidates, and press **Start**. Candidates are generated, "
                "predicted and checked: do they meet the targets, can they be made, are they stable, are they "
                "new? The run ends when enough candidates pass or the time is over. Every rejected candidate is "
                "listed with its reason."
            )
        )
        st.caption(
            _(
                "A model that steers takes part in generation or relaxation. A model that judges only "
                "checks finished candidates: its predictions filter and count them and are never fed back "
                "into generation."
            )
        )
    else:
        if not busy:
            follow_loosened(current, wanted)
        show_results(current, seen or look(current.job), wanted)
catch_up(seen)
