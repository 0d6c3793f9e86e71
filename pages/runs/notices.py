"""A run can be left: whatever page its user is on, a notice says that it has ended, and where it is."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from matgen_core.core.messages import Text
from pages.i18n.language import _
from pages.runs.jobs import Job

_FOLLOWED = "runs-followed"


@dataclass(frozen=True)
class Followed:
    """A run of this session that its user may leave.

    Args:
        job: of it.
        name: what was asked for.
        page: hash of the page that shows it.
    """

    job: Job
    name: Text
    page: str


def follow(job: Job, name: Text) -> Job:
    """The job; a notice will say when it has ended, where its user is on another page by then."""
    context = get_script_run_ctx(suppress_warning=True)
    if context:
        st.session_state[_FOLLOWED] = [*_followed(), Followed(job, name, context.page_script_hash)]
    return job


def tell_of_ended_runs() -> None:
    """On every page: notices of the runs that have ended, now or while the page is open.

    Their place is always there: what moves is drawn anew, and loses the order of a table and what is being typed.
    """
    with st.container(key="notices"):
        if _followed():
            st.fragment(_tell, run_every=2.0)()


def _followed() -> list[Followed]:
    found: list[Followed] = st.session_state.get(_FOLLOWED, [])
    return found


def _tell() -> None:
    context, going = get_script_run_ctx(suppress_warning=True), list[Followed]()
    for run in _followed():
        if run.job.busy:
            going.append(run)
        elif context and context.page_script_hash != run.page:
            st.toast(_words(run), icon=":material/warning:" if run.job.error else ":material/check:", duration="long")
    st.session_state[_FOLLOWED] = going


def _words(run: Followed) -> str:
    """The outcome first: a notice shows three lines, and the name of a run may fill them."""
    name, count = _(run.name), sum(not candidate.stage for candidate in run.job.candidates)  # drafts are not found
    if run.job.error:
        return _("Run failed; what was found so far is in Runs. {name}").format(name=name)
    if run.job.stop.is_set():
        return _("Run cancelled, candidates: {count}. {name}").format(name=name, count=count)
    return _("Run done, candidates: {count}, on its page and in Runs. {name}").format(name=name, count=count)
