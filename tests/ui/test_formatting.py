"""Formulas and symbols as a reader sees them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest

from matgen_core.core.records import Candidate, Formula, Origin, Prediction
from pages.i18n.formatting import (
    given_text,
    group_html,
    group_markdown,
    group_symbol,
    label_text,
    prediction_text,
    price_text,
    subscript,
)


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        *(("Pm(SiOs)2", "PmOs₂Si₂"), ("Cs2V(HO)3", "Cs₂V(OH)₃"), ("Zn(AsO3)2", "ZnAs₂O₆"), ("TiPbO3", "PbTiO₃")),
        *(("–", "–"), ("Mg(HO)2", "Mg(OH)₂"), ("Pb0.98Na0.02Te", "Pb₀.₉₈Na₀.₀₂Te")),
    ],
)
def test_formulas_are_written_as_chemists_do(formula: str, shown: str) -> None:
    assert subscript(formula) == shown


def test_the_bar_lies_over_the_digit_of_the_inversion_axis() -> None:
    assert group_symbol(162) == "P-31m"
    assert group_markdown(162) == r"P$\overline{\mathsf{3}}\mathsf{1}$m"
    assert group_html(162) == 'P<span style="text-decoration:overline">3</span>1m'


def test_no_symbol_has_a_combining_mark_and_each_bar_one_digit() -> None:
    for group in range(1, 231):
        plain, heading, html = group_symbol(group), group_markdown(group), group_html(group)
        # Streamlit's font draws a combining overline over the character behind it.
        assert not any(unicodedata.combining(character) for character in plain + heading + html)
        bars = re.findall(r"-(\d)", plain)
        assert re.findall(r"\$\\overline\{\\mathsf\{(\d)\}\}(?:\\mathsf\{\d+\})?\$", heading) == bars
        assert re.findall(r'overline">(\d)</span>', html) == bars


@pytest.mark.parametrize(
    ("price", "said"), [(2929.3, "2,930"), (12711.9, "12,700"), (4.567, "4.57"), (0.0212, "0.0212")]
)
def test_a_price_has_three_digits(price: float, said: str) -> None:
    assert price_text(price) == said


def test_a_value_of_the_user_is_marked_and_an_open_question_is_said() -> None:
    own = Prediction("band_gap", 7.8, None, "eV", "from the file")
    assert prediction_text(own) == "7.80 eV (your value)"
    candidate = Candidate("a", Formula("MgO"), Origin("file"), {"band_gap": own})
    assert given_text(candidate) == "Band gap"
    unsure = Prediction("measured_gap", 0.0, 3.56, "eV", "test", zero_chance=0.55, otherwise=3.12, otherwise_spread=0.4)
    assert prediction_text(unsure) == "metal, or about 3.1 eV"
    assert prediction_text(replace(unsure, zero_chance=0.97)) == "0.00 ± 3.56 eV"
    assert label_text("measured_gap") == "Experimental gap (predicted)"
