"""Which letters of ABX3, ABO3 or A2BX6 stand for any element, and which materials are of such a type."""

from __future__ import annotations

import pytest

from matgen_core.chem.formulas.composition import formula_elements, split_formula
from matgen_core.chem.formulas.constraints import check_constraints, has_formula
from matgen_core.chem.formulas.formula_type import FormulaType, read_type
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Constraints


@pytest.mark.parametrize(
    ("text", "amounts", "elements"),
    [
        ("ABX3", (1, 1, 3), (None, None, None)),
        ("A2B2X6", (1, 1, 3), (None, None, None)),
        ("ABO3", (1, 1, 3), (None, None, "O")),
        ("ABO₃", (1, 1, 3), (None, None, "O")),
        ("A2BX6", (2, 1, 6), (None, None, None)),
        ("A3(BO4)2", (3, 2, 8), (None, None, "O")),
        ("ABC2", (1, 1, 2), (None, None, None)),
        ("X2YZ", (2, 1, 1), (None, None, None)),
        ("CsPbX3", (1, 1, 3), ("Cs", "Pb", None)),
        ("ABF3", (1, 1, 3), (None, None, "F")),
        ("M2C", (2, 1), (None, "C")),
    ],
)
def test_letters_stand_for_any_element_and_symbols_for_their_own(
    text: str, amounts: tuple[int, ...], elements: tuple[str | None, ...]
) -> None:
    assert read_type(text) == FormulaType(amounts, elements)


@pytest.mark.parametrize("text", ["BN", "Fe3O4", "YBa2Cu3O7", "CO2", "abx3", "", "Li-P-S", "CuSO4·5H2O"])
def test_a_formula_of_elements_is_no_type(text: str) -> None:
    assert read_type(text) is None


@pytest.mark.parametrize(
    ("counts", "formula", "fits"),
    [
        ({"Sr": 1, "Ti": 1, "O": 3}, "ABX3", True),
        ({"Sr": 2, "Ti": 2, "O": 6}, "ABO3", True),
        ({"Sr": 1, "Ti": 1, "O": 3}, "ABF3", False),
        ({"Sr": 2, "Ti": 1, "O": 4}, "ABX3", False),
        ({"O": 1, "Ti": 1, "Sr": 3}, "ABO3", False),  # the oxygen has the amount of another role
        ({"K": 2, "Pt": 1, "Cl": 6}, "A2BX6", True),
        ({"Fe": 2, "O": 3}, "ABX3", False),  # A and B are different elements
        ({"Fe": 6, "O": 8}, "Fe3O4", True),
        ({"Fe": 2, "O": 3}, "Fe3O4", False),
    ],
)
def test_a_material_is_of_a_type_by_its_amounts(counts: dict[str, int], formula: str, fits: bool) -> None:
    assert has_formula(counts, formula) is fits


def test_a_system_is_told_from_a_formula() -> None:
    assert split_formula("Li-P-S") == (None, frozenset({"Li", "P", "S"}))
    assert split_formula(" ABX3 ") == ("ABX3", None)
    assert split_formula("") == (None, None)
    assert formula_elements("ABO3") == {"O"}
    with pytest.raises(BadTarget, match="'Xx' is not an element"):
        split_formula("Li-Xx")


@pytest.mark.parametrize(
    ("constraints", "words"),
    [
        (Constraints(formula="ABO3", exclude=frozenset({"O"})), "ABO3 contains O, which is excluded"),
        (Constraints(formula="AX", include=frozenset({"Na", "Cl", "K"})), "AX has 2 elements"),
        (Constraints(formula="ABX3", max_atoms=4), "ABX3 has 5 atoms"),
        (Constraints(formula="ABX3", min_atoms=6, max_atoms=9), "no multiple of ABX3"),
        (Constraints(formula="ABX3", chemical_system=frozenset({"Na", "Cl"})), "outside the chemical system"),
        (Constraints(formula="A0BX3"), "amount of 0"),
        (Constraints(formula="ABQ3Jx"), "'Jx' is not an element"),
    ],
)
def test_a_type_that_contradicts_is_named(constraints: Constraints, words: str) -> None:
    with pytest.raises(BadTarget, match=words):
        check_constraints(constraints)
