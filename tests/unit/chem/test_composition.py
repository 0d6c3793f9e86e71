"""Constraints that contradict are told so; charges are judged as SMACT judges them."""

from __future__ import annotations

import pytest

from matgen_core.chem.composition import check_charges, check_constraints, parse_elements, parse_formula
from matgen_core.types import BadTarget, Constraints


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
        (Constraints(formula="Fe3O4", include=frozenset({"Li"})), "has no Li"),
        (Constraints(formula="Fe3O4", exclude=frozenset({"O"})), "excluded"),
        (Constraints(crystal_system="round"), "crystal system"),
        (Constraints(include=frozenset({"Li", "Fe", "O"}), max_atoms=2), "do not fit"),
    ],
    ids=str,
)
def test_contradictions_are_named(constraints: Constraints, said: str) -> None:
    with pytest.raises(BadTarget, match=said):
        check_constraints(constraints)


def test_sensible_constraints_pass() -> None:
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


@pytest.mark.parametrize(("formula", "neutral"), [("NaCl", True), ("Na3Cl", False), ("Fe3Al", True), ("TiO2", True)])
def test_charge_balance(formula: str, neutral: bool) -> None:
    verdict = check_charges(formula)
    assert verdict.passed is neutral
    assert formula in verdict.reason
