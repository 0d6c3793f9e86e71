"""A table of the user's: every good row is read, every bad one says why and keeps its place."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.core.errors import BadInput
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import (
    Candidate,
    Crystal,
    Formula,
    Origin,
    Prediction,
    Site,
)
from matgen_core.kinds.compositions.files import formulas_to_csv
from matgen_core.kinds.crystals.files.candidate_files import to_cif
from matgen_core.workflows.predict_table import choose_column, predict_table, read_rows
from matgen_core.workflows.screening.files import screening_to_csv
from matgen_core.workflows.screening.pareto import parse_objective

NACL = Crystal(225, (Site("a", "Na"), Site("b", "Cl")), (5.69, 5.69, 5.69, 90, 90, 90))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_formulas_are_read_and_bad_rows_stay(tmp_path: Path) -> None:
    source = tmp_path / "in.csv"
    source.write_text("id,formula\n1,Fe2O3\n2,\n3,Xx\n4,NaCl\n5,=cmd()\n", encoding="utf-8")
    report = predict_table(source, tmp_path / "out.csv")
    rows = table(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert (report.rows, sum(report.bad.values())) == (5, 3)
    assert float(rows[3]["band_gap"]) > 3 > float(rows[0]["band_gap"])
    assert float(rows[0]["magnetic_moment"]) > 0.5
    assert all(float(rows[0][f"{key}_spread"]) > 0 for key in ("band_gap", "formation_energy"))
    assert "empty" in rows[1]["problem"]
    assert "'Xx'" in rows[2]["problem"]
    assert rows[4]["formula"].startswith("'"), "no formula that a spreadsheet would run"
    assert report.examples[0][0] == "row 2"


def test_smiles_and_cifs_are_read(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("SMILES;x,smiles\n1,CCO\n2,C(\n", encoding="utf-8")
    predict_table(tmp_path / "s.csv", tmp_path / "so.csv")
    rows = table(tmp_path / "so.csv")
    assert float(rows[0]["weight"]) == pytest.approx(46.07, abs=0.01)
    assert rows[0]["logp_in_domain"] == "False", "ethanol is outside the generator's domain"
    assert "not a molecule" in rows[1]["problem"]
    good, bad = read_rows("cif", [to_cif(Candidate("x", NACL, Origin("file"))), "data_\nnothing"])
    assert not isinstance(good, str)
    assert {p.property for p in good} >= {"formation_energy", "e_above_hull"}
    assert isinstance(bad, str)


def test_a_predicted_table_states_the_unit_of_each_value(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("formula\nNaCl\n", encoding="utf-8")
    (tmp_path / "molecules.csv").write_text("smiles\nCCO\n", encoding="utf-8")
    for name in ("mine", "molecules"):
        predict_table(tmp_path / f"{name}.csv", tmp_path / f"{name}.out.csv")
        (row,) = table(tmp_path / f"{name}.out.csv")
        found = {key: PROPERTIES[key].unit for key in row if key in PROPERTIES}
        assert sum(map(bool, found.values())) > 2
        for key, unit in found.items():
            assert row.get(f"{key}_unit") == (unit or None), key
        assert row["problem"] == ""


def test_a_compressed_table_and_a_column_by_another_name(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "in.csv.gz", "wt", encoding="utf-8") as file:
        file.write("composition,band_gap\nGaAs,1.4\n")
    predict_table(tmp_path / "in.csv.gz", tmp_path / "out.csv", column="formula=composition")
    row = table(tmp_path / "out.csv")[0]
    assert row["band_gap"] == "1.4", "a column of the user's own is not overwritten"
    assert float(row["read_band_gap"]) >= 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "no header"),
        (b"a,b\n1,2\n", "no column formula, cif or smiles"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"a,formula\n", None),
    ],
)
def test_a_file_that_is_no_table_is_named(tmp_path: Path, text: bytes, words: str | None) -> None:
    (tmp_path / "in.csv").write_bytes(text)
    if words is None:
        assert predict_table(tmp_path / "in.csv", tmp_path / "out.csv").rows == 0
        return
    with pytest.raises(BadInput, match=words):
        predict_table(tmp_path / "in.csv", tmp_path / "out.csv")


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(BadInput, match="'smiles'"):
        choose_column(["formula"], "smiles", Path("x.csv"))


def test_it_stops_when_told_and_keeps_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("formula\n" + "NaCl\n" * 600, encoding="utf-8")
    asked = iter([False, True])
    report = predict_table(tmp_path / "in.csv", tmp_path / "out.csv", cancelled=lambda: next(asked))
    assert report.rows == 512
    assert len(table(tmp_path / "out.csv")) == 512


# ------------------------------------------------------------------------------------------------------ what is missing

#: Atoms so far apart that CHGNet has no graph for them: no energy, no moment, no distance to the hull.
APART = Structure(Lattice.cubic(40.0), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def test_a_row_of_which_values_are_missing_says_why_and_is_counted(tmp_path: Path) -> None:
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Na", "Cl"], [[0] * 3, [0.5] * 3])
    with (tmp_path / "rows.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["cif"], [APART.to(fmt="cif")], [salt.to(fmt="cif")], ["nothing"]])
    report = predict_table(tmp_path / "rows.csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        apart, whole, bad = csv.DictReader(file)
    assert (report.rows, sum(report.bad.values()), report.lacking) == (3, 1, 1)
    assert apart["formation_energy"] == apart["e_above_hull"] == ""
    assert "formation_energy" in apart["problem"]
    assert "too far" in apart["problem"]
    assert whole["problem"] == ""
    assert whole["formation_energy"]
    assert bad["problem"]
    assert [row for row, _reason in report.examples] == ["row 1", "row 3"]


def test_a_file_of_a_folder_is_named_where_it_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "cells").mkdir()
    (tmp_path / "cells" / "no cell.cif").write_text("data_x\n_cell_length_a 4\n", encoding="utf-8")
    report = predict_table(tmp_path / "cells", tmp_path / "out.csv")
    assert [row for row, _reason in report.examples] == ["row 1 ('no cell.cif')"]


@pytest.mark.parametrize("kind", ["formulas", "screening"])
def test_every_empty_value_has_its_reason_in_the_tables_of_results(kind: str) -> None:
    read = {
        "band_gap": Prediction("band_gap", 1.0, 0.1, "eV", "test"),
        "e_above_hull": Prediction("e_above_hull", None, None, "eV/atom", "test", note="no phase holds Fr with O"),
    }
    found = [Candidate("0-0", Formula("Fr2O"), Origin("test"), read)]
    if kind == "formulas":
        text = formulas_to_csv(found)
    else:
        text = screening_to_csv([(found[0], 0, None)], [parse_objective("e_above_hull:min")])
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["e_above_hull"] == ""
    assert "e_above_hull: no phase holds Fr with O" in row["missing"]
    assert kind == "screening" or "the price of Fr is not known" in row["missing"]
