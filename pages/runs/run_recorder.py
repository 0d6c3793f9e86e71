"""Recorder of the pages' runs: the settings are those of the page's address; candidates are stored before they show."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from typing import Any

import streamlit as st

from matgen_core.core.environment import read_environment
from matgen_core.core.records import Candidate
from matgen_core.runs.store import Store, StoreError, open_store
from pages.i18n.language import _
from pages.runs.run_names import run_name

log = logging.getLogger("matgen")
#: Where runs are kept apart, the key of a browser session in its address.
_OWNER = "owner"
_AGAIN = "begin-again"


class Recorder:
    """One run in the store. A store that fails does not stop the run; the page says that the run is not stored.

    A failed write is repeated with the next candidates and at the end, so that a full disk or a lock that is freed in
    time loses nothing.

    Args:
        kind: page of the run.
        settings: of the page, as in its link.
        seed: of the random numbers.
        owner: whose run it is.
        before: candidates of a run that this one goes on with.
        name: what was asked for, in a line.
    """

    def __init__(
        self,
        kind: str,
        settings: dict[str, Any],
        seed: int,
        owner: str,
        before: Sequence[Candidate[Any]] = (),
        name: str = "",
    ) -> None:
        self.run: str | None = None
        self.problem = ""
        self._asked = kind, settings, seed, owner, name
        self._seen: set[str] = set()
        self._waiting: dict[str, Candidate[Any]] = {}
        self.add(before)

    def add(self, candidates: Sequence[Candidate[Any]]) -> None:
        """Writes those that were not written yet."""
        self._waiting |= {c.id: c for c in candidates if c.id not in self._seen}
        try:
            store = self._open()
            if self._waiting and self.run:
                store.add(self.run, sorted(self._waiting.values(), key=lambda c: c.origin.index))
                self._seen.update(self._waiting)
                self._waiting.clear()
            self.problem = ""
        except StoreError as error:
            self._fail(error)

    def end(self, state: str, message: str | None = None) -> None:
        """How the run ended. One that found nothing, and did not fail, has nothing to keep: it is taken away."""
        self.add(())
        try:
            if self.run is not None and not self._seen and not self._waiting and state != "failed":
                self._open().delete(self.run)
                self.run = None
            elif self.run is not None:
                self._open().end(self.run, state, message or "")
        except StoreError as error:
            self._fail(error)

    def _open(self) -> Store:
        store = open_store()
        if self.run is None:
            kind, settings, seed, whose, name = self._asked
            self.run = store.begin(kind, settings, seed, name=name, owner=whose)
        return store

    def _fail(self, error: StoreError) -> None:
        if not self.problem:  # once, not at every batch
            log.warning("a run is not kept: %s", error)
        self.problem = str(error)


def owner() -> str:
    """Whose runs are seen: everybody's on a machine of one's own, this session's where people are kept apart."""
    if not read_environment().separate_runs:
        return ""
    key = st.session_state.get(_OWNER) or st.query_params.get(_OWNER) or secrets.token_urlsafe(12)
    st.session_state[_OWNER] = key
    return str(key)[:64]


def begin_record(kind: str, seed: int, name: str, before: Sequence[Candidate[Any]] = ()) -> Recorder:
    """A run of this session under what it was asked for, with the settings of its address."""
    settings = {key: st.query_params.get_all(key) for key in st.query_params if key not in (_OWNER, "lang", "resume")}
    return Recorder(kind, settings, seed, owner(), before, name)


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


def begin_again(page: str) -> None:
    """Has a page begin by itself with the settings of the address that it is opened with."""
    st.session_state[_AGAIN] = page


def told_to_begin(page: str) -> bool:
    """Whether the page is to begin by itself; true once."""
    if st.session_state.get(_AGAIN) != page:
        return False
    del st.session_state[_AGAIN]
    return True
