"""Structure types by name: as a mineral, a symbol or a compound that everybody knows them by."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals import prototypes
from matgen_core.chem.crystals.prototypes import known_as, name_prototype, prototype_names, types_named
from matgen_core.chem.crystals.structure import from_structure
from matgen_core.chem.crystals.structure_types import StructureType, anonymous_type
from matgen_core.core.errors import BadTarget
from matgen_core.kinds.crystals.known.reference import load_reference
from tests.unit.chem.known_cells import salt

SPINEL = StructureType("227|16.0;32.1;8.0")


@pytest.mark.parametrize(
    "text", ["Spinel (H1_1)", "spinel", " SPINEL ", "h1_1", "H11", "MgAl2O4", "Al2MgO4", "ＭｇＡｌ₂Ｏ₄"]
)
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


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rocksalt", "Halite, Rock Salt (B1)"),
        ("zinc blende", "Zincblende, Sphalerite (B3)"),
        ("CsCl", "B2"),
        ("L12", "L1_2 or Uranium Silicide (D0_c) or alpha Rhenium trioxide (D0_9)"),
        ("delafossite", "Caswellsilverite (F5_1)"),
        ("K2NiF4", "(La,Ba)CuO4"),
        ("thcr2si2", "ThCr2Si2"),
        ("double perovskite", "Elpasolite, Double Perovskite"),
        ("GdFeO3", "Orthorhombic Perovskite"),
    ],
)
def test_a_type_is_found_as_chemists_call_it(text: str, name: str) -> None:
    assert types_named(text) == types_named(name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("perovskite", r"several .*: \(Cubic\) Perovskite .*; Elpasolite, Double Perovskite; Orthorhombic Perovskite"),
        ("TiO2", r"several .*: Anatase .*; Brookite .*; Rutile"),
        ("Clathrate I", "no structure type is called 'Clathrate I'; .* Clathrate"),
    ],
)
def test_what_several_types_are_called_and_what_none_is_names_those_there_are(text: str, said: str) -> None:
    with pytest.raises(BadTarget, match=said):
        types_named(text)


def test_a_name_is_shown_with_a_compound_that_has_it() -> None:
    assert known_as("B2") == "B2 · CsCl"
    assert all(" · " in known_as(name) for name in prototype_names())
    assert known_as("any") == "any"


@pytest.mark.parametrize(
    ("formula", "name"),
    [
        ("NaCl", "rock salt"),
        ("LiCoO2", "delafossite"),
        ("MgB2", "AlB2"),
        ("Cs2AgBiCl6", "elpasolite"),
        ("LiNbO3", "Lithium niobate"),
    ],
)
def test_known_crystals_of_these_formulas_have_the_type(formula: str, name: str) -> None:
    reference = load_reference()
    rows = [row for row, known in enumerate(reference.known["formula"]) if known == formula]
    keys = {anonymous_type(reference.structures.crystal(row)) for row in rows}
    assert keys & {one.key for one in types_named(name)}


def test_the_table_has_the_prototypes_that_the_library_lacks() -> None:
    further = list(prototypes._further())
    assert [types_named(name) for _key, name, _formula in further] == [(StructureType(key),) for key, *_ in further]
    assert all(known_as(name).startswith(f"{name} · {formula}") for _key, name, formula in further)
