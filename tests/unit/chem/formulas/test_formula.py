"""A formula is read exactly or refused with its reason: no element is lost, and no ratio changes."""

from __future__ import annotations

import csv
import re
import warnings
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Composition

from matgen_core.chem.formulas.formula import read_formula, whole_amounts
from matgen_core.core.errors import BadInput
from matgen_core.kinds.compositions.rows import count_atoms, reduce_formula
from matgen_core.kinds.crystals.known.rows import ELEMENTS

CASES = Path(__file__).parents[3] / "cases"
SYMBOL = re.compile(r"[A-Z][a-z]?")
AMOUNTS = st.one_of(
    st.integers(1, 400).map(str),
    st.decimals("0.001", "99", places=3).map(lambda d: format(d.normalize(), "f")),
    st.just(""),
)
PARTS = st.lists(st.tuples(st.sampled_from(ELEMENTS), AMOUNTS), min_size=1, max_size=5)


def rows(case: str) -> list[list[str]]:
    (path,) = (CASES / case).glob("*.csv")
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.mark.parametrize("text", [row[0] for row in rows("30-hydrates")] + ["CuSO4.5H2O", "CuSO4·5D2O", "CuSO4.5(H2O)"])
def test_hydrates_are_read_whole(text: str) -> None:
    right = {"Ca": Composition("CaH4SO6"), "Cu": Composition("CuH10SO9"), "Al": Composition("Al2S3H36O30")}
    assert Composition(reduce_formula(text)) == right[text[:2]]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("CaSO4.0.5H2O", "Ca2S2H2O9"),
        ("CaSO4·½H2O", "Ca2S2H2O9"),
        ("3CdSO4.8H2O", "Cd3S3H16O20"),
        ("Na2CO3.10H2O", "Na2CH20O13"),
        ("LiCl.H2O", "LiClH2O"),
        ("Cs0.5H2O", "CsH4O2"),
        ("CaO.SiO2", "CaSiO3"),
        ("Na2O·Al2O3·2SiO2·5H2O", "Na2Al2Si2H10O13"),
        ("Mg(OH)2.MgCO3", "Mg2H2CO5"),
        ("Fe$_2$O$_3$", "Fe2O3"),
    ],
)
def test_a_point_joins_or_is_decimal(text: str, right: str) -> None:
    assert Composition(reduce_formula(text)) == Composition(right)


@pytest.mark.parametrize("text", [row[0] for row in rows("31-dopants")])
def test_every_dopant_keeps_its_ratio(text: str) -> None:
    counts, right = count_atoms(reduce_formula(text)), Composition(text).get_el_amt_dict()
    assert set(counts) == set(right) == set(SYMBOL.findall(text))
    total, whole = sum(right.values()), sum(counts.values())
    for element, amount in right.items():
        assert counts[element] / whole == pytest.approx(amount / total, rel=1e-9)


READ = {
    "Fe₂O₃": "Fe2O3",
    "TiO₂": "TiO2",
    "Fe2 O3": "Fe2O3",
    "Na1 Cl1": "NaCl",
    "D2O": "H2O",
    "LiD": "LiH",
    "K4[Fe(CN)6]": "K4Fe(CN)6",
}
REFUSED = {
    "Fe3+": "charge",
    "NO3-": "charge",
    "[Fe(CN)6]4-": "charge",
    "Xx2": "Xx is not an element",
    "La1-xSrxMnO3": "not a number",
    "LiFePO4/C": "mixture",
    "(Mg,Fe)2SiO4": "the amount of each",
    "Al2O3:Cr": "dopant",
    "α-Fe2O3": "phase",
    "Fe2O3(s)": "phase",
}


@pytest.mark.parametrize("text", [row[0] for row in rows("32-charges-unicode")])
def test_signs_around_a_formula_are_read_or_named(text: str) -> None:
    if text in READ:
        assert reduce_formula(text) == READ[text]
    else:
        with pytest.raises(BadInput, match=REFUSED[text]):
            reduce_formula(text)


def test_case_tells_elements_apart() -> None:
    assert [reduce_formula(text) for text in ("CoO", "COO", "CO", "Co", "NaN")] == ["CoO", "CO2", "CO", "Co", "NaN"]
    for text in ("NACL", "nacl", "NA"):
        with pytest.raises(BadInput, match="NaCl"):
            reduce_formula(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.00E+05", "spreadsheet"),
        ("#NAME?", "spreadsheet"),
        ("Li-P-S", "list of elements"),
        ("Fe0", "is 0"),
        ("Fe2 3O", "space between two numbers"),
        ("Fe(OH", "not closed"),
        ("Fe)2", "wrong place"),
        ("CaCl2.2NH3", "ambiguous"),
        ("La.7Sr.3MnO3", "ambiguous"),
        ("Na0,5Cl0,5", "a point"),
        ("CuSO4.xH2O", "not a number"),
        ("TiO2 (rutile)", "phase"),
        ("anatase-TiO2", "phase"),
        ("Fe³⁺", "charge"),
        ("PO4 3-", "charge"),
        ("Fe1000000000O", "round"),
        ("Fe1/0O", "Fe1/0O"),
        ("", "empty"),
    ],
)
def test_what_cannot_be_read_has_its_own_reason(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        reduce_formula(text)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(PARTS, st.sampled_from(["", "(", "["]), st.sampled_from(["", " "]), st.integers(0, 12))
def test_the_elements_of_the_reading_are_the_elements_of_the_text(
    parts: list[tuple[str, str]], bracket: str, blank: str, waters: int
) -> None:
    inner = blank.join(symbol + amount for symbol, amount in parts)
    text = f"{bracket}{inner}{')' if bracket == '(' else ']'}3" if bracket else inner
    text += f"·{waters}H2O" if waters else ""
    right = Composition(inner.replace(" ", "")).get_el_amt_dict()
    right = {element: amount * (3 if bracket else 1) for element, amount in right.items()}
    for element, amount in (("H", 2 * waters), ("O", waters)) if waters else ():
        right[element] = right.get(element, 0) + amount
    found = whole_amounts(text)
    assert set(found) == set(right)
    total, whole = sum(right.values()), sum(found.values())
    for element, amount in right.items():
        assert found[element] / whole == pytest.approx(amount / total, rel=1e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of elements without an electronegativity
        written = count_atoms(reduce_formula(text))
    ratios = {element: Fraction(amount, found[element]) for element, amount in written.items()}
    assert len(set(ratios.values())) == 1, "pymatgen writes O2 for oxygen alone"
    assert set(ratios) == set(found)


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.text(alphabet="FeOHNaClCu0123456789.·*()[]{}+-,:/ x₂²", max_size=14))
def test_any_text_is_read_with_all_its_elements_or_refused(text: str) -> None:
    try:
        found = read_formula(text)
    except BadInput:
        return
    assert set(found) == set(SYMBOL.findall(text.replace(" ", "")))
    assert all(isinstance(amount, Fraction) and amount > 0 for amount in found.values())
