"""The chapter's three exercises to do, and a list to check oneself by."""

from __future__ import annotations

import streamlit as st

from pages.i18n.language import _
from pages.lessons.exercises import checklist, first, second, third

st.title(_("Exercises"), anchor=False)
st.caption(_("The exercises of chapter 4 of 橋本佑介, Tohoku University (CC BY 4.0)"))
titles = (_("1 Concepts"), _("2 Implementation"), _("3 Application"), _("Check yourself"))
for tab, show in zip(st.tabs(titles, key="exercise-tabs"), (first, second, third, checklist), strict=True):
    with tab:
        show()
