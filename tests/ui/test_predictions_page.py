"""The predictions page: typed formulas and SMILES are read, bad lines say why, a table comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.prediction import Report
from matgen_core.predictors import VARIABLE
from pages.ui.jobs import Job

APP = str(Path(__file__).parents[2] / "pages" / "explore" / "predictions.py")


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))


def test_typed_formulas_are_read_and_a_bad_one_says_why() -> None:
    page = AppTest.from_file(APP, default_timeout=120).run()
    assert not page.exception
    table = page.dataframe[0].value
    assert list(table["Material"]) == ["Fe2O3", "GaAs", "LiFePO4"]
    assert (table["± Band gap"] > 0).all()
    page.text_area[0].set_value("NaCl\nXx9\n<script>").run()
    assert not page.exception
    table = page.dataframe[0].value
    assert table["Problem"].notna().sum() == 2
    assert "'Xx9'" in table["Problem"][1]


def test_smiles_are_read_and_the_domain_is_told() -> None:
    page = AppTest.from_file(APP, default_timeout=120).run()
    page.segmented_control[0].set_value("smiles").run()
    assert not page.exception
    table = page.dataframe[0].value
    assert "Molecular weight g/mol" in table
    assert "logP" in table["Unlike the training data"][1]


def test_a_table_that_was_read_is_offered() -> None:
    page = AppTest.from_file(APP, default_timeout=120)
    page.session_state["predict-job"] = Job(3, begun=0.0, ended=1.0)
    page.session_state["predict-done"] = {
        "report": Report("formula", 3, examples=[(2, "the formula is empty")]),
        "text": "x",
    }
    page.run()
    assert not page.exception
    assert any("Row 2: the formula is empty" in c.value for c in page.caption)
