"""Pretraining and transfer, live (chapter 4.4): hide and guess, two views, three ways to teach."""

from __future__ import annotations

import streamlit as st

from pages.i18n.language import _
from pages.lessons.teaching import teach
from pages.lessons.transfer import hide_and_guess, three_ways, two_views

st.title(_("Pretraining and transfer"), anchor=False)
st.caption(_("Chapter 4.4 of 橋本佑介, Tohoku University (CC BY 4.0)"))
masked, contrastive, ways, own = st.tabs(
    [_("Hide and guess"), _("Two views"), _("Three ways to teach"), _("Teach it yourself")], key="transfer-tabs"
)
with masked:
    hide_and_guess()
with contrastive:
    two_views()
with ways:
    three_ways()
with own:
    teach()
