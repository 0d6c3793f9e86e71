"""The first page: examples lead to their pages and begin there, the last runs and the machine are named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page
from streamlit.testing.v1 import AppTest

from matgen_core.core.records import Candidate, Molecule, Origin, Progress
from matgen_core.runs.store import VARIABLE, open_store
from pages.kinds.crystal_examples import EXAMPLES
from pages.runs.jobs import Job
from pages.runs.notices import Followed
from pages.widgets.asking.examples import link_of
from tests.ui.browsing import come_to_rest

ROOT = Path(__file__).parents[2]
MOLECULE = Candidate("0-0", Molecule("CCO"), Origin("test"))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path / 'runs.sqlite'}")


Begin = Callable[[str], str]


@pytest.fixture
def begun() -> Iterator[Begin]:
    """Begins a run of a name; it is taken away whatever the test says: other tests read the pages that list it."""
    kept: list[str] = []

    def begin(name: str) -> str:
        kept.append(open_store().begin("molecules", {}, 0, name=name))
        return kept[-1]

    yield begin
    for run in kept:
        open_store().delete(run)


def open_home() -> AppTest:
    return AppTest.from_file(str(ROOT / "pages" / "explore" / "home.py"), default_timeout=300).run()


@pytest.mark.usefixtures("store")
def test_it_says_what_it_does_on_what_machine_and_what_ran_last() -> None:
    page = open_home()
    assert not page.exception
    assert not page.error
    assert {"run-transparent", "run-lead", "run-lesson"} <= {button.key for button in page.button}
    said = " ".join(caption.value for caption in page.caption)
    assert "No run yet" in said
    assert "checks passed" in said or "viewer" in said
    assert any("cores" in text.value for text in page.markdown)
    kept = open_store().begin("molecules", {}, 0, name="my alcohols")
    open_store().add(kept, [MOLECULE])
    open_store().end(kept, "finished", seconds=3.0)
    page = open_home()
    assert page.button(key=f"open-{kept}").label == "my alcohols"
    assert any("Molecules · finished · 1 ·" in caption.value for caption in page.caption)


def test_a_run_that_is_named_on_the_first_page_is_followed_while_the_page_is_open(
    page: Page, address: str, begun: Begin
) -> None:
    """Whichever process computes it: a page that says "running" draws itself anew when it is so no more."""
    store = open_store()
    kept = begun("followed on the first page")
    page.goto(address)
    page.get_by_text("Molecules · running · 0 ·").first.wait_for()  # a run begun later stands above others
    come_to_rest(page)
    store.add(kept, [MOLECULE])
    page.get_by_text("Molecules · running · 1 ·").first.wait_for()
    store.end(kept, "finished", seconds=3.0)
    page.get_by_text("Molecules · finished · 1 ·").first.wait_for()


def test_a_run_that_is_opened_is_followed_until_it_has_found_something(page: Page, address: str, begun: Begin) -> None:
    store = open_store()
    kept = begun("followed in Runs")
    page.goto(f"{address}/runs?run={kept}")
    page.get_by_text("No candidate had been generated yet.").wait_for()
    come_to_rest(page)
    store.add(kept, [MOLECULE])
    page.get_by_role("button", name="CSV", exact=True).wait_for()
    store.end(kept, "finished", seconds=3.0)


def test_the_link_of_an_example_says_all_that_it_asks_for() -> None:
    (example,) = [one for one in EXAMPLES if one.key == "transparent"]
    link = link_of(example)
    assert link["band_gap_ask"] == "range"
    assert (link["band_gap_low"], link["band_gap_high"]) == ("3.0", "8.0")
    assert (link["include"], link["exclude"]) == (["O"], ["Pb", "Cd"])
    page = AppTest.from_file(str(ROOT / "pages" / "design" / "crystals.py"), default_timeout=300)
    for key, value in link.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    assert not page.warning
    assert page.number_input(key="count").value == example.settings["count"]


def script() -> None:
    import streamlit as st

    from pages.runs.notices import tell_of_ended_runs

    st.title("another page")
    tell_of_ended_runs()
    st.markdown("below")


def place_of_what_is_below(page: AppTest) -> int:
    return next(place for place, each in page.main.children.items() if getattr(each, "value", "") == "below")


@pytest.mark.parametrize(("error", "said"), [(None, "Run done, candidates: 1,"), ("broken", "Run failed")])
def test_a_run_that_was_left_says_once_that_it_has_ended(error: str | None, said: str) -> None:
    page = AppTest.from_function(script, default_timeout=60)
    found = MOLECULE, replace(MOLECULE, id="a draft", stage="drafted")
    job = Job(1, begun=0.0, progress=Progress("assess", 1, 1, found), error=error)
    page.session_state["runs-followed"] = [Followed(job, "my alcohols", "the page of molecules")]
    page.run()
    assert not page.toast
    place = place_of_what_is_below(page)
    job.ended = 1.0
    page.run()
    assert [toast.value for toast in page.toast] == [toast.value for toast in page.toast if said in toast.value]
    assert len(page.toast) == 1
    assert "my alcohols" in page.toast[0].value
    page.run()
    assert not page.toast
    assert place_of_what_is_below(page) == place, "what moves is drawn anew, and loses what is typed or sorted in it"


def begun_by_an_example() -> None:
    import streamlit as st

    from pages.kinds.crystal_examples import EXAMPLES
    from pages.runs.run_recorder import begin_record
    from pages.widgets.asking.examples import begin_example

    begin_example("crystals", EXAMPLES[0])
    st.session_state["first"] = begin_record("crystals", 0, "an example").run
    st.session_state["second"] = begin_record("crystals", 0, "another").run


@pytest.mark.usefixtures("store")
def test_the_run_of_an_example_is_kept_with_its_settings() -> None:
    page = AppTest.from_function(begun_by_an_example, default_timeout=60).run()
    assert not page.exception
    kept = open_store().get(page.session_state["first"]).settings
    assert (kept["band_gap_ask"], kept["band_gap_low"], kept["exclude"]) == (["range"], ["3.0"], ["Pb", "Cd"])
    assert open_store().get(page.session_state["second"]).settings == {}
