"""Crystals from targets: ask, call, show."""

from __future__ import annotations

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.goals import Target, outside_data
from matgen_core.core.properties import CRYSTAL_CONDITIONS
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.conditions import check_target
from matgen_core.workflows.design import design
from pages.i18n.formatting import asked_text
from pages.i18n.language import _, ngettext
from pages.kinds.composition_results import HANDED
from pages.kinds.crystal_card import show_details, show_picture
from pages.kinds.crystal_controls import RULES, ask_constraints, ask_sampling
from pages.kinds.crystal_examples import show_examples
from pages.kinds.crystal_table import filter_candidates, show_plot, show_shares, show_table
from pages.runs.jobs import load_models, submit
from pages.runs.progress import Seen, catch_up, look, show_progress
from pages.runs.run_recorder import begin_record, offer_last_run, show_record, told_to_begin
from pages.widgets.downloads import offer_files
from pages.widgets.go_bar import ask_to_go
from pages.widgets.goal_controls import ask_goals
from pages.widgets.refusal import show_refusal
from pages.widgets.selection import follow_pick
from pages.widgets.url_settings import check_link

JOB, ASKED = "crystals-job", "crystals-target"


def ask() -> tuple[Target, int, int, CrystalSettings] | None:
    """What the user wants; None, with the reason shown, where it cannot be asked for."""
    check_link(RULES)
    goals, problem = ask_goals(CRYSTAL_CONDITIONS)
    target = Target(goals, ask_constraints())
    count, seed, settings = ask_sampling()
    try:
        check_target(target)
    except MatGenError as error:
        problem = problem or str(error)
    if problem:
        show_refusal(_(problem))
        return None
    for key, goal in goals.items():
        if warning := outside_data(key, goal):
            st.warning(_(warning))
    return target, count, seed, settings


def start(target: Target, count: int, seed: int, settings: CrystalSettings) -> None:
    st.session_state[ASKED] = target
    st.session_state[JOB] = submit(
        lambda report, stop: design(
            "crystals", target, count, seed=seed, settings=settings, on_progress=report, cancelled=stop
        ),
        count,
        "crystals",
        load_models(),
        begin_record("crystals", seed, asked_text(target)),
    )


def show_results(seen: Seen, target: Target) -> None:
    """What the run found, from the shares down to one structure."""
    candidates = seen.candidates
    if seen.error:
        st.error(_(seen.error))
    if seen.cancelled:
        st.info(
            ngettext(
                "Cancelled. {count} candidate was found before.",
                "Cancelled. {count} candidates were found before.",
                len(candidates),
            ).format(count=len(candidates))
        )
    elif not candidates and not seen.busy and not seen.error:
        st.info(_("The run found nothing that fits. Ask for less, or allow more atoms."))
    show_record(seen.job.recorder)
    if not candidates:
        return
    show_shares(candidates, target)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        shown = filter_candidates(candidates, target)
        offer_files(candidates, "crystals", key="crystals")
    if not shown:
        st.info(_("No candidate passes all that is ticked. Untick one to see the nearest."))
        return
    pick = follow_pick("crystals", seen.job, shown, running=seen.busy)
    picked = pick.of(shown)
    show_table(shown, target, pick)
    left, right = st.columns(2, gap="medium")
    with left:
        show_plot(shown, target, pick)
    with right:
        show_picture(picked)
    show_details(picked)


load_models()
st.title(_("Crystals from targets"), anchor=False)
controls, results = st.columns([4, 8], gap="medium")
with controls, st.container(key="controls"):
    asked = ask()
    seen = look(st.session_state[JOB]) if JOB in st.session_state else None
    busy = seen is not None and seen.busy
    pressed = ask_to_go(_("Generate"), asked is not None, busy)
    handed = st.session_state.pop(HANDED, None)
    if handed and busy:
        st.info(_("{formula} is set. Press Generate when the run has ended.").format(formula=handed))
    told = told_to_begin("crystals") or handed is not None
    if asked and (pressed or (told and not busy)):
        start(*asked)
        st.rerun()
with results:
    if seen is None:
        offer_last_run("crystals")
        show_examples()
    else:
        if busy:
            show_progress(seen.job)
        show_results(seen, st.session_state[ASKED])
catch_up(seen)
