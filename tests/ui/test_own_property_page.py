"""The page of a property of one's own: it invites, aims, tunes for a moment, shows both predictions, keeps the copy."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import pages.runs.jobs
import pages.widgets.own_tables.own_property
from matgen_core.core.goals import Goal
from matgen_core.runs.store import open_store
from matgen_core.workflows.own_properties.own_folder import VARIABLE
from matgen_core.workflows.own_properties.own_store import export, list_copies, list_targets, save_target
from matgen_core.workflows.own_properties.own_targets import train_target
from matgen_core.workflows.own_properties.training_examples import read_examples
from pages.i18n.language import translate
from pages.runs.jobs import Job

APP = str(Path(__file__).parents[2] / "pages" / "design" / "own_property.py")
FORMULAS = [f"{m}{n}{o}" for m in ("Li", "Na", "K", "Mg", "Ca", "Zn", "Al", "Fe") for o in "OSF" for n in (1, 2)]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Predictors of the test alone; jobs are done where they are asked for."""
    monkeypatch.setenv(VARIABLE, str(tmp_path / "predictors"))

    def submit(work: Any, total: int, *_: object, take: Any, **_more: object) -> Job:
        job = Job(total, take=take)
        job.run(work)
        return job

    monkeypatch.setattr(pages.runs.jobs, "submit", submit)
    monkeypatch.setattr(pages.widgets.own_tables.own_property, "submit", submit)


def open_page() -> AppTest:
    return AppTest.from_file(APP, default_timeout=300).run()


def words(page: AppTest) -> str:
    return " ".join(str(e.value) for e in (*page.markdown, *page.info, *page.caption, *page.error, *page.warning))


def test_without_a_property_it_invites_and_begins_nothing() -> None:
    page = open_page()
    assert not page.exception
    assert "No property of your own yet" in words(page)
    assert "the other **judges**" in words(page)
    assert page.button(key="go").disabled


def test_a_property_is_aimed_at_tuned_and_judged() -> None:
    values = [5.0 + 3.0 * ("O" in f) + n % 3 for n, f in enumerate(FORMULAS)]
    save_target(train_target("hardness", read_examples(FORMULAS, values, "formula"), "target", "GPa"))
    page = open_page()
    page.segmented_control(key="own-kind").set_value("compositions").run()
    assert not page.exception
    assert "guessing the mean" in words(page)
    for key, value in (("tune_steps", 1), ("tune_batch", 8)):
        next(e for e in (*page.slider, *page.number_input) if e.key == key).set_value(value)
    page.number_input(key="own-count-compositions").set_value(4)
    page.button(key="go").click().run()
    assert not page.exception
    assert not page.error
    assert "meet every target by the judging predictors" in words(page)
    table = page.dataframe[0].value
    assert {"target, steering", "target, judging", "Like your rows", "Met"} <= set(table.columns)
    assert 1 <= len(table) <= 4
    (run,) = open_store().list()
    assert run.name.startswith("target at least"), "the name of the user's column"
    assert translate(run.name, "ja").startswith("target "), "which no catalogue translates"
    page.text_input(key="keep-name").set_value("my copy")
    page.button(key="keep").click().run()
    assert "'my copy' cannot be a name here; use letters, digits, - and _" in words(page)
    page.text_input(key="keep-name").set_value("my-copy")
    page.button(key="keep").click().run()
    assert list_copies() == ("my-copy",)
    assert page.session_state["tuning"].aims.own[0][1] == Goal.at_least(float(sorted(values)[int(0.9 * 47)]))
    with zipfile.ZipFile(io.BytesIO(export("my-copy"))) as copy:
        assert sorted(Path(name).suffix for name in copy.namelist())[-1] == ".safetensors"
    page = open_page()  # as after a reload
    page.segmented_control(key="own-kind").set_value("compositions").run()
    assert page.selectbox(key="own-by-compositions").options == ["tune a new copy", "my-copy"]
    assert page.selectbox(key="kept-copy").value == "my-copy"
    page.toggle(key="sure-my-copy").set_value(True).run()
    page.button(key="delete-copy").click().run()
    assert not page.exception
    assert list_copies() == ()
    assert "No generator is saved yet" in words(page)


def test_several_goals_have_weights_and_one_has_none() -> None:
    values = [5.0 + 3.0 * ("O" in f) + n % 3 for n, f in enumerate(FORMULAS)]
    save_target(train_target("hardness", read_examples(FORMULAS, values, "formula"), "Hardness", "GPa"))
    page = open_page()
    page.segmented_control(key="own-kind").set_value("compositions").run()
    assert not [box for box in page.number_input if str(box.key).startswith("weight-")]
    page.segmented_control(key="band_gap_ask").set_value("range").run()
    weights = {str(box.key): box.label for box in page.number_input if str(box.key).startswith("weight-")}
    assert weights == {"weight-own.hardness": "Hardness", "weight-band_gap": "Band gap"}
    assert not page.exception


RINGS = (
    *("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1", "c1ccoc1", "C1CCNCC1"),
    *("c1cc[nH]c1", "C1CCOC1", "c1ccc2ccccc2c1", "C1CCCC1", "C1CCSC1", "c1cncnc1"),
)
SMILES = [f"{chain}{ring}" for ring in RINGS for chain in ("C", "CC", "CO", "CN")]
SIZES = [(smiles, str(len(smiles))) for smiles in SMILES]


def train(rows: list[tuple[str, str]]) -> AppTest:
    data = "smiles,y\n" + "".join(f"{smiles},{value}\n" for smiles, value in rows)
    page = open_page()
    page.file_uploader(key="own-file").set_value(("mine.csv", data.encode(), "text/csv")).run()
    page.button(key="own-train").click().run()
    assert not page.exception
    return page


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([(smiles, "high") for smiles in SMILES], "0 usable rows are too few; give 20 or more"),
        (
            [(smiles, "7") for smiles in SMILES],
            "every value is 7, so there is nothing to predict; choose another column",
        ),
        (SIZES[:5], "5 usable rows are too few; give 20 or more"),
    ],
)
def test_a_table_without_enough_to_learn_says_the_remedy_and_keeps_nothing(
    rows: list[tuple[str, str]], said: str
) -> None:
    page = train(rows)
    assert said in words(page)
    assert list_targets() == ()
    assert page.button(key="go").disabled


def test_bad_rows_are_named_and_counted_and_the_good_ones_are_learnt() -> None:
    bad = [("CC(=O)[O-].[Na+]", "1"), *[("no molecule", "2")] * 3, ("CCO", "7 nM"), ("CCN", "")]
    page = train([*SIZES, *bad])
    said = words(page)
    assert "like a salt or a solvate; the models take one molecule, so give one part" in said
    assert "… and 1 more rows that were left out" in said
    assert f"{len(SMILES)} rows in 12 groups" in said
    assert "The generator writes small molecules" in said


def test_units_and_repeats_are_said_with_what_became_of_the_rows() -> None:
    rows = [(smiles, f"{value} nM") for smiles, value in SIZES]
    page = train([*rows, (SMILES[0], "90 nM"), ("CCO", "3 uM")])
    said = words(page)
    assert "'3 uM' is in uM, most rows are in nM; write all in one unit" in said
    assert "1 rows repeat a SMILES of another row; the mean of the values is used" in said
    assert "differs the most, 9 to 90; take out what is wrong" in said
    assert "nM; guessing the mean" in said


def test_a_table_without_materials_names_its_columns_and_the_remedy() -> None:
    page = open_page()
    page.file_uploader(key="own-file").set_value(("mine.csv", b"sample,y\n1,2\n", "text/csv")).run()
    page.button(key="own-train").click().run()
    assert "no column formula, smiles or cif (there are: 'sample', 'y'); rename the column" in words(page)
    assert not page.exception


def test_a_predictor_that_guesses_no_better_than_the_mean_is_said_and_the_user_decides() -> None:
    noise = np.random.default_rng(1).normal(size=len(SMILES))
    page = train([(smiles, f"{value:.3f}") for smiles, value in zip(SMILES, noise, strict=True)])
    assert "it has found nothing that holds for new scaffolds or elements" in words(page)
    assert not page.button(key="go").disabled
