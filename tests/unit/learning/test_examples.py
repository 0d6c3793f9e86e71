"""Two columns of a user's table: a line that is out of shape keeps its number and is refused, the rest is read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from matgen_core.core.errors import BadInput
from matgen_core.learning.examples import find_numbers, read_columns
from matgen_core.workflows.own_properties.training_examples import read_examples, unit_of


def test_lines_out_of_shape_are_refused_by_their_number() -> None:
    pairs = [(metal, other) for metal in ("Li", "Na", "K", "Rb") for other in ("F", "Cl", "Br", "I", "H")]
    good = "".join(f"{metal}{other},{i}\n" for i, (metal, other) in enumerate(pairs))
    table = f"formula,gap\nMgO,1,5\n\nFe2O3\n{good}"
    texts, values, kind = read_columns(table.encode(), "gap")
    assert kind == "formula"
    examples = read_examples(texts, values, kind)
    assert [row for row, _ in examples.refused] == [1, 2, 3]
    assert [reason.split(",")[0] for _, reason in examples.refused] == ["3 cells", "the row is empty", "no value"]
    assert len(examples.texts) == 20


def test_numbers_are_read_as_people_write_them_or_refused_with_a_reason() -> None:
    pairs = [(metal, other) for metal in ("Li", "Na", "K", "Rb") for other in ("F", "Cl", "Br", "I", "H")]
    good = "".join(f"{metal}{other};{i},5\n" for i, (metal, other) in enumerate(pairs))
    table = f"# measured\nformula;gap\nMgO;n/a\nCaO;2,1 eV\nSrO;>3\nBaO;1,400\n{good}"
    examples = read_examples(*read_columns(table.encode("utf-16"), "gap"))
    assert [reason for _, reason in examples.refused] == [
        "no value",
        "'2.1 eV' has a unit, most rows have none; write the number alone, in the unit of the other rows",
        "'>3' is not a number",
    ]
    assert dict(zip(examples.texts, examples.values.tolist(), strict=True))["LiF"] == 0.5
    assert dict(zip(examples.texts, examples.values.tolist(), strict=True))["BaO"] == pytest.approx(1.4)


def test_structures_are_read_by_their_formulas_and_one_that_fails_is_named() -> None:
    """Two phases of one formula are one material here, with the mean of their values."""
    cells = {(a, b): f'"{cif(a, b)}"' for a in ("Li", "Na", "K", "Rb", "Cs") for b in ("F", "Cl", "Br", "I")}
    lines = [f"{cell},{i}" for i, cell in enumerate(cells.values())]
    table = "\n".join(["cif,gap", *lines, '"no structure",1', f"{cells['Na', 'Cl']},11"])
    texts, values, kind = read_columns(table.encode(), "gap")
    examples = read_examples(texts, values, kind)
    assert (kind, examples.kind) == ("cif", "formula")
    assert [row for row, _ in examples.refused] == [21]
    assert len(examples.texts) == 20
    assert dict(zip(examples.texts, examples.values.tolist(), strict=True))["NaCl"] == 8.0
    assert "read by their formulas" in examples.note
    assert "1 rows repeat a formula of another row; the mean of the values is used" in examples.note


def cif(one: str, other: str) -> str:
    """Rock salt of two elements."""
    return "\n".join(
        [
            "data_x",
            *(f"_cell_length_{axis} 5.6" for axis in "abc"),
            *(f"_cell_angle_{angle} 90" for angle in ("alpha", "beta", "gamma")),
            "_symmetry_Int_Tables_number 225",
            "_symmetry_space_group_name_H-M 'F m -3 m'",
            *("loop_", "_atom_site_label", "_atom_site_type_symbol"),
            *(f"_atom_site_fract_{axis}" for axis in "xyz"),
            f"{one}1 {one} 0 0 0",
            f"{other}1 {other} 0.5 0.5 0.5",
        ]
    )


def test_a_unit_that_the_user_names_never_replaces_that_of_the_cells() -> None:
    formulas = [f"{metal}{other}" for metal in ("Li", "Na", "K", "Rb") for other in ("F", "Cl", "Br", "I", "H")]
    examples = read_examples(formulas, [f"{i} meV" for i in range(20)], "formula")
    assert unit_of(examples, "") == unit_of(examples, "meV") == ("meV", "")
    unit, note = unit_of(examples, "eV")
    assert unit == "meV"
    assert "the cells are in meV, not in eV" in note
    plain = read_examples(formulas, list(range(20)), "formula")
    assert unit_of(plain, "eV") == ("eV", "")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (b"", "no header"),
        (b"formula,gap\n", "no rows"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"a,b\n1,2\n", "no column formula, smiles or cif .* rename the column that holds the materials"),
        (b"formula,b\nNaCl,2\n", "'gap'"),
        (b"formula,gap\nNaCl,\0" + b"x" * 3_000_000, "UTF-8"),
    ],
)
def test_what_is_no_such_table_is_named(table: bytes, words: str) -> None:
    csv.field_size_limit(10_000_000)  # as another reader in the same process leaves it
    with pytest.raises(BadInput, match=words):
        read_columns(table, "gap")


def test_a_folder_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not a file"):
        read_columns(tmp_path, "gap")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("smiles,bp,comment\nCCO,78.4,measured\nCCC,-42,\nCC,,read\n", "bp"),
        ("SMILES;Siedepunkt (°C);Quelle\nCCO;78,4;Labor\nCCC;−42,1;Buch\nC;abc;Buch\n", "Siedepunkt (°C)"),
        ("id,smiles,low,high\n1,CCO,1,2\n2,CCC,2,3\n", "high"),
        ("formula,gap,note\nNaCl,8.5 eV,\nSi,1.1 eV,\n", "gap"),
        ("smiles,comment\nCCO,x\n", "comment"),
    ],
)
def test_the_column_of_numbers_is_found(table: str, column: str) -> None:
    assert find_numbers(table.encode()) == column
