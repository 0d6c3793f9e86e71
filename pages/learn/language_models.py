"""Language models, live (chapter 4.4): tokens, the next one, attention, temperature, conditions."""

from __future__ import annotations

import streamlit as st

from pages.i18n.language import _
from pages.lessons.language_models import attention_of_a_head, hot_and_cold, next_one, tokens, told

st.title(_("Language models, live"), anchor=False)
st.caption(_("Chapter 4.4 of 橋本佑介, Tohoku University (CC BY 4.0)"))
names = (_("Tokens"), _("The next token"), _("Attention"), _("Temperature"), _("Conditions"))
for tab, show in zip(
    st.tabs(names, key="language-tabs"), (tokens, next_one, attention_of_a_head, hot_and_cold, told), strict=True
):
    with tab:
        show()
