"""Crystals from targets: ask, call, show."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from matgen_core.data.exports import to_cif_zip, to_csv, to_json
from matgen_core.pipeline import design
from matgen_core.properties import CRYSTAL_CONDITIONS, outside_data
from matgen_core.stages.conditions import check_target
from matgen_core.types import Constraints, MatGenError, SamplingSettings, Target
from pages.ui.candidate_card import show_candidate
from pages.ui.candidate_table import show_candidates, show_shares
from pages.ui.jobs import Job, submit
from pages.ui.language import _
from pages.ui.target_controls import ask_constraints, ask_property, ask_sampling

JOB, ASKED = "crystals-job", "crystals-target"


def ask() -> tuple[Target, int, int, SamplingSettings] | None:
    """What the user wants; None, with the reason shown, where it cannot be asked for."""
    goals = {key: goal for key in CRYSTAL_CONDITIONS if (goal := ask_property(key)) is not None}
    problem, constraints = None, Constraints()
    try:
        constraints = ask_constraints()
    except MatGenError as error:
        problem = str(error)
    count, seed, settings = ask_sampling()
    target = Target(goals, constraints)
    try:
        check_target(target)
    except MatGenError as error:
        problem = problem or str(error)
    if problem:
        st.error(problem)
        return None
    for key, goal in goals.items():
        if warning := outside_data(key, goal):
            st.warning(warning)
    return target, count, seed, settings


def start(target: Target, count: int, seed: int, settings: SamplingSettings) -> None:
    st.session_state[ASKED] = target
    st.session_state[JOB] = submit(
        lambda report, stop: design(target, count, seed=seed, settings=settings, on_progress=report, cancelled=stop)
    )


def show_progress(job: Job) -> None:
    """The bar, the time left and Cancel; renews itself until the job ends, then the page once."""
    progress = job.progress
    if not job.busy:
        st.rerun()
    bar, cancel = st.columns([4, 1], vertical_alignment="center")
    if progress is None:
        bar.progress(0.0, _("Waiting for a free place …") if job.begun is None else _("Loading the models …"))
    else:
        left = job.seconds_left
        time_left = "" if left is None else _(", about {seconds:.0f} s left").format(seconds=left)
        stage = {"generate": _("drawing"), "predict": _("reading"), "assess": _("judging")}.get(progress.stage, "")
        text = _("{done} of {total}").format(done=progress.done, total=progress.total)
        bar.progress(progress.done / progress.total, f"{text}: {stage}{time_left}")
    if cancel.button(_("Cancel"), key="cancel", width="stretch"):
        job.stop.set()
    if job.stop.is_set():
        st.caption(_("Stopping; what was found is kept."))


def show_results(job: Job, target: Target) -> None:
    candidates = job.candidates
    if job.error:
        st.error(job.error)
    if job.stop.is_set() and not job.busy:
        st.info(_("Cancelled. {count} candidates were found before.").format(count=len(candidates)))
    if not candidates:
        return
    show_shares(candidates, target)
    picked = show_candidates(candidates, target)
    stamp = f"matgen-{datetime.now():%Y%m%d-%H%M}"
    one, two, three = st.columns(3)
    one.download_button(
        _("All as CSV"), lambda: to_csv(candidates), f"{stamp}.csv", "text/csv", key="csv", width="stretch"
    )
    two.download_button(
        _("All as CIF (zip)"), lambda: to_cif_zip(candidates), f"{stamp}.zip", key="zip", width="stretch"
    )
    three.download_button(_("All as JSON"), lambda: to_json(candidates), f"{stamp}.json", key="json", width="stretch")
    if picked is not None:
        show_candidate(picked)


st.title(_("Crystals from targets"), anchor=False)
controls, results = st.columns([2, 5], gap="large")
with controls:
    asked = ask()
    running = st.session_state.get(JOB)
    busy = running is not None and running.busy
    if st.button(_("Generate"), type="primary", width="stretch", disabled=asked is None or busy, key="go") and asked:
        start(*asked)
        st.rerun()
with results:
    job = st.session_state.get(JOB)
    if job is None:
        st.markdown(
            _(
                "Choose what you want of a crystal and press **Generate**. Each candidate comes with a structure, what "
                "was read of it and how surely, its distance to the hull of known phases, and whether it is new."
            )
        )
    else:
        if job.busy:
            st.fragment(show_progress, run_every=1.0)(job)
        show_results(job, st.session_state[ASKED])
