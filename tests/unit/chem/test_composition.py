"""Constraints that contradict are told so; charges are judged as SMACT judges them."""

from __future__ import annotations

import pytest

from matgen_core.chem.composition import (
    check_charges,
    check_constraints,
    check_crystal,
    check_smact_neutral,
    parse_elements,
    parse_formula,
)
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Constraints
from matgen_core.core.records import Crystal, Site


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
    ],
)
def test_contradictions_are_named(constraints: Constraints, said: str) -> None:
    with pytest.raises(BadTarget, match=said):
        check_constraints(constraints)


def test_what_is_echoed_is_cut_short() -> None:
    with pytest.raises(BadTarget) as caught:
        check_constraints(Constraints(include=frozenset({"<script>" * 1000})))
    assert len(str(caught.value)) < 150


def test_every_element_that_passes_is_known_to_the_networks() -> None:
    from matgen_core.chem.composition import _periodic_table
    from matgen_core.kinds.crystals.rows import ELEMENTS

    assert _periodic_table() == set(ELEMENTS)


def test_sensible_constraints_pass() -> None:
    check_constraints(Constraints(formula="Fe3O4", min_atoms=8, max_atoms=14))
    check_constraints(Constraints(include=frozenset({"O"}), exclude=frozenset({"Pb"}), formula="Fe3O4"))


@pytest.mark.parametrize(("text", "found"), [("Fe, O", {"Fe", "O"}), ("Li-Fe-O", {"Li", "Fe", "O"}), ("", set())])
def test_elements_are_read_as_people_write_them(text: str, found: set[str]) -> None:
    assert parse_elements(text) == found


@pytest.mark.parametrize("text", ["fe", "Fe O X", "1", "💎"])
def test_what_is_no_element_is_refused(text: str) -> None:
    with pytest.raises(BadTarget):
        parse_elements(text)


def test_formulas_are_counted() -> None:
    assert parse_formula("Ca(OH)2") == {"Ca": 1, "O": 2, "H": 2}


ROCK_SALT = Crystal(225, (Site("a", "Na"), Site("b", "Cl")), (5.69, 5.69, 5.69, 90.0, 90.0, 90.0))


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
    ],
)
def test_a_crystal_is_held_to_the_constraints(constraints: Constraints, reason: str) -> None:
    verdict = check_crystal(ROCK_SALT, {"Na": 1, "Cl": 1}, constraints)
    assert verdict.reason == reason
    assert verdict.passed is (reason == "")


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
