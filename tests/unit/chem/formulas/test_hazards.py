"""What is toxic or radioactive is said with its reason; what is not known stays unknown."""

from __future__ import annotations

import pytest

from matgen_core.chem.formulas.hazards import (
    CAUTION,
    RADIOACTIVE,
    TOXIC,
    check_hazards,
    explain_supply,
    groups_left_out,
    read_supply,
)
from matgen_core.core.records import Candidate, Formula, Origin
from matgen_core.kinds.compositions.files import formulas_to_csv


@pytest.mark.parametrize("element", sorted(TOXIC))
def test_a_toxic_element_is_rejected_unless_allowed(element: str) -> None:
    verdict = check_hazards([element, "O"])
    assert verdict.passed is False
    assert verdict.reason.startswith(f"{element}: ")
    assert check_hazards([element, "O"], toxic=True).passed is True


@pytest.mark.parametrize("element", sorted(RADIOACTIVE))
def test_a_radioactive_element_is_rejected_unless_allowed(element: str) -> None:
    assert check_hazards([element]).passed is False
    assert check_hazards([element], toxic=True).passed is False
    assert check_hazards([element], radioactive=True).passed is True


def test_what_holds_for_some_compounds_only_is_a_caution() -> None:
    verdict = check_hazards(["Cr", "O"])
    assert verdict.passed is True
    assert "Cr(VI)" in verdict.reason
    assert not CAUTION.keys() & (TOXIC.keys() | RADIOACTIVE)
    assert "Bi" not in RADIOACTIVE


def test_rust_is_cheap_and_platinum_is_not() -> None:
    rust, platinum = read_supply("Fe2O3"), read_supply("Pt")
    assert rust.price is not None
    assert platinum.price is not None
    assert rust.price < 10 < 1000 < platinum.price
    assert rust.production is not None
    assert 0 < rust.production < 10_000
    assert rust.scarcest is not None
    assert rust.scarcest[0] == "Fe"


@pytest.mark.filterwarnings("ignore:No Pauling")
def test_the_price_is_what_the_library_finds() -> None:
    from pymatgen.analysis.cost import CostAnalyzer, CostDBElements

    library = CostAnalyzer(CostDBElements())
    for formula in ("NaCl", "Fe2O3", "LiFePO4", "Cu3AsS4", "Ba2YCu3O7", "Pt", "HfO2"):
        assert read_supply(formula).price == pytest.approx(library.get_cost_per_kg(formula), rel=1e-6), formula


def test_what_nobody_sells_has_no_price() -> None:
    supply = read_supply("PuO2")
    assert supply.price is None


def test_hazards_that_are_asked_for_by_name_stay() -> None:
    elements = ["Pb", "Cd", "U", "Na"]
    assert groups_left_out(elements, {"Pb"}, toxic=True) == {"Cd"}
    assert groups_left_out(elements, (), radioactive=True) == {"U"}
    assert groups_left_out(elements, (), toxic=True, radioactive=True) == {"Pb", "Cd", "U"}
    assert groups_left_out(elements, ()) == frozenset()


def test_what_is_unknown_of_the_supply_names_the_elements() -> None:
    for formula in ("PmAt2", "XeF2", "TcO2", "NaCl"):
        supply, why = read_supply(formula), explain_supply(formula)
        fields = ("price", "production", "reserve", "scarcest")
        assert set(why) == {field for field in fields if getattr(supply, field) is None}, formula
    assert str(explain_supply("PmAt2")["price"]) == "the price of Pm, At is not known"
    assert "Xe" in explain_supply("XeF2")["production"]
    assert "F" not in explain_supply("XeF2")["production"].values["elements"]


def test_the_csv_of_compositions_says_why_a_price_is_missing() -> None:
    text = formulas_to_csv([Candidate("0-0", Formula("PmAt2"), Origin("test"))])
    assert "price_usd_per_kg: the price of Pm, At is not known" in text
