"""The details of the picked candidate beside the list that it was picked from: the layout of every page with a table.

The style sheet puts the panel to the right of the list, where it stays in view; on a narrow screen it comes below.
"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def beside(name: str) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Places for the list and for the panel.

    Args:
        name: of the list, which tells its containers from those of other lists of the page.
    """
    both = st.container(key=f"with-panel-{name}")
    return both.container(key=f"panel-list-{name}"), both.container(key=f"side-panel-{name}", border=True)
