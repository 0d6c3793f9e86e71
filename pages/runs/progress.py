"""A job as a page shows it: state, bar, time left and Cancel, all from one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import streamlit as st

from matgen_core.core.records import Candidate
from pages.i18n.language import _
from pages.runs.jobs import Job
from pages.widgets.asking.refusal import show_error

#: The page is drawn anew when so large a share more was found: with thousands it takes a second, which a click made
#: meanwhile must wait for.
MORE = 1 / 8
#: Name of the place of the bar in the page, to which the button's link leads.
RUN = "run"
#: Draws a batch in work beside what was finished before it.
ShowWork = Callable[[Sequence[Candidate[Any]], Sequence[Candidate[Any]]], None]


@dataclass(frozen=True)
class Seen:
    """A job at one moment.

    A page takes one look and draws everything from it: the button, the bar and the words then agree, whenever the run
    ends. Who asks the job itself twice may hear two answers.

    Args:
        job: that was looked at.
        busy: whether it waited or ran.
        cancelled: whether its user has ended it.
        error: what went wrong.
        candidates: found by then.
        message: of the work, for the user.
    """

    job: Job
    busy: bool
    cancelled: bool
    error: str | None
    candidates: tuple[Candidate[Any], ...]
    message: str


def look(job: Job) -> Seen:
    """What is shown of the job until the page is drawn anew."""
    busy = job.busy  # first: what has ended changes no more
    progress = job.progress
    return Seen(
        job,
        busy,
        job.stop.is_set() and not busy,
        job.error,
        progress.candidates if progress else (),
        progress.message if progress else "",
    )


def catch_up(seen: Seen | None) -> None:
    """Last on a page: draws it anew where the run ended while it was being drawn."""
    if seen is not None and seen.busy and not seen.job.busy:
        st.rerun()


@contextmanager
def run_place(seen: Seen | None, key: str = "cancel", show_work: ShowWork | None = None) -> Iterator[None]:
    """The place where a page says how a run goes: its bar, why it failed, then what the block says of its end.

    The place is there with and without a run. What stands below it would move, and Streamlit draws anew what moves: a
    table loses its order, and a field what is being typed. The bar renews itself; the page follows when more was found
    and when the job ends.

    Args:
        seen: the run; None before the first.
        key: of the button that cancels it.
        show_work: draws the batch in work, and how far it is beside what was finished before.
    """
    with st.container():
        if seen is not None and seen.busy:
            st.fragment(_show, run_every=1.0)(seen.job, len(seen.job.candidates), key, show_work)
        elif seen is not None and seen.error:
            show_error(_(seen.error))
        yield


def _show(job: Job, shown: int, key: str, show_work: ShowWork | None) -> None:
    if not job.busy or len(job.candidates) > shown * (1 + MORE):
        st.rerun()
    st.html(f'<span id="{RUN}"></span>')
    bar, cancel = st.columns([5, 1], vertical_alignment="bottom", wrap=False)
    bar.progress(job.share, progress_words(job))
    # A callback: on a busy machine the click may come with a change elsewhere, and the whole page is drawn for both.
    cancel.button(_("Cancel"), key=key, width="stretch", disabled=job.stop.is_set(), on_click=job.cancel)
    progress = job.progress
    if job.busy and show_work is not None and progress is not None and progress.working:
        show_work(progress.working, progress.candidates)


def progress_words(job: Job) -> str:
    """What a job does, how far it is, and how long it takes."""
    if job.stop.is_set():
        return _("Stopping; the candidates found so far are kept …")
    if job.begun is None:
        place = job.place()
        return _("Waiting; position {n} in the queue …").format(n=place) if place else _("Starting …")
    if job.progress is None:
        return _("Loading the models …")
    stages = {
        "generate": _("generating"),
        "predict": _("predicting properties"),
        "compare": _("comparing"),
        "assess": _("checking"),
        "relax": _("relaxing"),
        "map": _("computing positions on the map"),
        "train": _("training"),
        "tune": _("tuning the generator"),
    }
    done, whole = job.progress.done, job.whole
    text = _("{done} of {total}").format(done=done, total=whole)
    if whole is None:
        text = _("{done} so far").format(done=done)
    stage, left = stages.get(job.progress.stage, ""), job.seconds_left
    if left is None:
        time = _("{seconds:.0f} s so far").format(seconds=job.elapsed)
    elif left < 90:
        time = _("about {seconds:.0f} s left").format(seconds=left)
    else:
        time = _("about {minutes:.0f} min left").format(minutes=left / 60)
    return " · ".join(part for part in (text, stage, time) if part)
