"""Figures of the lessons: text dark enough to read (7:1), and as large as the lecture mode asks for."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from pages.lessons.path import LECTURE
from pages.widgets.charts import plot_config

#: Ink of text and axes in each scheme.
_INKS = {"light": "#2b2f2e", "dark": "#e4e8e7"}
_USUAL, _LECTURE = 13, 18
#: A figure in the lecture mode, pixels: it stands beside its control on a screen of 480.
_LECTURE_HEIGHT = 270


def show_title(text: str) -> None:
    """What a figure shows, above it; in the lecture mode its axes say it, and the figure has the room."""
    if not st.session_state.get(LECTURE):
        st.markdown(f"**{text}**")


def show_chart(
    figure: go.Figure,
    key: str,
    alt: str,
    place: st.delta_generator.DeltaGenerator | None = None,
    lecture: int = _LECTURE_HEIGHT,
) -> None:
    """Draws a figure of a lesson.

    Args:
        figure: the figure.
        key: of the element.
        alt: what it shows, for who does not see it.
        place: where it goes; the page if None.
        lecture: its greatest height in the lecture mode, pixels, where more or less stands above it than usually.
    """
    ink = _INKS.get(st.context.theme.type or "light", _INKS["light"])
    size = _LECTURE if st.session_state.get(LECTURE) else _USUAL
    font = {"size": size, "color": ink}
    figure.update_layout(font=font, legend={"font": font})
    figure.update_xaxes(tickfont=font, title_font=font).update_yaxes(tickfont=font, title_font=font)
    figure.update_traces(
        textfont=font, selector=lambda trace: getattr(trace, "text", None) is not None and "textfont" in trace
    )
    figure.update_annotations(font=font)
    if st.session_state.get(LECTURE) and figure.layout.height:
        figure.update_layout(height=min(figure.layout.height, lecture))
    target = place if place is not None else st
    target.plotly_chart(figure, key=key, alt=alt, config=plot_config(key, False))  # tools lie over legends on a phone
