"""Screening: choose what, choose objectives, see the front, compare, keep a shortlist."""

from __future__ import annotations

import streamlit as st

from matgen_core.kinds.registry import name_of_kind
from matgen_core.kinds.rules import passes
from matgen_core.workflows.screening.pareto import Objective, rank_by_front
from pages.i18n.language import _
from pages.kinds.page_kind import Found
from pages.runs.progress import Seen, catch_up, look, run_place
from pages.runs.run_recorder import offer_last_run, show_record
from pages.widgets.asking.url_settings import URL
from pages.widgets.found.design_results import show_funnel
from pages.widgets.found.remembered import remember
from pages.widgets.screening.fronts import show_fronts
from pages.widgets.screening.objectives import ask_objectives, narrow, readable
from pages.widgets.screening.picked import show_picked, show_ranked
from pages.widgets.screening.refused import show_refused
from pages.widgets.screening.shortlist import offer_screened, pick_few
from pages.widgets.screening.source import (
    STATE,
    Screened,
    ask_further,
    ask_rules,
    ask_source,
    shown_so_far,
    start,
)
from pages.widgets.screening.table import Ranked


def ask_wanted(found: Found, screened: Screened) -> tuple[list[Objective], Found]:
    """The objectives, and the candidates within the thresholds."""
    with controls:
        objectives = ask_objectives(found, screened.begun)
        only = st.toggle(_("Only candidates that pass every check"), False, key="only", bind=URL)
        kept = narrow(found, objectives) if objectives else found
    return objectives, [c for c in kept if not only or passes(c, screened.rules)]


def show_results(screened: Screened, seen: Seen) -> None:
    """From the funnel down to the files."""
    with run_place(seen):
        show_record(screened.job.recorder)
    with st.container():
        show_refused(screened, alone=not seen.candidates and not seen.busy)
    found = shown_so_far(seen.candidates, seen.busy)
    if not found:
        if not seen.busy:
            st.info(_("No row of it could be used."))
        return
    if not readable(found):
        st.info(_("These candidates have no predictions."))
        return
    objectives, kept = ask_wanted(found, screened)
    kind = name_of_kind(found[0].material)
    show_funnel(kept, screened.rules, kind, _("within the thresholds"))
    if not kept:
        st.info(_("No candidate passes every check and lies within the thresholds; widen the thresholds."))
        return
    ranked: Ranked = [(candidate, 0, None) for candidate in kept]
    with st.container():  # one place, whatever stands in it: what is below stays where it is
        if objectives:
            ranked = remember("ranked", kept, objectives, lambda: rank_by_front(kept, objectives))
            show_fronts(ranked, objectives)
        else:
            st.info(
                _(
                    "Shown in the original order. Choose objectives to rank the candidates and to see their Pareto "
                    "fronts."
                )
            )
    picked = show_ranked(ranked, objectives, screened.rules)
    with st.container():
        pick_few(ranked)
    offer_screened(picked, ranked, objectives, screened.rules, screened.name)
    show_picked(picked, ranked, screened.rules)


st.title(_("Screening"), anchor=False)
controls, results = st.columns([4, 8], gap="medium")
with controls, st.container(key="controls"):
    source = ask_source()
    rules = ask_rules()
    further = ask_further()
    current: Screened | None = st.session_state.get(STATE)
    seen = None if current is None else look(current.job)
    busy = seen is not None and seen.busy
    if st.button(_("Screen"), type="primary", width="stretch", disabled=source is None or busy, key="go") and source:
        start(source, rules, further)
        st.rerun()
with results:
    if current is None or seen is None:
        offer_last_run("screening")
        st.markdown(
            _(
                "Choose a stored run or your own files and press **Screen**. Every candidate is predicted and "
                "checked. Then choose objectives, see which candidates are Pareto-optimal, compare the best side "
                "by side, and export a shortlist."
            )
        )
    else:
        show_results(current, seen)
catch_up(seen)
