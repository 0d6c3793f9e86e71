"""Laws of the pick: what the reader chose stays, what shows of itself stays while a run goes on, the table follows."""

from __future__ import annotations

import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.widgets.found.selection import Pick


def test_of_itself_the_first_is_shown() -> None:
    pick = Pick("run")
    pick.settle(["a", "b"], running=False)
    assert (pick.shown, pick.row) == ("a", 0)


def test_while_a_run_goes_on_what_is_shown_stays_and_at_its_end_the_best_comes() -> None:
    pick = Pick("run")
    pick.settle(["a"], running=True)
    pick.settle(["b", "a"], running=True)
    assert (pick.shown, pick.row) == ("a", 1)
    pick.settle(["c", "b", "a"], running=False)
    assert (pick.shown, pick.row) == ("c", 0)


def test_what_the_reader_chose_stays_whatever_comes_and_returns_after_a_filter() -> None:
    pick = Pick("run")
    pick.settle(["a", "b"], running=True)
    pick.choose("b")
    pick.settle(["c", "a", "b"], running=True)
    assert pick.shown == "b"
    pick.settle(["c", "a"], running=False)
    assert pick.shown == "c"
    pick.settle(["c", "a", "b"], running=False)
    assert pick.shown == "b"


def test_a_table_that_tells_of_its_own_mark_has_not_been_clicked() -> None:
    """Whenever a table is new, the browser sends back the row that is marked in it."""
    pick = Pick("run")
    pick.settle(["a"], running=True)
    pick.settle(["b", "a"], running=True)
    st.session_state["table"] = {"selection": {"rows": [1]}}
    pick._choose_row("table", pick.ids)
    assert pick.chosen is None
    pick.settle(["c", "b", "a"], running=False)
    assert pick.shown == "c", "the best, once the run has ended"
    st.session_state["table"] = {"selection": {"rows": [2]}}
    pick._choose_row("table", pick.ids)
    st.session_state["table"] = {"selection": {"rows": [0]}}
    pick._choose_row("table", pick.ids)  # back again before the page was drawn
    pick.settle(["d", "c", "b", "a"], running=True)
    assert pick.shown == "c"


def test_the_table_is_a_new_one_only_where_another_row_must_be_marked() -> None:
    pick = Pick("run")
    pick.settle(["a", "b"], running=False)
    before = pick.turn
    pick.settle(["a", "b", "c"], running=False)
    assert pick.turn == before
    pick.choose("c")
    pick.settle(["a", "b", "c"], running=False)
    assert pick.turn == before + 1
    pick.settle(["d", "a", "b", "c"], running=False)  # the same one, a row further down
    assert (pick.turn, pick.row) == (before + 2, 3)


def test_a_table_in_another_order_is_a_new_one_so_that_a_click_in_the_old_names_what_it_showed() -> None:
    """While results re-rank, a browser may still show the order of one drawing before."""
    pick = Pick("run")
    pick.settle(["a", "b", "c"], running=True)
    old, shown = pick.turn, pick.ids
    pick.settle(["a", "c", "b"], running=True)  # the marked row is the same; the others are not
    assert pick.turn == old + 1
    st.session_state["table"] = {"selection": {"rows": [1]}}
    pick._choose_row("table", shown)  # a click in the table as it was
    pick.settle(["a", "c", "b"], running=True)
    assert (pick.shown, pick.row) == ("b", 2)
    assert pick.turn == old + 2, "another row must be marked"


def _page() -> None:
    import streamlit as st

    from matgen_core.core.records import Candidate, Formula, Origin
    from pages.widgets.found.selection import follow_pick

    run = st.text_input("run", "first")
    found = [Candidate(n, Formula(f"NaCl{k + 2}"), Origin("test", index=k)) for k, n in enumerate("ab")]
    pick = follow_pick("test", run, found)
    st.button("choose b", on_click=pick.choose, args=("b",))
    st.text(pick.of(found).id)


def test_a_choice_ends_with_its_run() -> None:
    page = AppTest.from_function(_page, default_timeout=300).run()
    assert page.text[0].value == "a"
    page.button[0].click().run()
    assert page.text[0].value == "b"
    page.run()
    assert page.text[0].value == "b"
    page.text_input[0].set_value("second").run()
    assert page.text[0].value == "a"
