"""Rows that a screening left out, with the reasons."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.i18n.language import _
from pages.widgets.screening.source import MOST, Screened


def show_refused(screened: Screened) -> None:
    """How the files were read, and rows that could not be used, with their reasons."""
    for note in screened.notes:
        st.caption(_(note))
    if screened.cut:
        st.warning(_("Only the first {n:,} are shown here. Screen all of them with: matgen screen FILE").format(n=MOST))
    if screened.refused:
        with st.expander(_("Rows that were refused: {n}").format(n=len(screened.refused)), key="refused-panel"):
            table = pd.DataFrame(
                [(_(r.place), _(r.reason)) for r in screened.refused[:1000]], columns=[_("Row"), _("Reason")]
            )
            st.dataframe(table, hide_index=True, key="screen-refused", alt=_("Rows that were refused"))
