"""Runs that were kept: open, rename, run again, compare, delete, export."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from matgen_core.core.goals import Target
from matgen_core.kinds.registry import load_kind, name_of_kind, record_of
from matgen_core.runs.store import Run, Store, StoreError, open_store
from matgen_core.workflows.evidence import stored_repeat
from pages.i18n.language import _, ngettext
from pages.kinds.page_kind import View
from pages.kinds.registry import page_kind
from pages.runs.run_recorder import owner
from pages.widgets.asking.refusal import show_error
from pages.widgets.found.downloads import offer_files
from pages.widgets.found.selection import follow_pick
from pages.widgets.kept_runs.calculation_results import show_calculations
from pages.widgets.kept_runs.following import follow_runs
from pages.widgets.kept_runs.run_changes import change
from pages.widgets.kept_runs.run_part import pick_part
from pages.widgets.kept_runs.run_tables import compare, pick_runs


def show(store: Store, run: Run) -> None:
    """One run with its candidates, as its page shows them."""
    change(store, run)
    candidates = pick_part(store, run)
    if not candidates:
        st.info(_("No candidate had been generated yet."))
        return
    kinds = Counter(name_of_kind(candidate.material) for candidate in candidates)
    if len(kinds) > 1:
        st.info(
            _(
                "This run contains several kinds of material. The most frequent kind is shown; screen the run "
                "to see all."
            )
        )
    name = kinds.most_common(1)[0][0]
    candidates = tuple(c for c in candidates if name_of_kind(c.material) == name)
    page, usual = page_kind(name), load_kind(name).settings()
    offer_files(candidates, name, candidates if len(candidates) == run.count else None)  # of a part, no file of all
    shown = page.kept(sorted(candidates, key=lambda c: (c.score is None, c.score or 0.0)))  # they are kept as they came
    if not shown:
        st.info(_(page.nothing_kept))
        return
    if record_of(candidates[0].material).has_geometry:
        show_calculations(store, run, candidates)
    pick = follow_pick("runs", run.id, shown)
    page.show_kept(shown, View(Target(), pick, usual, usual, run.id, stored_repeat(run)))


st.title(_("Runs"), anchor=False)
try:
    kept = open_store()
    every = kept.list(owner())
    if not every:
        st.info(_("No run yet. Every run of the design pages is saved here while it runs."))
    else:
        st.caption(_("Tick one to open it, several to compare them."))
        chosen = pick_runs(every)
        if len(chosen) == 1:
            show(kept, chosen[0])
        elif chosen:
            st.markdown(ngettext("{n} run", "{n} runs", len(chosen)).format(n=len(chosen)))
            compare(kept, chosen)
        follow_runs(every)
except StoreError as error:
    show_error(_(str(error)))
