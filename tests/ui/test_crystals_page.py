"""The page without a browser: what the controls say is what is asked, and every bad input gets its words."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import pages.runs.jobs
from matgen_core.core.errors import DamagedCheckpoint
from matgen_core.core.goals import Goal, Target
from matgen_core.core.records import Candidate, Progress
from matgen_core.core.settings import CrystalSettings
from pages.runs.jobs import Job
from pages.runs.progress import progress_words

APP = str(Path(__file__).parents[2] / "pages" / "design" / "crystals.py")


def open_page(**link: str | list[str]) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=300)
    for key, value in link.items():
        page.query_params[key] = value
    return page.run()


def with_run(candidates: tuple[Candidate, ...], target: Target, **job: Any) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["crystals-job"] = Job(
        3, begun=0.0, ended=1.0, progress=Progress("done", len(candidates), 3, candidates), **job
    )
    page.session_state["crystals-asked"] = target, CrystalSettings()
    return page.run()


# --------------------------------------------------------------------------------------------------------- asking


def test_it_opens_without_a_word_of_complaint() -> None:
    page = open_page()
    assert not page.exception
    assert not page.error
    assert not page.warning
    assert page.title[0].value == "Crystals from targets"


def test_what_the_link_says_is_what_is_asked(asked: list[Any]) -> None:
    page = open_page(
        band_gap_ask="value",
        band_gap_value="2.5",
        formation_energy_ask="range",
        formation_energy_low="-2",
        formation_energy_high="-1",
        include=["O", "Fe"],
        exclude=["Pb"],
        max_atoms="12",
        crystal_system="cubic",
        count="7",
        seed="42",
        guidance="2.0",
        sampler="ddim",
        steps="50",
    )
    page.button(key="go").click().run()
    assert not page.exception
    ((target, count, seed, settings),) = asked
    assert target.goals == {"band_gap": Goal.at(2.5), "formation_energy": Goal.between(-2, -1)}
    assert target.constraints.include == {"O", "Fe"}
    assert target.constraints.exclude == {"Pb"}
    assert (target.constraints.max_atoms, target.constraints.crystal_system) == (12, "cubic")
    assert (count, seed, settings.guidance, settings.sampler, settings.steps) == (7, 42, 1.0, "ddim", 50)


def test_a_link_of_an_older_version_keeps_the_meaning_of_its_guidance(asked: list[Any]) -> None:
    for link in ({"guidance": "3.5"}, {"strength": "2.5"}):
        page = open_page(**link)
        assert not page.warning
        page.button(key="go").click().run()
        assert "guidance" not in page.query_params
    assert [settings.guidance for *_, settings in asked] == [2.5, 2.5]


def test_what_an_older_link_asks_for_in_vain_is_said_by_its_own_key_and_value() -> None:
    (said,) = [warning.value for warning in open_page(guidance="0.5").warning]
    assert "`guidance`" in said
    assert "0.5" in said
    assert "write `strength` in its place, write a number from 0 to 5" in said


def test_slider_and_box_say_the_same(asked: list[Any]) -> None:
    page = open_page(band_gap_ask="value")
    page.slider(key="band_gap_slide").set_value(3.3).run()
    assert page.number_input(key="band_gap_value").value == 3.3
    page.number_input(key="band_gap_value").set_value(12.0).run()
    assert page.slider(key="band_gap_slide").value == 8.0
    page.button(key="go").click().run()
    assert asked[0][0].goals == {"band_gap": Goal.at(12.0)}


def test_a_range_to_the_edge_of_the_data_is_open_there(asked: list[Any]) -> None:
    page = open_page(band_gap_ask="range", band_gap_low="3", band_gap_high="8", e_above_hull_ask="range")
    page.button(key="go").click().run()
    assert asked[0][0].goals == {"band_gap": Goal.at_least(3.0), "e_above_hull": Goal.at_most(0.1)}


def test_an_example_sets_the_controls_and_runs(asked: list[Any]) -> None:
    page = open_page(formation_energy_ask="value", formation_energy_value="-1")
    page.button(key="run-transparent").click().run()
    assert not page.exception
    assert len(asked) == 1
    assert asked[0][0].goals == {"band_gap": Goal.at_least(3.0)}
    assert asked[0][0].constraints.exclude == {"Pb", "Cd"}


# ------------------------------------------------------------------------------------------------------ bad input


def test_a_target_outside_the_data_is_flagged_and_allowed() -> None:
    page = open_page(band_gap_ask="value", band_gap_value="12")
    assert any("outside the training data" in w.value for w in page.warning)
    assert not page.button(key="go").disabled


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ({"formula": "=cmd()"}, "not a formula"),
        ({"formula": "<script>"}, "not a formula"),
        ({"formula": "../"}, "not a formula"),
        ({"formula": "Ca10P6O26H2"}, "raise the maximum"),
        ({"formula": "Fe2O3", "system": ["Fe", "S"]}, "outside the chemical system"),
        ({"include": "Fe", "exclude": "Fe"}, "both included and excluded"),
        ({"include": "Cu", "system": ["Fe", "O"]}, "Cu is included but"),
        ({"min_atoms": "30"}, "raise the maximum"),
        ({"band_gap_ask": "range", "band_gap_low": "3", "band_gap_high": "1"}, "reversed"),
    ],
)
def test_what_cannot_be_asked_is_said_and_not_run(link: dict[str, Any], said: str) -> None:
    page = open_page(**link)
    assert any(said in e.value for e in page.error)
    assert page.button(key="go").disabled
    assert not page.exception


@pytest.mark.parametrize(
    ("key", "text", "usual"),
    [
        ("count", "-5", 16),
        ("count", "0", 16),
        ("count", "1e9", 16),
        ("seed", "NaN", 0),
        ("max_atoms", "nan", 20),
        ("strength", "1e308", 1.0),
        ("steps", "inf", 10),
    ],
)
def test_a_bad_number_in_the_link_is_named_and_the_usual_one_used(key: str, text: str, usual: float) -> None:
    page = open_page(**{key: text})
    assert any(f"`{key}`" in w.value and f"`{text}`" in w.value for w in page.warning)
    assert not page.exception
    widget = page.slider(key=key) if key == "strength" else page.number_input(key=key)
    assert widget.value == usual


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("band_gap_ask", "<script>alert(1)</script>"),
        ("include", "Xx"),
        ("engine", "../../etc/passwd"),
        ("sampler", "`**bold**`"),
        ("crystal_system", "=cmd()"),
    ],
)
def test_a_bad_word_in_the_link_is_named_as_code(key: str, text: str) -> None:
    page = open_page(**{key: text})
    (warning,) = [w.value for w in page.warning if f"`{key}`" in w.value]
    assert f"`{text.replace('`', '·')}`" in warning
    assert not page.exception


# -------------------------------------------------------------------------------------------------------- results

GAP = Target({"band_gap": Goal.at(3.0)})


def test_shares_table_and_picked_structure(found: tuple[Candidate, ...]) -> None:
    page = with_run(found, GAP)
    assert not page.exception
    assert page.metric[0].label == "Band gap 3 ± 0.5 eV"
    assert page.metric[0].value == "1 / 3"
    assert "random" in page.metric[0].delta
    table = page.dataframe[0].value
    assert list(table["formula"]) == ["TiO₂", "NaCl", "ZnO"]
    assert list(table["met"]) == ["✓", "✗", "✗"]
    assert list(table["novelty"]) == ["unlisted structure", "known structure", "known structure"]
    assert any(s.value == "TiO₂ · P4₂/mnm" for s in page.subheader)


def test_what_is_ticked_filters_the_table(found: tuple[Candidate, ...]) -> None:
    page = with_run(found, GAP)
    page.pills(key="only").set_value(["stable"]).run()
    assert list(page.dataframe[0].value["formula"]) == ["TiO₂", "ZnO"]
    page.pills(key="only").set_value(["stable", "target", "new"]).run()
    assert list(page.dataframe[0].value["formula"]) == ["TiO₂"]


def test_a_filter_that_nothing_passes_says_so(found: tuple[Candidate, ...]) -> None:
    page = with_run(found[1:2], GAP)
    page.pills(key="only").set_value(["target"]).run()
    assert any("Untick one" in i.value for i in page.info)
    assert not page.exception


def test_the_picked_candidate_is_the_one_shown(found: tuple[Candidate, ...]) -> None:
    page = with_run(found, GAP)
    page.session_state["crystals-pick"].choose("0-0001")
    page.run()
    assert any(s.value.startswith("NaCl") for s in page.subheader)


def test_without_the_viewer_the_page_draws_flat_and_names_the_remedy(
    found: tuple[Candidate, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("pages.kinds.structure_view.SCRIPT", tmp_path / "absent.js")
    page = with_run(found, GAP)
    assert any("matgen viewer" in i.value for i in page.info)
    assert not page.exception


def test_a_failed_run_says_so_and_keeps_what_was_found(found: tuple[Candidate, ...]) -> None:
    page = with_run(found, GAP, error="checkpoint 'crystal-gpt' cannot be read; restore it")
    assert any("restore it" in e.value for e in page.error)
    assert len(page.dataframe[0].value) == 3


def test_a_cancelled_run_keeps_what_was_found(found: tuple[Candidate, ...]) -> None:
    stop = threading.Event()
    stop.set()
    page = with_run(found[:1], GAP, stop=stop)
    assert any(i.value == "Cancelled. 1 candidate was found." for i in page.info)
    assert len(page.dataframe[0].value) == 1


def test_of_a_cancelled_run_the_drafts_are_not_said_to_be_found(found: tuple[Candidate, ...]) -> None:
    stop = threading.Event()
    stop.set()
    drafts = tuple(replace(candidate, stage="drafted") for candidate in found[1:])
    page = with_run((*found[:1], *drafts), GAP, stop=stop)
    assert any(i.value == "Cancelled. 1 candidate was found." for i in page.info)
    assert any(c.value.startswith("1 kept of 3 generated") for c in page.caption)


# ----------------------------------------------------------------------------------------------------------- jobs


def test_a_job_keeps_what_was_reported_when_its_work_fails(
    found: tuple[Candidate, ...], caplog: pytest.LogCaptureFixture
) -> None:
    def work(report: Any, stop: Any) -> tuple[Candidate, ...]:
        report(Progress("assess", 2, 3, found[:2]))
        raise ZeroDivisionError("secret detail")

    job = Job(3)
    job.run(work)
    assert job.candidates == found[:2]
    assert job.error is not None
    assert "secret" not in job.error
    assert "secret detail" in caplog.text


def test_a_job_says_what_its_user_can_mend() -> None:
    def work(report: Any, stop: Any) -> tuple[Candidate, ...]:
        raise DamagedCheckpoint("restore it")

    job = Job()
    job.run(work)
    assert (job.error, job.busy) == ("restore it", False)


def test_a_job_cancelled_while_it_waits_never_begins() -> None:
    job = Job()
    job.stop.set()
    job.run(lambda report, stop: pytest.fail("it began"))
    assert not job.busy


def test_time_left_follows_the_pace_and_the_share_never_passes_the_end() -> None:
    job = Job(10)
    assert job.seconds_left is None
    assert job.share == 0.0
    job = Job(10, expected=2.0, begun=0.0, ended=5.0)
    assert job.seconds_left == pytest.approx(15.0)
    assert job.share == pytest.approx(0.25)
    job.progress = Progress("done", 10, 10)
    assert job.share == 1.0


def test_the_work_says_how_many_there_are_and_no_more_is_done_than_that() -> None:
    job = Job(None, begun=0.0, ended=5.0)
    assert job.seconds_left is None
    job.progress = Progress("assess", 3040, None)
    assert job.seconds_left is None
    assert job.share == 0.0
    assert progress_words(job) == "3040 so far · checking · 5 s so far"
    job = Job(8, begun=0.0, ended=5.0, progress=Progress("assess", 10, 20))
    assert job.seconds_left == pytest.approx(5.0)
    assert job.share == pytest.approx(0.5)
    assert progress_words(job) == "10 of 20 · checking · about 5 s left"


def test_the_time_of_a_first_count_is_not_that_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A generator is tuned in steps, then draws: its candidates do not take as long as the steps."""
    now = [100.0]
    monkeypatch.setattr(pages.runs.jobs.time, "monotonic", lambda: now[0])
    job, said = Job(10), list[str]()

    def work(report: Any, stopped: Any) -> None:
        for seconds, progress in (
            (50, Progress("tune", 5, 10)),
            (50, Progress("tune", 10, 10)),
            (0, Progress("generate", 0, 10)),
            (2, Progress("generate", 2, 10)),
        ):
            now[0] += seconds
            report(progress)
            said.append(progress_words(job))

    job.run(work)
    assert said[0] == "5 of 10 · tuning the generator · about 50 s left"
    assert said[-1] == "2 of 10 · generating · about 8 s left"


# ------------------------------------------------------------------------------------- types, systems, what is handed


@pytest.mark.parametrize("formula", ["ABX3", "ABO3", "A2BX6", "Li3PS4"])
def test_a_type_of_formula_is_asked_for_like_a_formula(asked: list[Any], formula: str) -> None:
    page = open_page(formula=formula)
    assert not page.error
    page.button(key="go").click().run()
    assert asked[0][0].constraints.formula == formula


def test_a_system_in_the_field_of_the_formula_is_a_system(asked: list[Any]) -> None:
    open_page(formula="Li-P-S").button(key="go").click().run()
    constraints = asked[0][0].constraints
    assert (constraints.formula, constraints.chemical_system) == (None, {"Li", "P", "S"})


def test_a_structure_type_is_asked_for_by_name_in_the_link_and_on_the_page(asked: list[Any]) -> None:
    page = open_page(structure_type="Rutile (C4)")
    page.button(key="go").click().run()
    assert asked[0][0].constraints.structure_type == "Rutile (C4)"
    page.selectbox(key="structure_type").set_value("Spinel (H1_1)").run()
    page.number_input(key="max_atoms").set_value(12).run()
    assert page.button(key="go").disabled
    assert any("Spinel (H1_1) has 14 atoms" in str(getattr(element, "value", "")) for element in page.main)


def test_a_disabled_button_says_why_right_above_it() -> None:
    page = open_page(formula="ABX3", max_atoms="4")
    assert page.button(key="go").disabled
    controls = [str(getattr(element, "value", "")) for element in page.main]
    assert any("ABX3 has 5 atoms" in text for text in controls)


def test_toxic_and_radioactive_elements_are_left_out_but_not_what_is_asked_for(asked: list[Any]) -> None:
    page = open_page(no_radioactive="true", no_toxic="true", include="Pb")
    assert not page.error
    page.button(key="go").click().run()
    excluded = asked[0][0].constraints.exclude
    assert {"U", "Pm", "Cd", "Hg"} <= excluded
    assert "Pb" not in excluded


def test_a_formula_that_is_handed_over_begins_at_once(asked: list[Any]) -> None:
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["handed-crystals"] = "AlCo2Ru"
    page.query_params["formula"], page.query_params["max_atoms"] = "AlCo2Ru", "16"
    page.run()
    assert not page.exception
    assert [call[0].constraints.formula for call in asked] == ["AlCo2Ru"]
    page.run()
    assert len(asked) == 1, "once"


def test_the_table_holds_the_score_that_orders_it(found: tuple[Candidate, ...]) -> None:
    page = with_run(found, Target({"band_gap": Goal.at(3.0)}))
    assert list(page.dataframe[0].value["score"]) == [c.score for c in found]


def test_a_target_of_density_is_asked_and_the_page_says_that_generation_is_not_told_of_it(asked: list[Any]) -> None:
    page = open_page(density_ask="value", density_value="3")
    (warning,) = page.warning
    assert warning.value.startswith("Density: the networks were not trained on it")
    page.button(key="go").click().run()
    assert asked[0][0].goals == {"density": Goal.at(3.0)}
    japanese = open_page(lang="ja", density_ask="value", density_value="3")
    assert japanese.warning[0].value.startswith("密度: ネットワークはこの特性を学習していないため")
