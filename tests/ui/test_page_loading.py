"""A page's title stands before its modules are imported."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.runs.page_loading import modules_of, script_of

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(set(re.findall(r'st\.Page\("(pages/\w+/\w+\.py)"', (ROOT / "app.py").read_text(encoding="utf-8"))))


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_page_of_the_app_is_found_with_its_modules(script: str) -> None:
    found = script_of(Path(script).stem)
    assert found == ROOT / script
    assert modules_of(found)


def test_an_unknown_address_has_no_script() -> None:
    assert script_of("no_such_page") is None


def _page() -> None:
    from unittest.mock import patch

    import streamlit as st

    from pages.runs import page_loading

    def seen(name: str) -> None:
        st.session_state.setdefault("imported", []).append(name)

    with (
        patch.object(page_loading, "modules_of", lambda _script: ("pages.not_there_yet",)),
        patch.object(page_loading.importlib, "import_module", seen),
        patch.object(
            st, "title", lambda text, **_: st.session_state.setdefault("imported", []).append(f"title {text}")
        ),
    ):
        page_loading.load_page("runs", "Runs")
        page_loading.load_page("no_such_page", "None")


def _page_and_what_is_below() -> None:
    from unittest.mock import patch

    import streamlit as st

    from pages.runs import page_loading

    missing = () if st.session_state.get("there") else ("pages.not_there_yet",)
    with (
        patch.object(page_loading, "modules_of", lambda _script: missing),
        patch.object(page_loading.importlib, "import_module", lambda _name: None),
    ):
        page_loading.load_page("runs", "Runs")
    st.markdown("below")


def test_nothing_moves_once_the_modules_are_there() -> None:
    """What moves is drawn anew, and loses what is being typed in it."""
    page = AppTest.from_function(_page_and_what_is_below, default_timeout=60).run()
    assert not page.exception
    before = [place for place, each in page.main.children.items() if getattr(each, "value", "") == "below"]
    page.session_state["there"] = True
    page.run()
    assert [place for place, each in page.main.children.items() if getattr(each, "value", "") == "below"] == before


def test_the_title_comes_before_the_imports_and_goes_with_them() -> None:
    page = AppTest.from_function(_page, default_timeout=60).run()
    assert not page.exception
    assert page.session_state["imported"] == ["title Runs", "pages.not_there_yet"]
    assert not page.caption, "the word of what is loaded is gone"
    assert "pages.not_there_yet" not in sys.modules
