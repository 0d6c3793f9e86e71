"""Results of the loop on its page: how it ended, the funnel, those that passed, those that came nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from matgen_core.core.records import Candidate
from matgen_core.kinds.registry import load_kind
from matgen_core.kinds.rules import listed
from pages.i18n.language import _
from pages.kinds.page_kind import View
from pages.kinds.registry import page_kind
from pages.runs.progress import Seen, run_place
from pages.runs.run_recorder import run_of, show_record
from pages.widgets.design_run import Asked, Loop, start
from pages.widgets.found.design_results import show_funnel
from pages.widgets.found.downloads import offer_files
from pages.widgets.found.rejected import show_rejected
from pages.widgets.found.relaxing import show_relaxing
from pages.widgets.found.selection import follow_pick
from pages.widgets.kept_runs.follow_up import show_elsewhere


def show_end(loop: Loop, seen: Seen, asked: Asked | None) -> None:
    """How the run ended, and the button to go on."""
    show_record(loop.job.recorder)
    if loop.run is None:
        return
    found = len(loop.run.listed)
    said = {
        "found": _("Found {found} in {seconds:.0f} s."),
        "time": _("Time limit reached; {found} found."),
        "draws": _("Limit of generated candidates reached; {found} found."),
        "cancelled": _("Cancelled; {found} found."),
        "interrupted": _("From an earlier run; {found} found."),
    }[loop.run.ended].format(found=found, seconds=loop.run.seconds)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(said)
        same = asked is not None and (asked.kind, asked.target) == (loop.kind, loop.target)
        if (
            st.button(
                _("Continue"),
                key="go-on",
                disabled=not same,
                help=None if same else _("The settings have changed since; restore them, or start a new run"),
            )
            and asked
        ):
            start(asked, loop.run)
            st.rerun()


def show_results(loop: Loop, seen: Seen, asked: Asked | None) -> None:
    """The funnel, then those that passed."""
    with run_place(seen, show_work=page_kind(loop.kind).show_in_work):
        if not seen.busy:
            show_end(loop, seen, asked)
    drawn = seen.candidates if seen.busy or loop.run is None else loop.run.candidates
    if not drawn:
        show_nothing_yet(seen)
        return
    show_funnel(drawn, loop.rules, loop.kind)
    with st.container():
        show_unfinished(loop, drawn)
    found = list(listed(drawn, loop.rules))
    offer_files(found, loop.kind, drawn)
    page, usual = page_kind(loop.kind), load_kind(loop.kind).settings()
    view = View(
        loop.target,
        follow_pick("design", loop.job, found or drawn, running=seen.busy),
        loop.settings or usual,
        usual,
        run_of(loop.job.recorder),
        loop.repeat(),
    )
    with st.container():  # one place, whether or not one passes: the table of the rejected stays where it is
        if found:
            page.show_loop(found, view)
        else:
            st.info(
                _(
                    "No candidate passes every filter yet. Below are the nearest ones, with the setting that would "
                    "let each pass."
                )
            )
    with st.container():
        near = show_rejected(loop, drawn, seen.busy)
    if not found and near is not None:
        page.show_near(near, view)
    if found and not seen.busy:
        show_relaxing(found)
        show_elsewhere(found)


def show_unfinished(loop: Loop, drawn: Sequence[Candidate[Any]]) -> None:
    """What a cancelled run left in the stage that it had reached."""
    unfinished = [candidate for candidate in drawn if candidate.stage]
    if not unfinished:
        return
    with st.expander(
        _("Not finished when the run was cancelled: {n}").format(n=len(unfinished)), key="unfinished-panel"
    ):
        st.caption(_("Not judged by SevenNet. The CSV of everything has them; Continue finishes them."))
        page_kind(loop.kind).show_in_work(unfinished, [candidate for candidate in drawn if not candidate.stage])


def show_nothing_yet(seen: Seen) -> None:
    """What a run says that has generated nothing: the page is never blank."""
    if seen.busy:
        st.caption(_("The first batch is being generated. Rejected candidates are listed here with their reasons."))
    elif not seen.error:
        st.info(
            _(
                "No candidate was generated before the run ended. Press Continue, or raise the time limit and "
                "start again."
            )
        )
