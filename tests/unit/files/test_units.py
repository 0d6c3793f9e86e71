"""Values of the user's own: every unit becomes the property's, one that is not known is refused with its row."""

from __future__ import annotations

import pytest

from matgen_core.core.errors import BadInput
from matgen_core.core.records import Candidate
from matgen_core.files.units import METHOD, find_columns, read_cell, read_given
from matgen_core.workflows.screening.candidate_files import Refused, read_uploads
from matgen_core.workflows.screening.screen import Screener


@pytest.mark.parametrize(
    ("header", "cell", "value"),
    [
        ("band_gap", "2.1", 2.1),
        ("band_gap (meV)", "2100", 2.1),
        ("Band_Gap [eV]", " 2.1 ", 2.1),
        ("band_gap", "2100 meV", 2.1),
        ("band_gap (eV)", "2100 meV", 2.1),
        ("formation_energy (kJ/mol atoms)", "-96.485332", -1.0),
        ("magnetic_moment", "0.5 uB/atom", 0.5),
        ("logp", "-1e0", -1.0),
        ("Eg / meV", "2100", 2.1),
        ("band_gap_eV", "2,1", 2.1),
        ("Band gap, eV", "2.1", 2.1),
        ("bandgap", "−2.1", -2.1),
        ("formation_energy_per_atom", "-2.26 eV/atom", -2.26),
        ("e_above_hull (meV/atom)", "12", 0.012),
    ],
)
def test_units_become_the_propertys(header: str, cell: str, value: float) -> None:
    (column,) = find_columns([header])
    read = read_cell(column, cell)
    assert read is not None
    assert read.value == pytest.approx(value)
    assert read.method == METHOD
    assert bool(read.note) == (header == "band_gap (eV)"), "a cell that contradicts its column is noted"


@pytest.mark.parametrize(
    ("header", "cell", "words"),
    [
        ("band_gap", "2.1 K", "unit 'K' is not known; use eV"),
        ("formation_energy", "-1 kJ/mol", "kJ/mol atoms"),
        ("band_gap", "high", "is not a number"),
        ("band_gap", "inf", "is not a number"),
        ("band_gap", "~1.5", "is not a number"),
        ("band_gap", ">3.4", "is not a number"),
        ("band_gap", "1.234,56", "is not one number"),
        ("band_gap", "3,400", "ambiguous"),
        ("band_gap", "3.4*", "unit '\\*' is not known"),
        ("logp", "2 eV", "a number alone"),
    ],
)
def test_what_cannot_be_read_is_named(header: str, cell: str, words: str) -> None:
    (column,) = find_columns([header])
    with pytest.raises(BadInput, match=words):
        read_cell(column, cell)


def test_other_columns_are_passed_over_and_empty_cells_are_unknown() -> None:
    assert find_columns(["note", "price (EUR)", "gap in the record"]) == []
    (column,) = find_columns(["band_gap"])
    assert [read_cell(column, text) for text in (" ", "n/a", "NaN", "-")] == [None] * 4
    assert find_columns(["logp", "Eg"], "smiles")[0].key == "logp"
    assert [c.key for c in find_columns(["logp", "Eg", "gap (exp)"], "formula")] == ["band_gap", "measured_gap"]


@pytest.mark.parametrize(("cell", "spread"), [("1.42(1)", 0.01), ("2.4 ± 0.1", 0.1), ("2.4 +/- 0,1 eV", 0.1)])
def test_an_uncertainty_goes_along(cell: str, spread: float) -> None:
    (column,) = find_columns(["band_gap"])
    read = read_cell(column, cell)
    assert read is not None
    assert read.spread == pytest.approx(spread)


def test_two_columns_of_one_property_agree_or_the_row_is_refused() -> None:
    columns = find_columns(["Band gap (eV)", "Eg", "bandgap"])
    assert read_given(columns, {"Band gap (eV)": "3.2", "Eg": "3200 meV", "bandgap": ""})["band_gap"].value == 3.2
    with pytest.raises(BadInput, match=r"3\.2 and 3\.4"):
        read_given(columns, {"Band gap (eV)": "3.2", "Eg": "3.4", "bandgap": ""})


def test_a_comma_is_decimal_where_semicolons_part_the_cells() -> None:
    (column,) = find_columns(["band_gap"])
    read = read_cell(column, "3,400", comma=True)
    assert read is not None
    assert read.value == 3.4


def test_a_table_of_mixed_units_is_read_row_by_row_and_no_model_overrules_it() -> None:
    table = b"id,formula,band_gap\na,NaCl,8500 meV\nb,MgO,7.8\nc,CaO,7 apples\nd,SrO,\n"
    items = list(read_uploads([("mine.csv", table)]))
    refused = [item for item in items if isinstance(item, Refused)]
    assert [(r.place, "apples" in r.reason) for r in refused] == [("mine.csv, row 3", True)]
    found = {c.id: c for c in Screener()([item for item in items if isinstance(item, Candidate)])}
    assert (found["a"].value("band_gap"), found["a"].predictions["band_gap"].method) == (8.5, METHOD)
    assert found["b"].value("band_gap") == 7.8
    assert found["d"].predictions["band_gap"].method != METHOD
    assert found["a"].value("formation_energy") is not None, "what it does not say is read"
