"""Parts of a page that are drawn alone when one of their own controls changes, and how they give way to the whole page.

A tap on a control of the frame, such as the language, also ends the typing in a field of a part. The browser sends both
changes at one time, as of the part, and Streamlit draws the part alone: the rest of the page stayed as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

P = ParamSpec("P")
_WHOLE = "whole-page"


def drawn_alone(part: Callable[P, None]) -> Callable[P, None]:
    """A part of a page as Streamlit's fragment; where :func:`draw_whole_page` was called, the page is drawn instead."""

    @st.fragment
    @wraps(part)
    def draw(*given: P.args, **named: P.kwargs) -> None:
        if st.session_state.pop(_WHOLE, False):
            st.rerun()
        part(*given, **named)

    return draw


def draw_whole_page() -> None:
    """To be called as a control of the frame changes: a part that is about to be drawn alone gives way to the page."""
    context = get_script_run_ctx(suppress_warning=True)
    if context is not None and context.fragment_ids_this_run:
        st.session_state[_WHOLE] = True
