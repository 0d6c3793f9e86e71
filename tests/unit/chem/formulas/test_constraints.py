"""Constraints that contradict are told so, and crystals are held to them."""

from __future__ import annotations

import pytest

from matgen_core.chem.formulas.constraints import check_constraints, check_crystal
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Constraints
from matgen_core.core.records import Crystal, Site

ROCK_SALT = Crystal(225, (Site("a", "Na"), Site("b", "Cl")), (5.69, 5.69, 5.69, 90.0, 90.0, 90.0))


@pytest.mark.parametrize(
    ("constraints", "said"),
    [
        (Constraints(include=frozenset({"Fe"}), exclude=frozenset({"Fe"})), "both included and excluded"),
        (Constraints(formula="Fe3O4", chemical_system=frozenset({"Li", "O"})), "outside the chemical system"),
        (Constraints(formula="Fe3O4", max_atoms=5), "raise the maximum"),
        (Constraints(min_atoms=30, max_atoms=20), "contradict"),
        (Constraints(min_atoms=0), "at least one atom"),
        (Constraints(include=frozenset({"Xx"})), "not an element"),
        (Constraints(include=frozenset({"<script>alert(1)</script>"})), "not an element"),
        (Constraints(chemical_system=frozenset({"Fe", "O"}), include=frozenset({"Li"})), "chemical system"),
        (Constraints(formula="=cmd()"), "not a formula"),
        (Constraints(formula="../../etc"), "not a formula"),
        (Constraints(formula="Fe3O4", include=frozenset({"Li"})), "does not contain Li"),
        (Constraints(formula="Fe3O4", exclude=frozenset({"O"})), "excluded"),
        (Constraints(crystal_system="round"), "crystal system"),
        (Constraints(include=frozenset({"Li", "Fe", "O"}), max_atoms=2), "do not fit"),
        (Constraints(chemical_system=frozenset({"Li", "Fe", "O"}), max_atoms=2), "do not fit"),
        (Constraints(formula="Fe3O4", min_atoms=8, max_atoms=13), "no multiple of Fe3O4"),
        (Constraints(formula="Fe0O"), "not a formula"),
        (Constraints(formula="LrO"), "not an element"),
        (Constraints(include=frozenset({"Lr"})), "not an element"),
        (Constraints(max_atoms=float("nan")), "whole number"),
        (Constraints(min_atoms=2.5), "whole number"),
        (Constraints(space_groups=frozenset({231})), "no space group 231"),
        (Constraints(space_groups=frozenset({225}), crystal_system="trigonal"), "Fm-3m is not trigonal"),
        (Constraints(oxidation=(("Fe", 3),), exclude=frozenset({"Fe"})), "Fe is required, but it is excluded"),
        (Constraints(oxidation=(("Fe", 3),), chemical_system=frozenset({"Li", "O"})), "chemical system"),
        (Constraints(dimensionality=4), "0, 1, 2 or 3"),
        (Constraints(formula="ABX3", chemical_system=frozenset({"Li", "O"}), subsets=True), "outside the chemical"),
        (
            Constraints(structure_type="spinel", space_groups=frozenset({225})),
            r"spinel has the space group Fd-3m .*Fm-3m",
        ),
        (Constraints(structure_type="spinel", crystal_system="trigonal"), r"cubic\), not trigonal"),
        (Constraints(structure_type="spinel", max_atoms=10), "has 14 atoms in its primitive cell"),
        (Constraints(structure_type="spinel", formula="BaTiO3"), "is of the type AB2C4, and BaTiO3 is not"),
        (Constraints(structure_type="spinel", formula="ABX3"), "is of the type AB2C4, and ABX3 is not"),
        (Constraints(structure_type="rutile", include=frozenset({"Ti", "O", "F"})), "the 2 elements of rutile cannot"),
        (
            Constraints(structure_type="spinel", chemical_system=frozenset({"Ti", "O"})),
            "the 3 elements of spinel cannot",
        ),
        (Constraints(structure_type="no such"), "no structure type is called 'no such'"),
    ],
)
def test_contradictions_are_named(constraints: Constraints, said: str) -> None:
    with pytest.raises(BadTarget, match=said):
        check_constraints(constraints)


def test_what_is_echoed_is_cut_short() -> None:
    with pytest.raises(BadTarget) as caught:
        check_constraints(Constraints(include=frozenset({"<script>" * 1000})))
    assert len(str(caught.value)) < 150


def test_sensible_constraints_pass() -> None:
    check_constraints(Constraints(formula="Fe3O4", min_atoms=8, max_atoms=14))
    check_constraints(Constraints(include=frozenset({"O"}), exclude=frozenset({"Pb"}), formula="Fe3O4"))
    wide = frozenset({"Li", "P", "S", "Cl"})
    check_constraints(Constraints(chemical_system=wide, subsets=True, max_atoms=3, formula="Li2S"))
    check_constraints(Constraints(chemical_system=wide, subsets=True, formula="ABX3"))
    check_constraints(Constraints(structure_type="spinel", formula="A2BO4", include=frozenset({"Zn"}), max_atoms=14))
    check_constraints(Constraints(structure_type="B1", chemical_system=frozenset({"Na", "Cl"}), crystal_system="cubic"))


@pytest.mark.parametrize(
    ("constraints", "reason"),
    [
        (Constraints(), ""),
        (Constraints(formula="Na2Cl2", include=frozenset({"Na"}), crystal_system="cubic"), ""),
        (Constraints(include=frozenset({"O"})), "does not contain O"),
        (Constraints(exclude=frozenset({"Cl"})), "contains Cl"),
        (Constraints(chemical_system=frozenset({"Na"})), "outside the chemical system Na"),
        (Constraints(formula="Na3Cl"), "not Na3Cl"),
        (Constraints(min_atoms=3), "2 atoms"),
        (Constraints(crystal_system="trigonal"), "cubic"),
        (Constraints(chemical_system=frozenset({"Na", "Cl", "Br"}), subsets=True), ""),
        (Constraints(chemical_system=frozenset({"Na", "Br"}), subsets=True), "outside the chemical system Br-Na"),
        (Constraints(space_groups=frozenset({221, 225})), ""),
        (Constraints(space_groups=frozenset({221})), "space group Fm-3m"),
        (Constraints(oxidation=(("Na", 1), ("Cl", -1))), ""),
        (Constraints(oxidation=(("Na", 2),)), "Na is +1"),
        (Constraints(oxidation=(("Fe", 3),)), "Fe has no oxidation state"),
        (Constraints(dimensionality=3), ""),
        (Constraints(dimensionality=2), "3-dimensional"),
        (Constraints(structure_type="rock salt"), ""),
        (Constraints(structure_type="Zincblende, Sphalerite (B3)"), "not of the Zincblende, Sphalerite (B3) type"),
    ],
)
def test_a_crystal_is_held_to_the_constraints(constraints: Constraints, reason: str) -> None:
    verdict = check_crystal(ROCK_SALT, {"Na": 1, "Cl": 1}, constraints)
    assert verdict.reason == reason
    assert verdict.passed is (reason == "")
