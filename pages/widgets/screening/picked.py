"""The ranked candidates of a screening: one in full beside the table, several side by side, what is done next."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from matgen_core.kinds.rules import Rules
from matgen_core.workflows.screening.pareto import Objective
from pages.i18n.language import _
from pages.kinds.page_kind import Found
from pages.widgets.found.comparison import show_comparison
from pages.widgets.found.relaxing import show_relaxing
from pages.widgets.found.side_panel import beside
from pages.widgets.from_crystal import offer_for_one
from pages.widgets.kept_runs.follow_up import show_elsewhere
from pages.widgets.screening.table import Ranked, show_screen_table


def show_ranked(ranked: Ranked, objectives: Sequence[Objective], rules: Rules) -> Found:
    """The table with the ticked row in full beside it; returns those that are ticked."""
    listed, panel = beside("screening")
    with listed:
        picked = show_screen_table(ranked, objectives, rules)
    with panel:
        if len(picked) > 1:
            st.caption(_("The {n} ticked rows stand side by side below.").format(n=len(picked)))
        elif picked:
            show_comparison(picked, rules)
        else:
            st.caption(_("Tick a row to see its details, or up to six rows to compare them side by side."))
    return picked


def show_picked(picked: Found, ranked: Ranked, rules: Rules) -> None:
    """The ticked ones side by side, and what is done next with them."""
    with st.container():
        if len(picked) > 1:
            st.subheader(_("Side by side"), anchor=False)
            show_comparison(picked, rules)
        offer_for_one(picked)
    show_relaxing(picked or [c for c, _front, _merit in ranked])
    show_elsewhere(picked or [c for c, _front, _merit in ranked[:10]])
