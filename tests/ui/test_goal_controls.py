"""The slider beside the number boxes: a move counts, an old place sent by a browser that was not told yet does not."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _page() -> None:
    import streamlit as st

    from matgen_core.core.properties import PROPERTIES
    from pages.widgets.asking import goal_controls

    goal = goal_controls._ask_range(PROPERTIES["band_gap"])
    st.text(f"{goal}")
    if st.session_state.get("stop"):  # as a click elsewhere would, between the number and the slider
        st.session_state["band_gap_slides_undrawn"] = (1.0, 3.0)


def test_a_move_of_the_slider_is_taken() -> None:
    app = AppTest.from_function(_page, default_timeout=300).run()
    app.number_input(key="band_gap_low").set_value(1.7).run()
    assert app.slider(key="band_gap_slides").value == (1.7, 3.0)
    app.slider(key="band_gap_slides").set_value((1.0, 3.0)).run()
    assert app.number_input(key="band_gap_low").value == 1.0


def test_the_place_before_the_number_is_not_taken_for_a_move() -> None:
    app = AppTest.from_function(_page, default_timeout=300).run()
    app.session_state["stop"] = True
    app.number_input(key="band_gap_low").set_value(1.7).run()
    app.slider(key="band_gap_slides").set_value((1.0, 3.0)).run()
    assert app.number_input(key="band_gap_low").value == 1.7
    assert app.slider(key="band_gap_slides").value == (1.7, 3.0)
    app.slider(key="band_gap_slides").set_value((1.2, 3.0)).run()  # a real move, wherever to
    assert app.number_input(key="band_gap_low").value == 1.2
