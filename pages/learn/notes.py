"""Notes to the chapter: what a careful reader stumbles over, with checks that run."""

from __future__ import annotations

import streamlit as st

from pages.i18n.language import _
from pages.lessons.notes import claims, design, diffusion, language

st.title(_("Notes to the chapter"), anchor=False)
st.caption(
    _(
        "Chapter 4 of 橋本佑介, Tohoku University (CC BY 4.0), is what this app grew from. A chapter must be short; "
        "these are the places where a careful reader stumbles, each checked as the page opens where that is possible."
    )
)
for tab, show in zip(
    st.tabs([_("Diffusion"), _("Language models"), _("Inverse design"), _("Claims")], key="note-tabs"),
    (diffusion, language, design, claims),
    strict=True,
):
    with tab:
        show()
