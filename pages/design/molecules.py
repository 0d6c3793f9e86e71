"""Molecules from targets: ask, call, show."""

from __future__ import annotations

from functools import partial

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.goals import Target, outside_data
from matgen_core.core.properties import MOLECULE_CONDITIONS
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.conditions import check_molecules, contradiction
from matgen_core.kinds.molecules.reference import load_molecule_reference
from matgen_core.workflows.design import design
from pages.i18n.formatting import asked_text
from pages.i18n.language import _, ngettext
from pages.kinds.molecule_card import show_molecule
from pages.kinds.molecule_controls import RULES, ask_molecule_sampling, show_domain
from pages.kinds.molecule_examples import show_molecule_examples
from pages.kinds.molecule_results import (
    filter_molecules,
    keep_molecules,
    show_grid,
    show_histograms,
    show_molecule_table,
    show_shares,
)
from pages.runs.jobs import submit
from pages.runs.progress import Seen, catch_up, look, show_progress
from pages.runs.run_recorder import (
    begin_record,
    offer_last_run,
    run_of,
    show_record,
    told_to_begin,
)
from pages.widgets.downloads import offer_files
from pages.widgets.go_bar import ask_to_go
from pages.widgets.goal_controls import ask_goals
from pages.widgets.refusal import show_refusal
from pages.widgets.selection import follow_pick
from pages.widgets.url_settings import check_link

JOB, ASKED = "molecules-job", "molecules-asked"


def ask() -> tuple[Target, int, int, MoleculeSettings] | None:
    """What the user wants; None, with the reason shown, where it cannot be asked for."""
    check_link(RULES, page="molecules")
    goals, problem = ask_goals(MOLECULE_CONDITIONS)
    show_domain()
    target = Target(goals)
    count, seed, settings = ask_molecule_sampling()
    try:
        check_molecules(target, count, settings)
    except MatGenError as error:
        problem = problem or str(error)
    if problem:
        show_refusal(_(problem))
        return None
    warnings = [outside_data(key, goal) for key, goal in goals.items()]
    for warning in (*warnings, contradiction(target, load_molecule_reference())):
        if warning:
            st.warning(_(warning))
    return target, count, seed, settings


def start(target: Target, count: int, seed: int, settings: MoleculeSettings) -> None:
    st.session_state[ASKED] = target, settings
    for key in ("grid-page", "molecules-only"):
        st.session_state.pop(key, None)
    st.session_state[JOB] = submit(
        lambda report, stop: design(
            "molecules", target, count, seed=seed, settings=settings, on_progress=report, cancelled=stop
        ),
        count,
        "molecules",
        None,
        begin_record("molecules", seed, asked_text(target, settings.scaffold or settings.prefix)),
    )


def show_results(seen: Seen, target: Target, settings: MoleculeSettings, now: MoleculeSettings) -> None:
    """What the run found, from the shares down to one molecule."""
    drawn = seen.candidates
    found = keep_molecules(drawn)
    if seen.error:
        st.error(_(seen.error))
    if seen.cancelled:
        text = ngettext(
            "Cancelled. {n} molecule was found before.", "Cancelled. {n} molecules were found before.", len(found)
        )
        st.info(text.format(n=len(found)))
    elif seen.message:
        st.info(_(seen.message))
    elif not found and not seen.busy and not seen.error:
        st.info(_("The run found no molecule. Lower the temperature, or ask for less."))
    show_record(seen.job.recorder)
    if not drawn:
        return
    show_shares(drawn, target, settings)
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        shown = filter_molecules(found, target, settings)
        offer_files(shown, "molecules", drawn, "molecules")
    if not shown:
        st.info(_("No molecule passes all that is ticked. Untick one to see the nearest."))
        return
    pick = follow_pick("molecules", seen.job, shown, running=seen.busy)
    run = run_of(seen.job.recorder)
    names = [_("Drawings"), _("Table"), _("Against MOSES")]
    grid, table, spread = st.tabs(names, key="molecule-tabs", on_change="rerun")
    beside = partial(show_molecule, target=target, settings=now, run=run, narrow=True)
    with grid:
        show_grid(shown, target, settings, pick, beside if grid.open else None)
    with table:
        show_molecule_table(shown, target, pick)
    with spread:
        show_histograms(shown, target)
    if not grid.open:
        show_molecule(pick.of(shown), target, now, run)


st.title(_("Molecules from targets"), anchor=False)
controls, results = st.columns([4, 8], gap="medium")
with controls, st.container(key="controls"):
    asked = ask()
    seen = look(st.session_state[JOB]) if JOB in st.session_state else None
    busy = seen is not None and seen.busy
    pressed = ask_to_go(_("Generate"), asked is not None, busy)
    if asked and (pressed or (told_to_begin("molecules") and not busy)):
        start(*asked)
        st.rerun()
with results:
    if seen is None:
        offer_last_run("molecules")
        show_molecule_examples()
    else:
        if busy:
            show_progress(seen.job)
        of, settings = st.session_state[ASKED]
        show_results(seen, of, settings, asked[3] if asked else settings)
catch_up(seen)
