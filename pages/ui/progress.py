"""A running job: bar, time left, Cancel."""

from __future__ import annotations

import streamlit as st

from pages.ui.jobs import Job
from pages.ui.language import _

#: The page is drawn anew when so large a share more was found: with thousands it takes a second, which a click made
#: meanwhile must wait for.
_MORE = 1 / 8


def show_progress(job: Job, key: str = "cancel") -> None:
    """Shows the job and renews itself; the page follows when more was found and when the job ends."""
    st.fragment(_show, run_every=1.0)(job, len(job.candidates), key)


def _show(job: Job, shown: int, key: str) -> None:
    if not job.busy or len(job.candidates) > shown * (1 + _MORE):
        st.rerun()
    bar, cancel = st.columns([5, 1], vertical_alignment="bottom", wrap=False)
    bar.progress(job.share, _words(job))
    if cancel.button(_("Cancel"), key=key, width="stretch", disabled=job.stop.is_set()):
        job.cancel()
        st.rerun(scope="fragment")


def _words(job: Job) -> str:
    if job.stop.is_set():
        return _("Stopping; what was found is kept …")
    if job.begun is None:
        place = job.place()
        return _("Waiting for a free place; number {n} in line …").format(n=place) if place else _("Beginning …")
    if job.progress is None:
        return _("Loading the models …")
    stages = {
        "generate": _("drawing"),
        "predict": _("reading properties"),
        "assess": _("judging"),
        "relax": _("relaxing"),
    }
    text = _("{done} of {total}").format(done=job.progress.done, total=job.total)
    stage, left = stages.get(job.progress.stage, ""), job.seconds_left
    if left is None:
        time = _("{seconds:.0f} s so far").format(seconds=job.elapsed)
    elif left < 90:
        time = _("about {seconds:.0f} s left").format(seconds=left)
    else:
        time = _("about {minutes:.0f} min left").format(minutes=left / 60)
    return " · ".join(part for part in (text, stage, time) if part)
