"""Pages that show runs of the store follow them: who reads "running" reads it while it is so."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from matgen_core.runs.store import Run, StoreError, open_store
from pages.runs.progress import MORE


def follow_runs(shown: Sequence[Run]) -> None:
    """Last on a page: draws it anew once a run that goes on has ended, or has found so much more that it matters."""
    going = [run for run in shown if run.state == "running"]
    if going:
        st.fragment(_compare, run_every=2.0)(going)


def _compare(going: Sequence[Run]) -> None:
    try:
        now = [open_store().get(run.id) for run in going]
    except StoreError:  # deleted, or the store cannot be read; the page says so
        st.rerun()
    if any(run.state != "running" or run.count > was.count * (1 + MORE) for run, was in zip(now, going, strict=True)):
        st.rerun()
