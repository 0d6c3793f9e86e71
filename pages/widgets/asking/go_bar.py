"""The button that begins a run, always in view, and beside it why it is disabled while a run goes on."""

from __future__ import annotations

from html import escape

import streamlit as st

from pages.i18n.language import _
from pages.runs.progress import RUN


def ask_to_go(label: str, possible: bool, busy: bool) -> bool:
    """Whether the reader pressed the button.

    Args:
        label: of the button, in the reader's language.
        possible: whether what is asked for can be begun; the reason against it is shown by
            :func:`pages.widgets.asking.refusal.show_refusal`.
        busy: whether a run of this page goes on, which disables the button.
    """
    with st.container(key="go-bar", gap=None):
        pressed = st.button(label, type="primary", width="stretch", disabled=not possible or busy, key="go")
        if busy:
            st.caption(_("A run is in progress: wait until it ends, or press Cancel."))
            # On a phone the run lies below all controls, out of view of whoever pressed the button.
            st.html(f'<a class="to-run" href="#{RUN}">↓ {escape(_("See the run"))}</a>')
    return bool(pressed)
