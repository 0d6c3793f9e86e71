"""There is one reader of tables, and it reads what spreadsheets of many countries write."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from matgen_core.core.errors import BadInput
from matgen_core.files.tables import find_material, open_table

ROOT = Path(__file__).parents[3]
#: The reader itself, and files that read only what the app wrote itself, or a table inside a Python wheel.
OWN = {
    "matgen_core/chem/formulas/hazards.py",
    "matgen_core/core/admet.py",
    "matgen_core/evaluation/molecules.py",
    "matgen_core/files/tables.py",
    "matgen_core/kinds/compositions/rows.py",
    "matgen_core/kinds/crystals/checks/energy_judge_build.py",
    "matgen_core/kinds/crystals/known/row_building.py",
    "matgen_core/kinds/molecules/admet.py",
    "matgen_core/kinds/molecules/rows.py",
    "matgen_core/kinds/molecules/wide.py",
    "matgen_core/learning/trainer.py",
    "matgen_core/workflows/screening/folder.py",
    "pages/widgets/own_tables/prediction_table.py",
}


def test_no_other_module_reads_a_users_table() -> None:
    files = [path for part in ("matgen_core", "pages", "tools") for path in (ROOT / part).rglob("*.py")]
    words = ("read_csv(", "csv.reader(", "DictReader(")
    found = {path for path in files if any(word in path.read_text(encoding="utf-8") for word in words)}
    assert {path.relative_to(ROOT).as_posix() for path in found} == OWN


#: What writes a table row by row, which is defused where it is a reader's, and rows that only training reads.
WRITERS = {
    "matgen_core/evaluation/drawn_rows.py",
    "matgen_core/kinds/crystals/checks/energy_judge_build.py",
    "matgen_core/kinds/crystals/files/candidate_files.py",
    "matgen_core/kinds/crystals/known/row_building.py",
    "matgen_core/learning/trainer.py",
    "matgen_core/workflows/predict_table.py",
    "matgen_core/workflows/screening/folder.py",
}


def test_no_other_module_writes_a_table_by_hand() -> None:
    """A table of results is written by ``write_table``, whose cells no spreadsheet runs."""
    files = [path for part in ("matgen_core", "pages") for path in (ROOT / part).rglob("*.py")]
    found = {
        path
        for path in files
        if any(word in path.read_text(encoding="utf-8") for word in ("csv.writer(", "defused.writer("))
    }
    assert {path.relative_to(ROOT).as_posix() for path in found} == WRITERS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp932"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_dialect_gives_the_same_cells(encoding: str, separator: str, end: str) -> None:
    lines = [["id", "formula", "備考"], ["1", "TiO2", "酸化チタン、白色"], ["", "", ""], ["2", "ZnO", '"a\nb"']]
    text = end.join(separator.join(line) for line in lines) + end
    with open_table(text.encode(encoding)) as table:
        rows = list(table.rows)
        assert (table.columns, table.separator) == (("id", "formula", "備考"), separator)
    assert [row.number for row in rows] == [1, 3], "an empty row keeps its place"
    assert dict(rows[0].cells) == {"id": "1", "formula": "TiO2", "備考": "酸化チタン、白色"}
    assert dict(rows[1].cells) == {"id": "2", "formula": "ZnO", "備考": "a\nb"}


def test_a_packed_table_and_a_long_one_are_read_row_by_row(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "x.csv.gz", "wt", encoding="utf-8") as file:
        file.write("id,formula\n" + "".join(f"r{i},TiO2\n" for i in range(30_000)))
    with open_table(tmp_path / "x.csv.gz") as table:
        ids = [row.cells["id"] for row in table.rows]
    assert ids == [f"r{i}" for i in range(30_000)], "no line is cut where the sample ends"


def test_names_that_repeat_or_lack_are_told_apart() -> None:
    with open_table(b"gap,,gap,\n1,2,3,\n") as table:
        assert table.columns == ("gap", "column 2", "gap (2)")
        assert any("two columns with the same name" in note for note in table.notes)
        assert dict(next(table.rows).cells) == {"gap": "1", "column 2": "2", "gap (2)": "3"}


def test_molecules_go_before_their_sum_formulas() -> None:
    assert find_material(["id", "Formula", "SMILES"]) == ("smiles", "SMILES")
    assert find_material(["formula", "cif"]) == ("cif", "cif")
    assert find_material(["Composition"]) == ("formula", "Composition")
    assert find_material(["x"]) is None


@pytest.mark.parametrize(
    ("data", "words"), [(b"", "no header"), (b"# only\n# comments\n", "no header"), (b"PK\x03\x04a\0\0b", "not text")]
)
def test_what_is_no_table_is_named(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words), open_table(data, "mine.csv"):
        pass
