"""A run may end at any moment of the drawing of its page: the button, the bar and the words agree all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.core.goals import Target
from matgen_core.core.records import (
    Candidate,
    Formula,
    Molecule,
    Origin,
    Progress,
)
from matgen_core.kinds.registry import NAMES, load_kind
from matgen_core.kinds.rules import Rules
from pages.runs.jobs import Job
from pages.widgets.design_run import Loop
from pages.widgets.screening.source import Screened

ROOT = Path(__file__).parents[2]
PAGES = ("crystals", "compositions", "molecules", "inverse_design", "screening")


class Ending(Job):
    """A job that ends, as its worker would end it, when it is looked at for the n-th time."""

    looks = 0
    last = 0

    @property
    def busy(self) -> bool:
        self.looks += 1
        if self.looks >= self.last:
            self.ended = 1.0
        return self.ended is None


def made(page: str, last: int) -> tuple[AppTest, Ending]:
    """The page with a run that its user has cancelled and that has found something, ending at the n-th look."""
    origin = Origin("test", "", 0, 0)
    material: Any = Molecule("CCO") if page == "molecules" else Formula("BaTiO3")
    found = (Candidate("a", material, origin),) if page not in ("crystals", "screening") else ()
    job = Ending(3, begun=0.0, progress=Progress("assess", 1, 3, found))
    job.last = last
    job.stop.set()
    test = AppTest.from_file(str(ROOT / "pages" / "design" / f"{page}.py"), default_timeout=300)
    held: dict[str, Any] = {f"{page}-job": job}
    if page in NAMES:
        held[f"{page}-asked"] = (Target(), load_kind(page).settings())
    if page == "inverse_design":
        held = {"loop": Loop("compositions", Target(), Rules(), job)}
    if page == "screening":
        held = {"screening": Screened("x", Rules(), job)}
    for key, value in held.items():
        test.session_state[key] = value
    return test, job


@pytest.mark.parametrize("page", PAGES)
def test_whenever_the_run_ends_the_button_can_be_pressed_again(page: str) -> None:
    still_busy = False
    for last in range(1, 12):
        test, job = made(page, last)
        test.run()
        assert not test.exception, test.exception
        busy = job.ended is None
        if page != "screening":  # its button waits for a source, too
            assert test.button(key="go").disabled == busy, f"ended at look {last}"
        assert any(button.key == "cancel" for button in test.button) == busy, f"ended at look {last}"
        said = " ".join(str(e.value) for e in (*test.info, *test.markdown))
        assert not (busy and "Cancelled" in said)
        if busy:
            still_busy = True
            break
    assert still_busy, "the drawing asks the job more often than this test ends it"


@pytest.mark.parametrize("page", PAGES[:4])
def test_cancel_reaches_the_run_also_when_the_whole_page_is_drawn(page: str) -> None:
    """On a busy machine the click comes together with a change elsewhere, and both are one drawing."""
    test, job = made(page, 10**6)
    job.stop.clear()
    test.run()
    assert not job.stop.is_set()
    test.button(key="cancel").click().run()
    assert not test.exception, test.exception
    assert not test.error
    assert job.stop.is_set()
    assert test.button(key="cancel").disabled
