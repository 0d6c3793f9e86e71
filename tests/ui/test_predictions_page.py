"""The predictions page: typed formulas and SMILES are read, bad lines say why, a table comes back."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.workflows.own_properties.own_folder import VARIABLE
from matgen_core.workflows.predict_table import Report, predict_table, read_rows
from pages.runs.jobs import Job
from pages.widgets.own_tables.prediction_table import same_places

APP = str(Path(__file__).parents[2] / "pages" / "explore" / "predictions.py")


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))


def test_typed_formulas_are_read_and_a_bad_one_says_why() -> None:
    page = AppTest.from_file(APP, default_timeout=300).run()
    assert not page.exception
    table = page.dataframe[0].value
    assert list(table["Material"]) == ["Fe2O3", "GaAs", "LiFePO4"]
    told = table["Band gap eV"].notna().tolist()  # where it cannot be told there is no one spread
    assert (table["± Band gap"] > 0).tolist() == told
    assert table["Energy above hull, table of known phases"][1] == 0, "GaAs is a known ground state"
    page.text_area[0].set_value("NaCl\nXx9\n<script>").run()
    assert not page.exception
    table = page.dataframe[0].value
    assert table["Problem"].notna().sum() == 2
    assert "'Xx9'" in table["Problem"][1]


def test_the_numbers_of_a_column_have_the_same_places() -> None:
    table = pd.DataFrame({"energy": [0.14, 0.137, None], "count": [1, 2, 3], "whole": [1.0, 2.0, None]})
    found = same_places(table)
    assert list(found) == ["energy"]
    assert isinstance(found["energy"], dict)
    assert (found["energy"]["type_config"] or {})["format"] == "%.3f"


def test_smiles_are_read_and_the_domain_is_told() -> None:
    page = AppTest.from_file(APP, default_timeout=300).run()
    page.segmented_control[0].set_value("smiles").run()
    assert not page.exception
    table = page.dataframe[0].value
    assert "Molecular weight g/mol" in table
    assert "logP" in table["Out of domain"][2]


def test_a_table_that_was_read_is_offered() -> None:
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["predict-job"] = Job(3, begun=0.0, ended=1.0)
    page.session_state["predict-done"] = {
        "report": Report("formula", 3, examples=[(2, "the formula is empty")]),
        "text": "x",
    }
    page.run()
    assert not page.exception
    assert any("Row 2: the formula is empty" in c.value for c in page.caption)


def test_a_table_is_shown_as_it_was_read_with_names_whole_and_a_dash_for_nothing(tmp_path: Path) -> None:
    long = "(CH3NH3)0.5"  # no formula of whole amounts, and longer than the sample
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"name,formula,cif note\nNA,Cs2AgBiBr6,x\n0012,{long},\nthree,,y\n", encoding="utf-8")
    report = predict_table(source, out)
    page = AppTest.from_file(APP, default_timeout=300)
    page.session_state["predict-job"] = Job(3, begun=0.0, ended=1.0)
    page.session_state["predict-done"] = {"report": report, "text": out.read_text(encoding="utf-8")}
    page.run()
    assert not page.exception
    table = page.dataframe[-1].value
    assert list(table["name"]) == ["NA", "0012", "three"]
    assert table["formula"][0] == "Cs2AgBiBr6"
    assert table["formation_energy"][0] < 0
    assert table["formation_energy"].isna()[2]
    assert "empty" in table["problem"][2]


def test_what_was_typed_stays_when_the_kind_is_changed_and_changed_back() -> None:
    page = AppTest.from_file(APP, default_timeout=300).run()
    page.text_area[0].set_value("Cs2AgBiBr6\nCH3NH3PbI3").run()
    page.segmented_control[0].set_value("smiles").run()
    page.text_area[0].set_value("CCO").run()
    page.segmented_control[0].set_value("formula").run()
    assert page.text_area[0].value == "Cs2AgBiBr6\nCH3NH3PbI3"
    assert list(page.dataframe[0].value["Material"]) == ["Cs2AgBiBr6", "CH3NH3PbI3"]
    page.segmented_control[0].set_value("smiles").run()
    assert page.text_area[0].value == "CCO"


def test_only_what_was_fitted_can_be_unlike_the_data_it_was_fitted_to() -> None:
    page = AppTest.from_file(APP, default_timeout=300).run()
    page.segmented_control[0].set_value("smiles").run()
    unlike = page.dataframe[0].value["Out of domain"][2]
    assert "logP" in unlike
    assert not any(word in unlike for word in ("weight", "donors", "acceptors")), "these are counted"


def test_where_a_metal_cannot_be_told_the_table_says_so_in_words(tmp_path: Path) -> None:
    """The gap network gives NiO about even odds of a metal; that of MoS2 it is sure of."""
    (nio,) = read_rows("formula", ["NiO"])
    gap = next(p for p in nio if not isinstance(p, str) and p.property == "band_gap")
    assert gap.zero_chance is not None
    assert 0.2 < gap.zero_chance < 0.8
    words = f"metal, or about {gap.otherwise:.1f} eV"
    page = AppTest.from_file(APP, default_timeout=300).run()
    page.text_area[0].set_value("NiO\nMoS2").run()
    table = page.dataframe[0].value
    assert table["Band gap, undecided"].fillna("").tolist() == [words, ""]
    assert table["Band gap eV"].isna().tolist() == [True, False], "a column of numbers, which are sorted as such"
    assert table["Band gap eV"][1] > 1
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("formula\nNiO\nMoS2\nXx\n", encoding="utf-8")
    report = predict_table(source, out)
    text = out.read_text(encoding="utf-8")
    row = next(csv.DictReader(io.StringIO(text)))
    assert float(row["band_gap_metal_probability"]) == pytest.approx(gap.zero_chance, abs=0.006)
    assert float(row["band_gap_if_not_metal"]) == pytest.approx(gap.otherwise)
    assert float(row["band_gap"]) == 0.0
    page.session_state["predict-job"] = Job(3, begun=0.0, ended=1.0)
    page.session_state["predict-done"] = {"report": report, "text": text}
    page.run()
    assert not page.exception
    shown = page.dataframe[-1].value
    assert shown["band_gap, undecided"][0] == words
    assert shown["band_gap"].isna().tolist() == [True, False, True]
