"""The candidates of a kept run that a page shows: all of a short one, of a long one a part that is read alone."""

from __future__ import annotations

from typing import Any

import streamlit as st

from matgen_core.core.records import Candidate
from matgen_core.runs.store import Run, Store
from matgen_core.workflows.many_workers.stored_merge import KIND as MERGED
from pages.i18n.language import N_, _

#: Candidates of a run that are shown all at once, and of a part of a longer one.
LONG, PART = 2000, 500
_SAMPLE, _PARTS = N_("A sample, evenly over the run"), N_("One part after another")


def pick_part(store: Store, run: Run) -> tuple[Candidate[Any], ...]:
    """The candidates to show; of a long run those of the part that is picked, and the page says which."""
    if run.count <= LONG:
        return store.candidates(run.id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # Merged runs are stored best first, so that the first part holds the best.
        way = st.radio(
            _("Shown candidates"),
            (_SAMPLE, _PARTS),
            index=int(run.kind == MERGED),
            format_func=_,
            horizontal=True,
            key=f"part-way-{run.id}",
        )
        number = 1
        if way == _PARTS:
            last = -(-run.count // PART)
            number = int(st.number_input(_("Part"), 1, last, 1, key=f"part-{run.id}", width=140))
    if way == _PARTS:
        first = (number - 1) * PART
        found = store.candidates(run.id, first=first, count=PART)
        said = _("{n:,} candidates. Table and plots show number {first:,} to {last:,}, in their stored order.").format(
            n=run.count, first=first + 1, last=min(first + PART, run.count)
        )
    else:
        found = sample(store, run, PART)
        said = _("{n:,} candidates. Table and plots show a sample of {m:,}, taken evenly over the run.").format(
            n=run.count, m=len(found)
        )
    st.caption(said + " " + _("A file of all: `matgen runs export {run} FILE`").format(run=run.id))
    return found


def sample(store: Store, run: Run, most: int) -> tuple[Candidate[Any], ...]:
    """At most so many candidates of a run, taken evenly over it."""
    return store.candidates(run.id, step=max(1, -(-run.count // most)))
