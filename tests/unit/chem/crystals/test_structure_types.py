"""Named structure types: their names, their amounts, and which elements they can be made of."""

from __future__ import annotations

import pytest

from matgen_core.chem.crystals.structure_types import StructureType, can_fill
from matgen_core.chem.formulas.composition import type_of

SPINEL = StructureType("227|16.0;32.1;8.0")


def test_amounts_are_those_of_the_primitive_cell() -> None:
    assert (SPINEL.space_group, sorted(SPINEL.amounts), SPINEL.formula) == (227, [2, 4, 8], "AB2C4")
    assert SPINEL.fits(type_of("MgAl2O4"))
    assert SPINEL.fits(type_of("A2BO4"))
    assert not SPINEL.fits(type_of("ABO3"))


ALL = frozenset({"Mg", "Al", "O", "S", "Zn"})


@pytest.mark.parametrize(
    ("pool", "required", "formula", "possible"),
    [
        (ALL, set(), None, True),
        (ALL, {"Mg", "O"}, None, True),
        (ALL, {"Mg", "O", "S", "Al"}, None, False),  # four elements in three places
        (frozenset({"Mg", "O"}), set(), None, False),  # too few
        (ALL, set(), "MgAl2O4", True),
        (ALL - {"O"}, set(), "MgAl2O4", False),
        (ALL, {"S"}, "A2BO4", True),
        (ALL, {"Cl"}, None, False),  # not among those allowed
    ],
)
def test_elements_can_be_chosen_or_not(
    pool: frozenset[str], required: set[str], formula: str | None, possible: bool
) -> None:
    pattern = None if formula is None else type_of(formula)
    assert can_fill(SPINEL.amounts, [pool] * 3, frozenset(required), pattern) is possible
