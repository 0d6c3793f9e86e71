"""Diffraction of the Crystals page: a measured pattern gives every row a match, and the rows their order."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from matgen_core.core.records import Candidate
from pages.kinds.diffraction_view import XrdSettings
from tests.ui.test_crystals_page import GAP, with_run
from tests.unit.chem.crystals.test_diffraction import CARD


def with_pattern(page: AppTest) -> AppTest:
    page.session_state["xrd-measured"] = CARD
    return page.run()


def test_the_table_is_ranked_by_the_match(found: tuple[Candidate, ...]) -> None:
    page = with_run(found, GAP)
    assert "xrd" not in page.dataframe[0].value
    page = with_pattern(page)
    table = page.dataframe[0].value
    assert table["formula"].iloc[0] == "NaCl"
    assert table["xrd"].iloc[0] > 0.9
    assert list(table["xrd"]) == sorted(table["xrd"], reverse=True)
    assert not page.exception


def test_own_wavelengths_count() -> None:
    assert XrdSettings(radiation="own", own=0.826).wavelength == 0.826
    assert XrdSettings(radiation="Mo Kα").wavelength == pytest.approx(0.71073)
    assert XrdSettings(shape="lines").profile is None
