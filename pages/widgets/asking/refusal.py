"""Errors in the reader's language, and why a page cannot begin."""

from __future__ import annotations

import streamlit as st


def show_error(reason: str) -> None:
    """What went wrong. It quotes what was typed, and SMILES is no Markdown: *.* is not slanted, [N+](=O) no link."""
    st.error(reason.replace("*", r"\*").replace("](", r"]\("))


def show_refusal(reason: str) -> None:
    """Why the button below is disabled: right above it, in view wherever the controls are scrolled."""
    with st.container(key="go-why"):
        show_error(reason)
