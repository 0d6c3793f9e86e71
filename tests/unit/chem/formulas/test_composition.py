"""Elements and formulas are read as people write them; charges are judged as SMACT judges them."""

from __future__ import annotations

import pytest

from matgen_core.chem.formulas.composition import check_charges, check_smact_neutral, parse_elements, parse_formula
from matgen_core.core.errors import BadTarget


def test_every_element_that_passes_is_known_to_the_networks() -> None:
    from matgen_core.chem.formulas.composition import periodic_table
    from matgen_core.kinds.crystals.known.rows import ELEMENTS

    assert periodic_table() == set(ELEMENTS)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Fe, O", {"Fe", "O"}),
        ("Li-Fe-O", {"Li", "Fe", "O"}),
        ("Li−Fe–O", {"Li", "Fe", "O"}),
        ("Ｆｅ、Ｏ", {"Fe", "O"}),
        ("fe co", {"Fe", "Co"}),
        ("", set()),
    ],
)
def test_elements_are_read_as_people_write_them(text: str, found: set[str]) -> None:
    assert parse_elements(text) == found


@pytest.mark.parametrize("text", ["fr fx", "FE", "FeO", "Fe O X", "1", "💎"])
def test_what_is_no_element_is_refused(text: str) -> None:
    with pytest.raises(BadTarget):
        parse_elements(text)


def test_formulas_are_counted() -> None:
    assert parse_formula("Ca(OH)2") == {"Ca": 1, "O": 2, "H": 2}


@pytest.mark.parametrize(("formula", "neutral"), [("NaCl", True), ("Na3Cl", False), ("Fe3Al", True), ("TiO2", True)])
def test_charge_balance(formula: str, neutral: bool) -> None:
    verdict = check_charges(formula)
    assert verdict.passed is neutral
    assert formula in verdict.reason


def test_a_formula_of_very_many_elements_is_passed_over_at_once() -> None:
    for check in (check_charges, check_smact_neutral):
        verdict = check("LiNaKFeMnCoNiVCrCuZnO99")
        assert verdict.passed is None
        assert "more than 9 elements" in verdict.reason
