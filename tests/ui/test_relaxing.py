"""Relaxation and the check of stability on request: real jobs in the run queue, kept, and cancelled."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.core.records import Candidate, Origin
from matgen_core.runs.store import open_store
from tests.unit.chem.known_cells import perovskite, salt

CRYSTALS = [Candidate(str(i), salt(5.6 + 0.02 * i), Origin("test")) for i in range(11)]


def page() -> None:
    import streamlit as st

    from pages.widgets.found.relaxing import show_relaxing, show_stability

    show_relaxing(st.session_state["crystals"])
    show_stability(st.session_state["picked"])


@pytest.fixture
def test() -> AppTest:
    app = AppTest.from_function(page, default_timeout=300)
    app.session_state["crystals"] = CRYSTALS
    app.session_state["picked"] = Candidate("p", perovskite(), Origin("test"))
    return app.run()


def follow(app: AppTest, state: str) -> None:
    """Draws the page anew until the job has ended."""
    while app.session_state[state].job.busy:
        app.run()
    app.run()
    assert not app.exception


def test_more_than_ten_are_relaxed_and_kept(test: AppTest) -> None:
    assert test.button(key="relax-crystals").label == "Relax 11"
    test.button(key="relax-crystals").click().run()
    follow(test, "relaxing")
    table = next(f.value for f in test.dataframe if "result" in f.value.columns)
    assert len(table) == 11
    assert not test.error
    (kept,) = open_store().list()
    assert (kept.kind, kept.state, kept.count, kept.name) == ("relaxation", "finished", 11, "11 crystals relaxed")
    assert {c.id for c in open_store().candidates(kept.id)} == {f"{i}-relaxed" for i in range(11)}


def test_the_verdict_of_a_displacement_is_shown_for_its_crystal_alone(test: AppTest) -> None:
    test.button(key="check-stability").click().run()
    follow(test, "stability")
    assert any("returns after a displacement by 0.05 Å" in m.value for m in test.markdown)
    test.session_state["picked"] = CRYSTALS[0]
    test.run()
    assert not any("returns" in m.value for m in test.markdown)
    assert not test.button(key="check-stability").disabled
