"""Kept runs: listed, opened, renamed, deleted, gone on with; a run of a page is kept as it goes."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.messages import Message
from matgen_core.core.records import (
    Candidate,
    Formula,
    Molecule,
    Origin,
    Prediction,
    Progress,
    Verdict,
)
from matgen_core.core.settings import MoleculeSettings
from matgen_core.runs.store import VARIABLE, Store, open_store
from pages.i18n.language import translate
from pages.kinds.registry import page_kind
from pages.runs.jobs import Job
from pages.runs.run_names import asked_message, run_name
from pages.runs.run_recorder import Recorder

APP = str(Path(__file__).parents[2] / "pages" / "explore" / "runs.py")


@pytest.fixture
def store() -> Store:
    return open_store()


def molecule(number: int) -> Candidate[Molecule]:
    prediction = {"logp": Prediction("logp", 2.0, None, "", "RDKit")}
    verdicts = (Verdict("valid", True), Verdict("duplicate", True), Verdict("novelty", True, "not known"))
    return Candidate(
        f"0-{number}", Molecule("C" * (number + 2)), Origin("smiles-gpt", "t", 0, number), prediction, verdicts
    )


def open_page(*rows: int) -> AppTest:
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["runs-open"] = [open_store().list()[row].id for row in rows]
    return page.run()


def words(page: AppTest) -> str:
    return " ".join(str(e.value) for e in (*page.markdown, *page.info, *page.caption, *page.error, *page.warning))


def test_the_best_stands_first_and_what_has_no_score_last(store: Store) -> None:
    run = store.begin("compositions", {}, 0)
    scores = {"MgO": 1020.0, "TiO2": 0.7, "CaO": None, "ZnO": 4.3}
    store.add(run, [Candidate(name, Formula(name), Origin("test"), score=score) for name, score in scores.items()])
    store.end(run, "finished")
    page = open_page(0)
    assert not page.exception
    table = next(frame.value for frame in page.dataframe if "formula" in frame.value)
    assert list(table["formula"]) == ["TiO₂", "ZnO", "MgO", "CaO"]
    assert any(title.value == "TiO₂" for title in page.subheader), "and is the one that is shown in full"


def test_before_the_first_run_it_says_so(store: Store) -> None:
    page = open_page()
    assert not page.exception
    assert "No run yet" in words(page)


def test_runs_are_listed_the_newest_first(store: Store) -> None:
    store.begin("crystals", {}, 1, name="first")
    store.begin("molecules", {}, 2, name="<b>second</b>")
    page = open_page()
    assert not page.exception
    assert list(page.dataframe[0].value["name"]) == ["<b>second</b>", "first"]


def test_a_run_of_crystals_and_one_of_molecules_open(store: Store, found: tuple[Candidate, ...]) -> None:
    one = store.begin("crystals", {"count": ["3"]}, 1)
    store.add(one, found)
    store.end(one, "finished")
    two = store.begin("molecules", {}, 2)
    store.add(two, [molecule(0), molecule(1)])
    for row, count in ((1, 3), (0, 2)):
        page = open_page(row)
        assert not page.exception, page.exception
        assert page.dataframe[0].value["count"][row] == count
        assert len(page.get("download_button")) >= 4
    both = open_page(0, 1)
    assert not both.exception
    assert "2 runs" in words(both)
    assert both.dataframe[1].value.shape[1] == 2


def test_runs_of_compositions_and_of_several_kinds_open_and_share_their_link(
    store: Store, found: tuple[Candidate, ...]
) -> None:
    prediction = {"band_gap": Prediction("band_gap", 2.0, 0.3, "eV", "test")}
    formula: Candidate[Formula] = Candidate("c", Formula("BaTiO3"), Origin("matgpt", "t", 0, 0), prediction)
    one = store.begin("compositions", {"band_gap_ask": ["value"], "include": ["Ba", "O"]}, 1)
    store.add(one, [formula])
    two = store.begin("screening", {}, 0)
    store.add(two, [*found, formula, molecule(0)])
    for row in (1, 0):
        page = open_page(row)
        assert not page.exception, page.exception
    assert "several kinds" in words(page)
    assert page.get("button"), "screening again is offered"
    link = open_page(1).code[0].value
    assert "compositions?band_gap_ask=value&include=Ba&include=O" in link
    both = open_page(0, 1)
    assert not both.exception
    assert both.dataframe[1].value.shape[1] == 2


def test_a_run_is_renamed_and_deleted_only_when_sure(store: Store) -> None:
    run = store.begin("crystals", {}, 1, name="old")
    store.end(run, "finished")
    page = open_page(0)
    page = page.text_input(key=f"name-{run}-en").set_value("new").run()
    assert store.get(run).name == "new", "Enter renames"
    page.text_input(key=f"name-{run}-en").set_value("  ").run()
    assert "a run needs a name" in words(page)
    assert store.get(run).name == "new"
    assert not [b for b in page.button if b.key == "delete"]
    page = open_page(0)
    page = page.toggle(key=f"sure-{run}").set_value(True).run()
    page = page.button(key="delete").click().run()
    assert store.list() == []
    assert "No run yet" in words(page)


def test_runs_of_an_older_version_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every kind, written by commit 47c020d."""
    written = Path(__file__).parents[1] / "cases" / "runs-47c020d.sqlite"
    monkeypatch.setenv(VARIABLE, f"sqlite:///{shutil.copy(written, tmp_path / 'runs.sqlite')}")
    runs = open_store().list()
    for row, run in enumerate(runs):
        page = open_page(row)
        assert not page.exception, (run.kind, page.exception)
        assert "damaged" not in words(page)
        assert page.text_input(key=f"name-{run.id}-en").value == run_name(run)
    both = open_page(*range(len(runs)))
    assert not both.exception


def test_people_who_are_kept_apart_do_not_mix(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATGEN_SEPARATE_RUNS", "1")
    store.begin("crystals", {}, 1, owner="somebody-else")
    assert "No run yet" in words(open_page())


def test_a_damaged_store_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "runs.sqlite").write_bytes(b"no database" * 500)
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path / 'runs.sqlite'}")
    page = open_page()
    assert not page.exception
    assert "move the file away" in page.error[0].value


# --------------------------------------------------------------------------------------------------- kept as it goes


def run_job(store: Store, work: Any) -> tuple[Job, str]:
    recorder = Recorder("molecules", {"seed": ["1"]}, 1, "")
    assert recorder.run is not None
    job = Job(3, recorder=recorder)
    job.run(work)
    return job, recorder.run


def test_what_a_page_shows_is_on_disk_before_it_is_shown(store: Store) -> None:
    def work(report: Any, stop: Any) -> tuple[()]:
        for number in range(3):
            report(Progress("assess", number, 3, tuple(molecule(i) for i in range(number + 1))))
            assert len(store.candidates(store.list()[0].id)) == number + 1
        return ()

    job, run = run_job(store, work)
    assert job.error is None
    assert [c.id for c in store.candidates(run)] == ["0-0", "0-1", "0-2"], "each once"
    assert (store.get(run).state, store.get(run).settings) == ("finished", {"seed": ["1"]})


def test_a_run_that_fails_keeps_what_it_had(store: Store) -> None:
    def work(report: Any, stop: Any) -> tuple[()]:
        report(Progress("assess", 1, 3, (molecule(0),)))
        raise BadTarget("the reason")

    _job, run = run_job(store, work)
    assert (store.get(run).state, store.get(run).message, store.get(run).count) == ("failed", "the reason", 1)


def test_a_store_that_fails_does_not_stop_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path / 'nowhere' / 'runs.sqlite'}")
    recorder = Recorder("molecules", {}, 1, "")
    assert "cannot be used" in recorder.problem
    job = Job(1, recorder=recorder)
    job.run(lambda report, stop: report(Progress("done", 1, 1, (molecule(0),))))
    assert job.error is None
    assert job.candidates == (molecule(0),)


# ------------------------------------------------------------------------------------------------ found and begun again


def test_after_a_deletion_no_other_run_is_ticked(store: Store) -> None:
    for name in ("first", "second", "third"):
        store.end(store.begin("crystals", {}, 1, name=name), "finished")
    page = open_page(1)
    run = store.list()[1].id
    page = page.toggle(key=f"sure-{run}").set_value(True).run()
    page = page.button(key="delete").click().run()
    assert [left.name for left in store.list()] == ["third", "first"]
    assert not page.text_input, "no run is open"


def test_a_link_opens_its_run(store: Store) -> None:
    run = store.begin("crystals", {}, 1, name="first")
    store.begin("crystals", {}, 1, name="second")
    page = AppTest.from_file(APP, default_timeout=300)
    page.query_params["run"] = run
    page.run()
    assert page.text_input(key=f"name-{run}-en").value == "first"


@pytest.mark.parametrize("kind", ["crystals", "compositions", "molecules", "inverse_design", "screening"])
def test_an_empty_page_leads_to_the_last_run(store: Store, kind: str) -> None:
    design = APP.replace("explore", "design").replace("runs.py", f"{kind}.py")
    stored = "design-molecules" if kind == "inverse_design" else kind
    store.begin("other", {}, 1, name="another kind")
    assert not [b for b in AppTest.from_file(design, default_timeout=300).run().button if b.key == "last-run"]
    store.begin(stored, {}, 1, name="older")
    store.begin(stored, {}, 1, name="the last one")
    page = AppTest.from_file(design, default_timeout=300).run()
    assert not page.exception
    assert page.button(key="last-run").label == "the last one"
    assert any("Your last run is in Runs" in caption.value for caption in page.caption)


def test_run_again_runs_and_a_run_is_named_by_what_was_asked(store: Store) -> None:
    page = AppTest.from_file(APP.replace("explore/runs", "design/compositions"), default_timeout=300)
    for key, value in {"include": ["O", "Ti"], "formulas": "1", "formula_seed": "5"}.items():
        page.query_params[key] = value
    page.session_state["begin-again"] = "compositions"
    page.run()
    job = page.session_state["compositions-job"]
    assert "begin-again" not in page.session_state, "once"
    (run,) = store.list()
    assert (run.name, run.kind, run.seed) == ("with O, Ti", "compositions", 5)
    job.cancel()
    while job.busy:  # its store goes with this test
        threading.Event().wait(0.05)


def test_a_name_of_the_app_is_read_in_the_language_of_the_reader_and_one_of_a_user_stays(
    store: Store, found: tuple[Candidate, ...]
) -> None:
    target = Target({"band_gap": Goal.at(2)}, Constraints(include=frozenset({"O"}), crystal_system="cubic"))
    for name in (asked_message(target), "cubic"):  # "cubic" has a translation, and is the user's here
        run = store.begin("crystals", {}, 1, name=name)
        store.add(run, found)
    store.end(run, "failed", Message("{name} is empty; give one row", name="a.csv"))
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["runs-open"] = [run.id for run in store.list()]
    page.query_params["lang"] = "ja"
    page.run()
    assert not page.exception
    japanese = "O を含む · 立方晶系 · バンドギャップ 2 ± 0.5 eV"
    assert list(page.dataframe[0].value["name"]) == ["cubic", japanese]
    assert [column[:-7] for column in page.dataframe[1].value.columns] == ["cubic", japanese]
    last = AppTest.from_file(APP.replace("explore/runs", "design/crystals"), default_timeout=300)
    store.delete(run)
    last.query_params["lang"] = "ja"
    assert last.run().button(key="last-run").label == japanese
    opened = AppTest.from_file(APP, default_timeout=300)
    opened.session_state["runs-open"] = [store.list()[0].id]
    for language, shown in (("ja", japanese), ("en", "with O · cubic · Band gap 2 ± 0.5 eV")):
        opened.query_params["lang"] = language
        assert opened.run().text_input[0].value == shown, "a switch of language takes the name along"


def test_runs_that_a_former_version_named_by_kind_and_time_are_named_in_the_language_of_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Path(__file__).parents[1] / "cases" / "runs-47c020d.sqlite"
    monkeypatch.setenv(VARIABLE, f"sqlite:///{shutil.copy(written, tmp_path / 'runs.sqlite')}")
    page = AppTest.from_file(APP, default_timeout=300)
    page.query_params["lang"] = "ja"
    names = set(page.run().dataframe[0].value["name"])
    assert {"結晶 2026-11-26 02:49", "good solvents"} <= names
    assert not [name for name in names - {"good solvents"} if name[:1].isascii()], names


def test_sentences_of_a_former_version_that_the_catalogue_knows_are_translated() -> None:
    """They were kept as strings; what holds a value within stays as it was."""
    assert translate("no alert", "ja") != "no alert"
    assert translate("RDKit reads it", "ja") == translate("RDKit can read it", "ja") != "RDKit can read it"
    assert translate("1.3 eV, asked for 1.5 ± 0.5 eV", "ja") == "1.3 eV, asked for 1.5 ± 0.5 eV"


def test_what_was_asked_is_said_in_a_line() -> None:
    rules = Constraints(formula="LiFeO2", exclude=frozenset({"Pb"}), crystal_system="cubic")
    assert (
        asked_message(Target({"band_gap": Goal.at_least(1)}, rules))
        == "LiFeO₂ · without Pb · cubic · Band gap at least 1 eV"
    )
    assert asked_message(Target(), "c1ccccc1") == "c1ccccc1"
    apart = MoleculeSettings(near="CCO", require="[OH]", forbid="[F,Cl]")
    structure = page_kind("molecules").structure_asked(apart)
    assert asked_message(Target(), structure) == "CCO · contains [OH] · does not contain [F,Cl]"
    assert asked_message(Target(), page_kind("molecules").structure_asked(MoleculeSettings())) == "no target"
    assert asked_message(Target()) == "no target"


# -------------------------------------------------------------------------------------------------------- long runs


@pytest.fixture
def long_run(store: Store, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run of 45 candidates, where more than 20 are long and a part has 10."""
    import pages.widgets.kept_runs.run_part

    monkeypatch.setattr(pages.widgets.kept_runs.run_part, "LONG", 20)
    monkeypatch.setattr(pages.widgets.kept_runs.run_part, "PART", 10)
    run = store.begin("molecules", {}, 0, name="long")
    store.add(run, [molecule(number) for number in range(45)])
    store.end(run, "finished")
    return run


def test_a_part_of_a_run_is_read_alone(store: Store, long_run: str) -> None:
    assert [c.id for c in store.candidates(long_run, first=20, count=3)] == ["0-20", "0-21", "0-22"]
    assert [c.id for c in store.candidates(long_run, step=20)] == ["0-0", "0-20", "0-40"]
    assert store.candidates(long_run, first=45, count=10) == ()


def test_a_long_run_is_shown_as_a_sample_or_in_parts_and_says_so(
    store: Store, long_run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    whole = Store.candidates

    def watched(self: Store, run: str, **asked: Any) -> tuple[Candidate[Any], ...]:
        found = whole(self, run, **asked)
        read.append(len(found))
        return found

    monkeypatch.setattr(Store, "candidates", watched)
    page = open_page(0)
    assert not page.exception
    assert "45 candidates. Table and plots show a sample of 9, taken evenly over the run." in words(page)
    page.radio[0].set_value("One part after another").run()
    assert "show number 1 to 10" in words(page)
    page.number_input[0].set_value(5).run()
    assert not page.exception
    assert "show number 41 to 45" in words(page)
    assert f"matgen runs export {long_run} FILE" in words(page)
    assert max(read) <= 10, "no more is read than is shown"
    assert ALL not in files(page), "a file of a part is no file of all"


ALL = "CSV of all candidates"


def files(page: AppTest) -> list[str]:
    """Labels of the buttons that give files."""
    return [button.proto.label for button in page.get("download_button")]


def test_a_short_run_is_shown_whole(store: Store) -> None:
    run = store.begin("molecules", {}, 0, name="short")
    store.add(run, [molecule(number) for number in range(3)])
    page = open_page(0)
    assert not page.radio
    assert ALL in files(page)
    assert "Table and plots show" not in words(page)
