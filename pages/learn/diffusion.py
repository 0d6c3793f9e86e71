"""Diffusion, live (chapter 4.2, 4.3): dissolve, bring back, steer, train."""

from __future__ import annotations

import streamlit as st

from pages.i18n.language import _
from pages.lessons.noise import descriptors, forward
from pages.lessons.reverse import conditions, guarded, reverse, samplers
from pages.lessons.training import code, train

st.title(_("Diffusion, live"), anchor=False)
st.caption(_("With chapter 4.2 and 4.3 of the textbook by Y. Hashimoto (CC BY 4.0). All of it runs on this machine."))
lesson = {
    _("Noise"): forward,
    _("Descriptors"): descriptors,
    _("From noise"): reverse,
    _("Samplers"): samplers,
    _("Conditions"): conditions,
    _("Train it"): train,
    _("Code"): code,
}
for tab, show in zip(st.tabs(list(lesson), key="lesson"), lesson.values(), strict=True):
    with tab:
        guarded(show)
