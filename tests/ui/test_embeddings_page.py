"""The embedding explorer without a browser: both spaces open, what is typed is found, what is wrong is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[2] / "pages" / "explore" / "embeddings.py")


def open_page(space: str) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=120)
    page.query_params["space"] = space
    page.run()
    assert not page.exception
    return page


@pytest.mark.parametrize("space", ["crystals", "molecules"])
def test_both_spaces_open_without_complaint(space: str) -> None:
    page = open_page(space)
    assert not page.error
    assert page.title[0].value == "Embeddings"
    assert any("known materials" in caption.value for caption in page.caption)


def test_a_search_lists_the_most_alike_first() -> None:
    page = open_page("crystals")
    page.text_input(key="search-crystals").set_value("Ti2Sr2O6").run()
    assert not page.error
    tables = [frame.value for frame in page.dataframe if "distance" in frame.value]
    assert tables[0]["name"].iloc[0] == "SrTiO3"
    assert tables[0]["distance"].iloc[0] == 0.0


@pytest.mark.parametrize(
    ("space", "text"),
    [("crystals", "Xx2"), ("crystals", "<script>"), ("molecules", "c1cc"), ("molecules", "=cmd()")],
)
def test_what_cannot_be_searched_is_said(space: str, text: str) -> None:
    page = open_page(space)
    page.text_input(key=f"search-{space}").set_value(text).run()
    assert not page.exception
    assert page.error


def test_the_way_leads_from_one_crystal_to_another_and_names_what_is_unknown() -> None:
    page = open_page("crystals")
    steps = page.radio(key="step").options
    assert len(steps) == page.slider(key="steps").value
    page.text_input(key="from-crystals").set_value("Zz9").run()
    assert any("Zz9" in error.value for error in page.error)


def test_groups_colour_the_map() -> None:
    page = open_page("molecules")
    page.selectbox(key="colour-molecules").set_value("group").run()
    assert not page.exception
    assert page.slider(key="groups").value == 6
