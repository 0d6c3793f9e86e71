"""The pages' side of kept runs: the settings are those of the page's address; the way back to the last run."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from matgen_core.core.environment import read_environment
from matgen_core.core.records import Candidate
from matgen_core.runs.recorder import Recorder
from matgen_core.runs.store import StoreError, open_store
from pages.i18n.language import _
from pages.runs.run_names import run_name
from pages.widgets.asking.url_settings import Rule, without_language

#: Where runs are kept apart, the key of a browser session in its address.
_OWNER = "owner"
#: What an address may say beside the settings of its page.
OF_EVERY_PAGE = frozenset({_OWNER, "lang", "resume"})
_AGAIN, _SET = "begin-again", "begin-with"


def owner() -> str:
    """Whose runs are seen: everybody's on a machine of one's own, this session's where people are kept apart."""
    if not read_environment().separate_runs:
        return ""
    key = st.session_state.get(_OWNER) or st.query_params.get(_OWNER) or secrets.token_urlsafe(12)
    st.session_state[_OWNER] = key
    return str(key)[:64]


def begin_record(
    kind: str,
    seed: int,
    name: str,
    before: Sequence[Candidate[Any]] = (),
    asked: Mapping[str, Any] | None = None,
    rules: Mapping[str, Rule] | None = None,
) -> Recorder:
    """A run of this session under what it was asked for, with the settings of its address.

    Args:
        kind: page of the run.
        seed: of the draws.
        name: what was asked for, in a line.
        before: candidates of a run that this one goes on with.
        asked: the command that asks for the same, and all settings; None where there is no such command.
        rules: what each setting of the address may be; its words are kept without the reader's language.
    """
    settings = {key: st.query_params.get_all(key) for key in st.query_params if key not in OF_EVERY_PAGE}
    for key, value in st.session_state.pop(_SET, {}).items():  # the address follows once the page is drawn
        settings[key] = value if isinstance(value, list) else [value]
    return Recorder(kind, without_language(settings, rules or {}), seed, owner(), before, name, asked)


def show_record(recorder: Recorder | None) -> None:
    """Says where the run is not kept."""
    if recorder is not None and recorder.problem:
        st.warning(_("This run is not saved: {problem}").format(problem=_(recorder.problem)))


def run_of(recorder: Recorder | None) -> str:
    """Id of the run in the store; empty where it is not kept."""
    return (recorder.run if recorder else None) or ""


def offer_last_run(kind: str) -> None:
    """Where a page is empty, as after a reload: the way to the last run of this kind, which was kept."""
    try:
        last = next((run for run in open_store().list(owner()) if run.kind.startswith(kind)), None)
    except StoreError:
        return  # a page without a run has nothing to lose; Runs says what is wrong
    if last is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(_("Your last run is in Runs:"), width="content")
        if st.button(run_name(last), key="last-run", type="tertiary"):
            st.switch_page("pages/explore/runs.py", query_params={"run": last.id})


def begin_again(page: str, settings: Mapping[str, str | list[str]] | None = None) -> None:
    """Has a page begin by itself with the settings of the address that it is opened with.

    Args:
        page: name of it.
        settings: that its controls were just given, as the address will have them; None where it has them already.
    """
    st.session_state[_AGAIN] = page
    st.session_state[_SET] = settings or {}


def told_to_begin(page: str) -> bool:
    """Whether the page is to begin by itself; true once."""
    if st.session_state.get(_AGAIN) != page:
        return False
    del st.session_state[_AGAIN]
    return True
