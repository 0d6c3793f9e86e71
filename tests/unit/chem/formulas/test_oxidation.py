"""The right oxidation states of compounds that chemists know, and no states for what nobody would believe."""

from __future__ import annotations

from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.chem.formulas.oxidation import (
    COMMON,
    ELEMENT,
    INTERMETALLIC,
    NONE,
    RARE,
    balance,
    check_neutral,
    check_oxidation,
)

CASES = Path(__file__).parents[3] / "cases"


@pytest.mark.parametrize(
    ("formula", "states"),
    [
        ("NaCl", "Na +1, Cl −1"),
        ("Fe3O4", "Fe +2, Fe +3 (2), O −2"),
        ("Pb3O4", "Pb +2 (2), Pb +4, O −2"),
        ("Mn3O4", "Mn +2, Mn +3 (2), O −2"),
        ("Co3O4", "Co +2, Co +3 (2), O −2"),
        ("LiMn2O4", "Li +1, Mn +3, Mn +4, O −2"),
        ("V6O13", "V +4 (4), V +5 (2), O −2"),
        ("Cs2SbCl6", "Cs +1, Sb +3, Sb +5, Cl −1"),  # one Sb cannot have two states, two of two formula units can
        ("SbClO2", "Sb +5, Cl −1, O −2"),  # not Cl +1
        ("CuFeO2", "Fe +3, Cu +1, O −2"),
        ("Li3PS4", "Li +1, P +5, S −2"),
        ("LiFePO4", "Li +1, Fe +2, P +5, O −2"),
        ("NaBH4", "Na +1, B +3, H −1"),
        ("GaAs", "Ga +3, As −3"),
        ("PbTe", "Pb +2, Te −2"),  # lead is the more electronegative
        ("XeF2", "Xe +2, F −1"),
    ],
)
def test_common_states_are_found(formula: str, states: str) -> None:
    found = balance(formula)
    assert (found.kind, found.words) == (COMMON, states)
    verdict = check_oxidation(formula)
    assert verdict.passed is True
    assert verdict.reason == f"neutral with common states: {states}"
    assert check_neutral(formula).passed is True


@pytest.mark.parametrize(
    ("formula", "rare"),
    [
        ("LaFeP2O7", ("P +4",)),  # not La +2
        ("BaBiO3", ("Bi +5",)),
        ("SrFeO3", ("Fe +4",)),
        ("YBa2Cu3O7", ("Cu +3",)),
        ("Li2PS3", ("P +4",)),
        ("K2WSeI2ClO4", ("W +5",)),
    ],
)
def test_rare_states_are_named_and_are_neither_yes_nor_no(formula: str, rare: tuple[str, ...]) -> None:
    found, verdict = balance(formula), check_oxidation(formula)
    assert (found.kind, found.rare) == (RARE, rare)
    assert verdict.passed is None
    assert rare[0] in verdict.reason
    assert check_neutral(formula).passed is False


@pytest.mark.parametrize(
    ("formula", "bond"),
    [
        ("FeS2", "S–S"),
        ("KO2", "O–O"),
        ("Na2O2", "O–O"),
        ("NaN3", "N–N"),
        ("CaC2", "C–C"),
        ("CsI3", "I–I"),
        ("NaSeO5F2", "O–O"),
        ("SrB3H3O8", "O–O"),
    ],
)
def test_bonds_that_a_formula_does_not_show_are_named(formula: str, bond: str) -> None:
    verdict = check_oxidation(formula)
    assert verdict.passed is None
    assert f"only with {bond} bonds" in verdict.reason


@pytest.mark.parametrize("formula", ["MgB2", "NiTi", "Ho2AlCo", "Cu3Al", "Fe3Al", "CoSb3", "LaB6", "ZrNiSn"])
def test_metals_and_metalloids_are_an_intermetallic_and_nothing_else(formula: str) -> None:
    verdict = check_oxidation(formula)
    assert balance(formula).kind == INTERMETALLIC
    assert (verdict.passed, verdict.reason) == (True, "intermetallic: metals and metalloids only")
    assert check_neutral(formula).passed is False


@pytest.mark.parametrize(
    "formula", ["Na3Cl", "MgCl5", "NaO4", "SbAu2I3", "CsTmAgTe3", "Li2PS", "Li2PS2", "Nd2SiSe3I", "Te4O", "NeF2"]
)
def test_what_no_known_states_balance_is_refused(formula: str) -> None:
    verdict = check_oxidation(formula)
    assert balance(formula).kind == NONE
    assert verdict.passed is False
    assert write_formula(formula) in verdict.reason


def test_every_anion_has_a_whole_state_unless_bonds_explain_it() -> None:
    for formula in (CASES / "43-smact" / "formulas.txt").read_text().split():
        found = balance(formula)
        for element, states in found.states:
            whole = all(state == int(state) for state, _count in states)
            assert whole or element in found.bonded, formula


def test_the_charges_add_up_to_nothing() -> None:
    for formula in (CASES / "43-smact" / "formulas.txt").read_text().split():
        found = balance(formula)
        assert sum(state * count for _, states in found.states for state, count in states) == pytest.approx(0), formula


def pyrite(length: float = 5.42, u: float = 0.385) -> Structure:
    return Structure.from_spacegroup("Pa-3", Lattice.cubic(length), ["Fe", "S"], [[0, 0, 0], [u, u, u]])


def test_the_structure_shows_the_bonds() -> None:
    verdict = check_oxidation("FeS2", pyrite())
    assert verdict.passed is True
    assert verdict.reason == "neutral with common states and S–S bonds: Fe +2, S −1"
    apart = check_oxidation("FeS2", pyrite(u=0.25))  # as in fluorite, no sulfur near another
    assert apart.passed is None
    assert "rare states (Fe +4)" in apart.reason


def test_no_fractional_tellurium_without_a_bond() -> None:
    """As KZrCuS3: CsTmAgTe3 needs Te −5/3, and its tellurium atoms are 3.99 Å apart."""
    cell = Lattice.orthorhombic(4.5, 16.7, 11.6)
    places = [("Cs", 0.25, 0.75), ("Tm", 0.0, 0.0), ("Ag", 0.47, 0.25), ("Te", 0.05, 0.25), ("Te", 0.37, 0.06)]
    structure = Structure.from_spacegroup(
        "Cmcm", cell, [e for e, _, _ in places], [[0.0, y, z] for _, y, z in places], tol=0.01
    )
    assert structure.composition.reduced_formula == "CsTmAgTe3"
    verdict = check_oxidation("CsTmAgTe3", structure)
    assert verdict.passed is False


@pytest.mark.parametrize("formula", ["Si", "Fe", "He", "Ne", "O2"])
def test_an_element_has_nothing_to_balance(formula: str) -> None:
    assert balance(formula).kind == ELEMENT
    assert check_oxidation(formula).passed is True


@pytest.mark.parametrize("formula", ["NeF2", "KrF2", "HeNa2", "ArH4", "Xe2O"])
def test_noble_gases_do_not_crash(formula: str) -> None:
    assert check_oxidation(formula).reason


def test_large_formulas_end_at_once() -> None:
    """The doped ones have thousands of atoms; many elements are passed over."""
    assert check_oxidation("Ti0.995V0.005O2").reason
    assert check_oxidation("LiNaKFeMnCoNiVCrCuZnO99").passed is None
    assert check_oxidation("Ti0.9999V0.0001O2").passed is None
