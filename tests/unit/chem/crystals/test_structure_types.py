"""Named structure types: their names, their amounts, and which elements they can be made of."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.chem.crystals.structure_types import (
    StructureType,
    anonymous_type,
    can_fill,
    name_prototype,
    prototype_names,
    types_named,
)
from matgen_core.chem.formulas.composition import type_of
from matgen_core.core.errors import BadTarget
from tests.unit.chem.known_cells import salt

SPINEL = StructureType("227|16.0;32.1;8.0")


@pytest.mark.parametrize("text", ["Spinel (H1_1)", "spinel", " SPINEL ", "h1_1"])
def test_a_type_is_found_by_its_name_or_one_part_of_it(text: str) -> None:
    assert types_named(text) == (SPINEL,)


def test_a_name_that_is_none_is_answered_by_those_like_it() -> None:
    with pytest.raises(BadTarget, match=r"Spinel \(H1_1\)"):
        types_named("spinell")
    with pytest.raises(BadTarget, match="Tridymite"):
        types_named("tridymit")


def test_every_name_that_is_offered_is_read_back() -> None:
    names = prototype_names()
    assert {"Halite, Rock Salt (B1)", "Rutile (C4)", "(Cubic) Perovskite (E2_1)"} <= set(names)
    assert all(types_named(name) for name in names)
    assert not any("$" in name or "\\" in name for name in names)
    assert max(one.sites for name in names for one in types_named(name)) > 10


def test_wurtzite_can_be_asked_for_though_others_share_its_positions() -> None:
    zincite = Structure.from_spacegroup(
        "P6_3mc", Lattice.hexagonal(3.25, 5.2), ["Zn", "O"], [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.382]]
    )
    key = anonymous_type(from_structure(zincite))
    assert key in {one.key for one in types_named("wurtzite")}


def test_halite_is_known_by_its_name() -> None:
    assert name_prototype(salt()) == "Halite, Rock Salt (B1)"
    assert types_named("rock salt")[0].key == anonymous_type(salt())


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
