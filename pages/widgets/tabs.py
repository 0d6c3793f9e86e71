"""Tabs that stay open when the reader chooses another language."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st
from streamlit.elements.lib.mutable_tab_container import TabContainer

from pages.i18n.language import _, language, translations


def follow_language(key: str, names: Sequence[str]) -> None:
    """Turns the open tab, which a browser names by its label, into the reader's language; drops what is no tab."""
    kept = st.session_state.get(key)
    if kept is None:
        return
    meant = [name for name in names if kept in translations(name).values()]
    if not meant:
        del st.session_state[key]
    elif (now := translations(meant[0])[language()]) != kept:
        st.session_state[key] = now


def show_tabs(names: Sequence[str], key: str) -> Sequence[TabContainer]:
    """Tabs of which the page knows the open one, so that only that one need be drawn.

    Args:
        names: in English.
        key: of the element.
    """
    follow_language(key, names)
    return st.tabs([_(name) for name in names], key=key, on_change="rerun")
