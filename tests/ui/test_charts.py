"""What the camera of a plot saves."""

from __future__ import annotations

import streamlit as st

from pages.widgets.charts import FORMAT, plot_config


def test_pixels_are_fit_for_print_and_lines_need_none() -> None:
    assert plot_config("a b/c")["toImageButtonOptions"] == {"format": "png", "filename": "a_b_c", "scale": 3}
    st.session_state[FORMAT] = "svg"
    try:
        assert plot_config("hull")["toImageButtonOptions"] == {"format": "svg", "filename": "hull", "scale": 1}
    finally:
        del st.session_state[FORMAT]


def test_a_small_plot_has_the_camera_alone() -> None:
    assert plot_config("x", tools=False)["modeBarButtons"] == [["toImage"]]
    assert "modeBarButtons" not in plot_config("x")
