"""Rows that a screening left out, with the reasons."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.i18n.language import _
from pages.widgets.screening.source import MOST, Screened


def show_refused(screened: Screened, alone: bool = False) -> None:
    """How the files were read, and rows that could not be used, with their reasons.

    Args:
        screened: what was screened.
        alone: whether there is nothing else to show, so that the reasons stand open.
    """
    for note in screened.notes:
        st.caption(_(note))
    if screened.cut:
        st.warning(_("Only the first {n:,} are shown here. Screen all of them with: matgen screen FILE").format(n=MOST))
    if screened.refused:
        heading = _("Rows that were refused: {n}").format(n=len(screened.refused))
        with st.container() if alone else st.expander(heading, key="refused-panel"):
            if alone:
                st.markdown(f"**{heading}**")
            table = pd.DataFrame(
                [(_(r.place), _(r.reason)) for r in screened.refused[:1000]], columns=[_("Row"), _("Reason")]
            )
            st.dataframe(table, hide_index=True, key="screen-refused", alt=_("Rows that were refused"))
