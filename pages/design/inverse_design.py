"""The loop of chapter 4.5: targets, draw, read, judge, until enough pass; the funnel beside it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.goals import Constraints, Target, outside_data
from matgen_core.core.properties import CRYSTAL_CONDITIONS, MOLECULE_CONDITIONS
from matgen_core.core.records import Candidate
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.compositions.rows import FORMULA_PROPERTIES
from matgen_core.kinds.crystals.generate import trained_engines
from matgen_core.kinds.rules import listed
from matgen_core.workflows.design import check_design
from pages.i18n.language import _
from pages.kinds.composition_controls import ask_composition
from pages.kinds.composition_results import show_formula, show_formula_plot, show_formula_table
from pages.kinds.crystal_card import show_details, show_picture
from pages.kinds.crystal_controls import ask_constraints
from pages.kinds.crystal_table import show_plot, show_table
from pages.kinds.molecule_card import show_molecule
from pages.kinds.molecule_controls import show_domain
from pages.kinds.molecule_results import show_grid
from pages.runs.jobs import load_models
from pages.runs.progress import Seen, catch_up, look, show_progress
from pages.runs.run_recorder import offer_last_run, run_of, show_record, told_to_begin
from pages.widgets.design_controls import KINDS, RULES, ask_budget, ask_rules
from pages.widgets.design_results import show_among_known, show_funnel, show_prospects
from pages.widgets.design_run import (
    STATE,
    Asked,
    Loop,
    reopen,
    start,
)
from pages.widgets.downloads import offer_files
from pages.widgets.follow_up import show_elsewhere, show_relaxing
from pages.widgets.go_bar import ask_to_go
from pages.widgets.goal_controls import ask_goals
from pages.widgets.refusal import show_refusal
from pages.widgets.rejected import follow_loosened, show_rejected
from pages.widgets.selection import follow_pick
from pages.widgets.url_settings import URL, check_link

_CONDITIONS = {"crystals": CRYSTAL_CONDITIONS, "molecules": MOLECULE_CONDITIONS, "compositions": FORMULA_PROPERTIES}


def ask() -> Asked | None:
    """What the user wants; None, with the reason shown, where it cannot be asked for."""
    check_link(RULES, page="inverse-design")
    kind = st.segmented_control(
        _("What"),
        KINDS,
        default=KINDS[0],
        key="what",
        bind=URL,
        format_func=_,
        required=True,
        label_visibility="collapsed",
    )
    kind = kind or KINDS[0]  # a link that names two gets neither
    goals, problem = ask_goals(_CONDITIONS[kind])
    constraints = Constraints()
    if kind == "crystals":
        with st.expander(_("Elements and cell")):
            constraints = ask_constraints(hazards=False)
    elif kind == "compositions":
        with st.expander(_("Elements and atoms")):
            constraints = ask_composition(hazards=False)
    else:
        show_domain()
    rules = ask_rules(kind)
    budget, seed = ask_budget()
    engine = st.selectbox(_("Engine"), trained_engines(), key="engine", bind=URL) if kind == "crystals" else None
    target = Target(goals, constraints)
    try:
        check_design(kind, target, budget, rules)
    except MatGenError as error:
        problem = problem or str(error)
    if problem:
        show_refusal(_(problem))
        return None
    for key, goal in goals.items():
        if warning := outside_data(key, goal):
            st.warning(_(warning))
    return Asked(kind, target, rules, budget, seed, engine)


def show_end(loop: Loop, seen: Seen, asked: Asked | None) -> None:
    """How the run ended, and the button to go on."""
    if seen.error:
        st.error(_(seen.error))
    show_record(loop.job.recorder)
    if loop.run is None:
        return
    found = len(loop.run.listed)
    said = {
        "found": _("Found {found} in {seconds:.0f} s."),
        "time": _("The time is over; {found} found."),
        "draws": _("As many as allowed were drawn; {found} found."),
        "cancelled": _("Cancelled; {found} found."),
        "interrupted": _("Kept from a run before; {found} found."),
    }[loop.run.ended].format(found=found, seconds=loop.run.seconds)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(said)
        same = asked is not None and (asked.kind, asked.target) == (loop.kind, loop.target)
        if (
            st.button(
                _("Go on"),
                key="go-on",
                disabled=not same,
                help=None if same else _("The settings have changed since; set them back, or begin anew"),
            )
            and asked
        ):
            start(asked, loop.run)
            st.rerun()


def show_results(loop: Loop, seen: Seen, asked: Asked | None) -> None:
    """The funnel, then those that passed."""
    if seen.busy:
        show_progress(loop.job)
    else:
        show_end(loop, seen, asked)
    drawn = seen.candidates if seen.busy or loop.run is None else loop.run.candidates
    if not drawn:
        show_nothing_yet(seen)
        return
    show_funnel(drawn, loop.rules, loop.kind)
    found = list(listed(drawn, loop.rules))
    offer_files(found, loop.kind, drawn)
    if found:
        show_found(found, loop, seen.busy)
    else:
        st.info(_("None passes everything yet. Below is what came nearest, and what would let it pass."))
    near = show_rejected(loop, drawn, seen.busy)
    if not found and near is not None:
        show_in_full(near, loop)
    if found and not seen.busy:
        show_relaxing(found)
        show_elsewhere(found)


def show_nothing_yet(seen: Seen) -> None:
    """What a run says that has drawn nothing: the page is never blank."""
    if seen.busy:
        st.caption(_("The first batch is being drawn. What is rejected is listed here with its reasons as it comes."))
    elif not seen.error:
        st.info(_("Nothing was drawn before the run ended. Press Go on, or allow more seconds and start again."))


def show_found(found: list[Candidate[Any]], loop: Loop, busy: bool) -> None:
    """Those that passed everything, and the picked one in full."""
    pick = follow_pick("design", loop.job, found, running=busy)
    if loop.kind == "molecules":
        show_grid(found, loop.target, MoleculeSettings(), pick, lambda c: show_in_full(c, loop, narrow=True))
        return
    if loop.kind == "compositions":
        show_formula_table(found, loop.target, pick)
        show_formula_plot(found, loop.target, pick)
    else:
        show_table(found, loop.target, pick)
        left, right = st.columns(2, gap="medium")
        with left:
            show_plot(found, loop.target, pick)
        with right:
            show_picture(pick.of(found))
    show_in_full(pick.of(found), loop, pictured=loop.kind == "crystals")


def show_in_full(picked: Candidate[Any], loop: Loop, narrow: bool = False, pictured: bool = False) -> None:
    """All that is known of one candidate.

    Args:
        picked: which one.
        loop: its run.
        narrow: whether it is a molecule in a column beside the drawings.
        pictured: whether its structure is shown already.
    """
    if loop.kind == "molecules":
        show_molecule(picked, loop.target, MoleculeSettings(), run_of(loop.job.recorder), narrow)
    elif loop.kind == "compositions":
        show_formula(picked)
        show_among_known(picked)
    else:
        if not pictured:
            show_picture(picked)
        show_prospects(picked, loop.target)
        show_details(picked)


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
        offer_last_run("design-")
        st.markdown(
            _(
                "Say what you want and how many, and press **Start**. Candidates are drawn, read and judged in turn: "
                "are the targets reached, could it be made, would it last, is it known? The loop goes on until enough "
                "pass or the time is over, and says of every other why it did not."
            )
        )
        st.caption(_("The readings that confirm only filter and count; they are never fed back into what draws."))
    else:
        if not busy:
            follow_loosened(current, wanted)
        show_results(current, seen or look(current.job), wanted)
catch_up(seen)
