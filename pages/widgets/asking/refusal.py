"""Why a page cannot begin: said right above its button, in view wherever the controls are scrolled."""

from __future__ import annotations

import streamlit as st


def show_refusal(reason: str) -> None:
    """The reason why the button below is disabled; already in the reader's language."""
    with st.container(key="go-why"):
        # SMILES is no Markdown: *.* would be slanted, [N+](=O) a link.
        st.error(reason.replace("*", r"\*").replace("](", r"]\("))
