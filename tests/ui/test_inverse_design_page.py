"""The loop's page without a browser: what is asked runs, the funnel and the files are there, bad input is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import matgen_core.workflows.design
import pages.runs.jobs
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import PLACED, Candidate, Progress
from matgen_core.kinds.registry import load_kind
from matgen_core.kinds.rules import Rules, judge_crystals
from matgen_core.runs.store import open_store
from matgen_core.workflows.loop import Budget, DesignRun
from matgen_core.workflows.loosening import judge_again
from pages.runs.jobs import Job
from pages.widgets.design_run import Loop

APP = str(Path(__file__).parents[2] / "pages" / "design" / "inverse_design.py")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, found: tuple[Candidate, ...]) -> list[dict[str, Any]]:
    """What the page asks of the loop, which answers at once with rutile, rock salt and zincite."""
    calls: list[dict[str, Any]] = []

    def design_until(
        kind: str, target: Target, budget: Budget, *, before: DesignRun[Any], on_progress: Any, **kept: Any
    ) -> DesignRun[Any]:
        calls.append({"target": target, "budget": budget, "before": before, **kept})
        candidates = judge_crystals(found, before.rules)
        on_progress(Progress("done", 1, budget.want, candidates))
        return DesignRun(candidates, before.rules, 0, 3, 2.0, "time")

    def submit(work: Any, total: int, *_: object, take: Any) -> Job:
        job = Job(total, take=take)
        job.run(work)
        return job

    monkeypatch.setattr(matgen_core.workflows.design, "design_until", design_until)
    monkeypatch.setattr(pages.runs.jobs, "submit", submit)
    return calls


def open_page(**link: str | list[str]) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=300)
    for key, value in link.items():
        page.query_params[key] = value
    return page.run()


def words(page: AppTest) -> str:
    return " ".join(str(element.value) for element in (*page.markdown, *page.info, *page.caption, *page.error))


def start(page: AppTest) -> AppTest:
    return page.button(key="go").click().run()


def test_it_opens_and_says_what_it_does() -> None:
    page = open_page()
    assert not page.exception
    assert not page.error
    assert "with its reason" in words(page)


def test_what_the_controls_say_is_what_runs(asked: list[dict[str, Any]]) -> None:
    link = {"band_gap_ask": "value", "band_gap_value": "3.0", "want": "5", "seconds": "30", "toxic": "true"}
    page = start(open_page(**link, max_hull="0.2", known="true"))
    assert not page.exception
    (call,) = asked
    assert call["target"].goals == {"band_gap": Goal.at(3.0)}
    assert (call["budget"].want, call["budget"].seconds) == (5, 30.0)
    assert call["before"] == DesignRun(rules=Rules(max_e_above_hull=0.2, toxic=True, known=True)), "a run from nothing"


def test_the_funnel_the_table_and_the_files_are_there(asked: list[dict[str, Any]]) -> None:
    page = start(open_page(band_gap_ask="value", band_gap_value="3.0"))
    assert not page.exception
    assert "Time limit reached; 1 found." in words(page)
    kinds = [element.type for element in page.main]
    assert kinds, "something is shown"
    assert len(page.get("plotly_chart")) >= 3, "funnel, plot, hull"
    assert "Band gap" in " ".join(str(e.proto.body) for e in page.get("html"))
    assert next(len(frame.value) for frame in page.dataframe) == 1, "only rutile passed"
    assert len(page.get("download_button")) >= 4


def test_it_goes_on_where_it_stopped(asked: list[dict[str, Any]]) -> None:
    page = start(open_page(band_gap_ask="value", band_gap_value="3.0"))
    page = page.button(key="go-on").click().run()
    assert len(asked) == 2
    assert asked[1]["before"].drawn == 3
    page = page.number_input(key="band_gap_value").set_value(1.0).run()
    assert page.button(key="go-on").disabled, "other targets are another run"


def test_where_none_passes_the_reasons_stay(asked: list[dict[str, Any]]) -> None:
    page = start(open_page(band_gap_ask="value", band_gap_value="3.0", max_hull="0.0", include="Pb", toxic="true"))
    page = page.slider(key="max_hull").set_value(0.0).run()
    assert not page.exception
    assert "1 found" in words(page) or "No candidate passes" in words(page)
    assert len(table_of(page, "fails")) >= 1


def test_what_contradicts_is_said_before_it_runs(asked: list[dict[str, Any]]) -> None:
    page = open_page(include="Pb")
    assert "excluded as toxic" in page.error[0].value
    assert page.button(key="go").disabled
    assert not open_page(include="Pb", toxic="true").error


def test_a_link_that_asks_for_what_cannot_be_is_named() -> None:
    page = open_page(want="0", seconds="nan", loop_filters="NIH")
    said = " ".join(w.value for w in page.warning)
    assert "want" in said
    assert "seconds" in said
    assert "loop_filters" in said
    assert not page.exception


def test_an_error_of_the_loop_is_shown_in_words(asked: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise BadTarget("no space group can hold it; allow more atoms")

    monkeypatch.setattr(matgen_core.workflows.design, "design_until", broken)
    page = start(open_page())
    assert "allow more atoms" in page.error[0].value
    assert not page.exception


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    """The page's own job with the real loop, run to its end in this thread."""
    jobs: list[Job] = []

    def submit(work: Any, total: int, *_: object, take: Any) -> Job:
        job = Job(total, take=take)
        jobs.append(job)
        job.run(work)
        return job

    monkeypatch.setattr(pages.runs.jobs, "submit", submit)
    return jobs


@pytest.mark.parametrize("what", ["crystals", "compositions", "molecules"])
def test_start_works_with_the_settings_as_the_page_opens(what: str, at_once: list[Job]) -> None:
    # Crystals with another number wanted alone, for time: one is found in the first batches.
    page = start(open_page(what=what, **({"want": "1"} if what == "crystals" else {})))
    assert not page.exception
    assert not page.error, words(page)
    (job,) = at_once
    assert job.error is None
    assert len(job.candidates) > 0
    assert "Found" in words(page) or "Time limit reached" in words(page)
    assert page.get("plotly_chart"), "the funnel at least"


def test_molecules_have_their_own_controls_and_results(at_once: list[Job]) -> None:
    page = start(open_page(what="molecules", logp_ask="value", logp_value="2.0", want="3"))
    assert not page.exception
    (job,) = at_once
    found = [c for c in job.candidates if (v := c.verdict("target:logp")) is not None and v.passed]
    assert len(found) >= 3
    assert "Found" in words(page)
    page = page.button(key="go-on").click().run()
    assert not page.exception
    assert len(at_once[1].candidates) >= len(job.candidates), "what was found stays when it goes on"


def test_a_kept_run_goes_on(asked: list[dict[str, Any]], found: tuple[Candidate, ...]) -> None:
    run = open_store().begin("design-crystals", {}, 4)
    open_store().add(run, judge_crystals(found, Rules()))
    page = open_page(resume=run, band_gap_ask="value", band_gap_value="3.0")
    assert not page.exception
    assert "From an earlier run; 1 found." in words(page)
    page.button(key="go-on").click().run()
    before = asked[0]["before"]
    assert (before.seed, before.drawn, len(before.candidates)) == (4, load_kind("crystals").batches.end_after(2), 3)
    page = open_page(resume="nothing")
    assert "no run" in page.warning[0].value


def test_a_run_that_goes_on_is_stored_without_the_batch_that_was_cut_short(
    asked: list[dict[str, Any]], found: tuple[Candidate, ...]
) -> None:
    """Its rows are drawn again, under names of today's version; a draft of the former name would stay beside them."""
    run, first = open_store().begin("design-crystals", {}, 4), load_kind("crystals").batches.end_after(2)
    cut = [replace(found[0], id=f"4-{first + i:04d}", origin=replace(found[0].origin, index=first + i)) for i in (0, 1)]
    unfinished = replace(cut[1], stage=PLACED, predictions={}, verdicts=())
    open_store().add(run, [*judge_crystals(found, Rules()), *judge_crystals(cut[:1], Rules()), unfinished])
    page = open_page(resume=run)
    page.button(key="go-on").click().run()
    assert not page.exception
    new = next(kept for kept in open_store().list() if kept.id != run)
    assert [c.id for c in open_store().candidates(new.id)] == [c.id for c in found]
    assert len(open_store().candidates(run)) == 5, "the former run stays as it is"


# ------------------------------------------------------------------------------------------------------ near misses


def table_of(page: AppTest, column: str) -> Any:
    return next(frame.value for frame in page.dataframe if column in frame.value.columns)


def test_what_is_rejected_is_a_table_with_the_rule_that_each_fails(asked: list[dict[str, Any]]) -> None:
    page = start(open_page(band_gap_ask="value", band_gap_value="3.0"))
    assert not page.exception
    table = table_of(page, "fails")
    assert len(table) == 2, "rock salt and zincite"
    assert (table["count"].diff().dropna() >= 0).all(), "the nearest first"
    assert table["fails"].str.len().all()
    assert table["why"].str.len().all()


def test_a_button_loosens_the_rule_and_judges_what_was_drawn_again(found: tuple[Candidate, ...]) -> None:
    rules, target = Rules(), Target({"band_gap": Goal.at_least(5.5)})
    judged = judge_again(judge_crystals(found, rules), rules, target)
    run = DesignRun(judged, rules, 0, 3, 1.0, "time")
    assert not run.listed
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["loop"] = Loop("crystals", target, rules, Job(begun=0.0, ended=1.0), run)
    for key, value in {"band_gap_ask": "range", "band_gap_low": "5.5", "band_gap_high": "8.0"}.items():
        page.query_params[key] = value
    page.run()
    near = next(c for c in judged if c.id == page.session_state["rejected-pick"].shown)
    page.button(key="loosen-target:band_gap").click().run()
    assert not page.exception
    loop = page.session_state["loop"]
    goal = loop.target.goals["band_gap"]
    assert (goal.low, goal.high) == (near.value("band_gap"), None)
    assert page.session_state["band_gap_low"] == goal.low
    assert next(c for c in loop.run.candidates if c.id == near.id).verdict("target:band_gap").passed
    assert loop.run.drawn == 3, "nothing is drawn anew"
    assert not page.button(key="go-on").disabled, "the run can go on by the looser rules"


def test_a_run_that_drew_nothing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["loop"] = Loop(
        "crystals", Target(), Rules(), Job(begun=0.0, ended=1.0), DesignRun((), Rules(), 0, 0, 1.0, "time")
    )
    page.run()
    assert not page.exception
    assert "No candidate was generated" in words(page)
