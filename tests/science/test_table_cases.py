"""Tables and molecules as people bring them: each file of tests/cases gives what is right, or a reason that names it.

By the library and by the commands, so that no way in reads otherwise.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from matgen_core.cli.main import app
from matgen_core.core.records import Candidate
from matgen_core.files.refused import Refused
from matgen_core.files.tables import open_table
from matgen_core.files.units import METHOD
from matgen_core.kinds.crystals.known.row_building import build_rows
from matgen_core.kinds.crystals.known.rows import load_rows
from matgen_core.workflows.screening.candidate_files import read_files, read_uploads

CASES = Path(__file__).parents[1] / "cases"


def read(name: str) -> tuple[list[Candidate[Any]], dict[int, str]]:
    """Candidates, and the reasons of refused rows by their place, alike from a path and from an upload."""
    path = CASES / name
    items = list(read_files([path]))
    assert items == list(read_uploads([(path.name, path.read_bytes())]))
    refused = {number: item.reason for number, item in enumerate(items, 1) if isinstance(item, Refused)}
    return [item for item in items if isinstance(item, Candidate)], refused


def predict(name: str, tmp_path: Path, *options: str) -> tuple[list[dict[str, str]], str]:
    """Rows that ``matgen predict`` writes, and what it says."""
    out = tmp_path / "out.csv"
    result = CliRunner().invoke(app, ["predict", str(CASES / name), "--out", str(out), *options])
    assert result.exit_code == 0, result.output
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file)), result.output


# ------------------------------------------------------------------------------------------------------------ tables

DIALECTS = {
    "bom_crlf.csv": [3.2, 3.4],
    "excel.csv": None,
    "semicolon.csv": [3.2, 3.4],
    "tab.csv": [3.2, 3.4],
    "tab.tsv": [3.2, 3.4],
    "utf16.csv": [3.2, 3.4],
    "units.csv": None,
    "units2.csv": [3.2],
    "decimal_comma_unquoted.csv": [2.4],
}


@pytest.mark.parametrize("name", [name for name, right in DIALECTS.items() if right])
def test_a_value_is_what_its_owner_wrote(name: str) -> None:
    found, _refused = read(f"24-csv-dialects/{name}")
    assert [c.predictions["band_gap"].value for c in found] == DIALECTS[name]
    assert {c.predictions["band_gap"].method for c in found} == {METHOD}


def test_a_row_of_more_cells_than_headers_is_refused_and_the_others_go_on(tmp_path: Path) -> None:
    found, refused = read("24-csv-dialects/decimal_comma_unquoted.csv")
    assert [c.id for c in found] == ["c"]
    assert all("4 cells, but 3 headers" in reason and "quotes" in reason for reason in refused.values())
    rows, said = predict("24-csv-dialects/decimal_comma_unquoted.csv", tmp_path)
    assert ["4 cells" in row["problem"] for row in rows] == [True, True, False]
    assert "1 predicted, 2 not" in said


@pytest.mark.parametrize(
    ("name", "separator", "encoding"),
    [
        ("semicolon.csv", ";", "utf-8-sig"),
        ("tab.csv", "\t", "utf-8-sig"),
        ("sep_line.csv", ";", "utf-8-sig"),
        ("comment.csv", ",", "utf-8-sig"),
        ("latin1.csv", ",", "cp1252"),
        ("latin1_late.csv", ",", "cp1252"),
        ("utf16.csv", ",", "utf-16"),
        ("unicode.csv", ",", "utf-8-sig"),
    ],
)
def test_separator_and_encoding_are_found_and_said(name: str, separator: str, encoding: str, tmp_path: Path) -> None:
    with open_table(CASES / "24-csv-dialects" / name) as table:
        assert (table.separator, table.encoding) == (separator, encoding)
        assert bool(table.notes) == (separator == ";" or encoding != "utf-8-sig" or name == "comment.csv")
    found, refused = read(f"24-csv-dialects/{name}")
    assert found
    assert not refused
    if name == "latin1.csv":
        assert [c.columns["note"] for c in found] == ["Müller", "Å"]
        assert "Windows-1252" in predict(f"24-csv-dialects/{name}", tmp_path)[1]


def test_what_a_spreadsheet_made_of_numbers_is_read_or_named() -> None:
    found, refused = read("24-csv-dialects/excel.csv")
    values = {c.id: c.predictions["band_gap"].value for c in found if "band_gap" in c.predictions}
    assert values == {"1": 3.2, "4": 2.1, "8": -1.5, "9": 2.4, "12": 1.42}
    assert {c.id for c in found} - set(values) == {"5", "13", "14"}, "n/a and - say that nothing is known"
    words = {
        2: "spreadsheet",
        3: "spreadsheet",
        6: "A is not an element",
        7: "4 cells",
        10: "~1.5",
        11: ">3.4",
        15: r"'*'",
    }
    assert set(refused) == set(words)
    assert all(word in refused[row] for row, word in words.items())


def test_headers_are_matched_by_name_and_unit_and_it_is_said(tmp_path: Path) -> None:
    notes: list[str] = []
    (found,) = read_files([CASES / "24-csv-dialects" / "units2.csv"], notes)
    assert isinstance(found, Candidate)
    assert found.predictions["band_gap"].value == 3.2
    assert any("'Band gap (eV)' as band_gap in eV" in note and "'Eg' as band_gap" in note for note in notes)
    _found, refused = read("24-csv-dialects/units.csv")
    assert all("'kJ/mol' is not known" in reason for reason in refused.values())
    out = ["screen", str(CASES / "24-csv-dialects" / "units2.csv"), "--out", str(tmp_path / "o")]
    result = CliRunner().invoke(app, [*out, "--objective", "band_gap:max"])
    assert result.exit_code == 0, result.output
    assert "'Eg' as band_gap" in result.output
    with (tmp_path / "o" / "candidates.csv").open(encoding="utf-8", newline="") as file:
        assert float(next(csv.DictReader(file))["band_gap"]) == 3.2


def test_polymorphs_of_one_name_are_all_kept() -> None:
    found, refused = read("14-other-formats/polymorphs.csv")
    assert not refused
    assert {c.name for c in found} == {"TiO2"}
    assert len({c.id for c in found}) == len(found) == 2
    assert len({c.material.space_group for c in found}) == 2


# -------------------------------------------------------------------------------------------------------- data build


def test_a_given_value_is_taken_or_told_and_never_replaced(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["data", "build", str(CASES / "15-databuild" / "given.csv"), "--out", str(tmp_path), "--workers", "1"]
    )
    assert result.exit_code == 0, result.output
    rows = load_rows(tmp_path / "crystals.npz")
    by_id = {id_: i for i, id_ in enumerate(rows.ids.tolist())}
    assert set(by_id) >= {"NaCl", "KCl", "NaN", "row-5"}, "an empty id and one called NaN stay apart"
    gaps, energies = rows.column("band_gap"), rows.column("formation_energy")
    assert gaps[by_id["NaCl"]] == pytest.approx(5.0)
    assert gaps[by_id["KCl"]] == pytest.approx(5.2)
    assert energies[by_id["KCl"]] == pytest.approx(-2.26)
    assert "1 cells of 'formation_energy_per_atom' say that the value is not known" in result.output
    assert np.isfinite(energies[by_id["MgO"]]), "CHGNet's label stands only where the table says n/a"


def test_headers_and_separators_of_a_build_are_found(tmp_path: Path) -> None:
    notes: list[str] = []
    rows, rejected = build_rows(CASES / "15-databuild" / "headers.csv", tmp_path / "a", workers=1, notes=notes)
    assert (rows.ids.tolist(), rows.column("band_gap").tolist(), rejected) == (["NaCl"], [5.0], [])
    assert any("'Band Gap' as band_gap" in note for note in notes)
    rows, rejected = build_rows(CASES / "15-databuild" / "semi.csv", tmp_path / "b", workers=1)
    assert (rows.ids.tolist(), rejected) == (["NaCl"], [])


def test_a_value_that_cannot_be_read_rejects_its_row(tmp_path: Path) -> None:
    text = (CASES / "15-databuild" / "headers.csv").read_text(encoding="utf-8").replace("5.0", "about 5")
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    rows, rejected = build_rows(tmp_path / "in.csv", tmp_path / "out", workers=1)
    assert (len(rows), "'about 5' is not a number" in rejected[0].reason) == (0, True)


# --------------------------------------------------------------------------------------------------------- molecules


def test_a_salt_is_refused_because_it_has_more_than_one_piece(tmp_path: Path) -> None:
    found, refused = read("20-salts/salts.csv")
    assert [c.id for c in found] == ["glycine zwitterion", "tetramethylammonium"]
    assert set(refused) == {1, 2, 5}
    assert all("2 separate parts, like a salt" in reason for reason in refused.values())
    rows, _said = predict("20-salts/salts.csv", tmp_path)
    assert ["separate parts" in row["problem"] for row in rows] == [True, True, False, False, True]


def test_each_cause_has_rdkits_own_reason(tmp_path: Path) -> None:
    found, refused = read("21-kekulize/kek.csv")
    words = {1: "kekulize", 4: "[nH]", 5: "Explicit valence for atom # 1 C, 5", 7: "unclosed ring"}
    assert set(refused) == set(words)
    assert all(word in refused[row] for row, word in words.items())
    assert len(found) == 6
    rows, _said = predict("21-kekulize/kek.csv", tmp_path)
    assert {i for i, row in enumerate(rows, 1) if row["problem"]} == set(words)


def test_isotopes_dative_bonds_and_explicit_hydrogen(tmp_path: Path) -> None:
    found, refused = read("22-organometallic-isotope/om.csv")
    by_name = {c.name: c.material.smiles for c in found}
    assert by_name["explicit H"] == by_name["methanol"] == by_name["atom maps"] == "CO"
    assert "->" in by_name["dative"]
    assert by_name["cisplatin"] == by_name["cisplatin dative"]
    assert {
        row: reason
        for row, reason in refused.items()
        if "open end" in reason or "reaction" in reason or "3 separate parts" in reason
    } == refused
    assert set(refused) == {8, 16, 18}
    rows, _said = predict("22-organometallic-isotope/om.csv", tmp_path)
    weights = {row["id"]: row["weight"] for row in rows}
    assert float(weights["methanol-d4"]) == pytest.approx(36.066, abs=1e-3)
    assert float(weights["methanol"]) == float(weights["explicit H"]) == pytest.approx(32.042, abs=1e-3)


def test_an_extension_is_no_name() -> None:
    found, refused = read("23-cxsmiles/cx_nameless.smi")
    assert not refused
    assert len({c.id for c in found}) == len({c.material.smiles for c in found}) == 3
    assert not any("|" in c.id + c.name for c in found)
    assert [c.columns["CXSMILES"] for c in found] == ["|o1:1|"] * 3
    found, refused = read("23-cxsmiles/cx.smi")
    assert [c.name for c in found] == ["halo-1", "", "ethanol", "labelled", "benzene"]
    assert "open end" in refused[5]
    found, refused = read("23-cxsmiles/cx.csv")
    assert [c.material.smiles for c in found] == ["C[C@H](F)Cl", "C[C@H](F)Cl", "CCO", "CCO", "CCO", "CCO"]
    assert set(refused) == {6}


def test_records_of_one_title_are_all_kept() -> None:
    found, refused = read("25-sdf/same_title.sdf")
    assert not refused
    assert len({c.id for c in found}) == len({c.material.smiles for c in found}) == 3
    assert {c.name for c in found} == {"Untitled Document-1"}
    assert [c.columns["ID"] for c in found] == ["CPD-0", "CPD-1", "CPD-2"]


def test_a_bad_record_does_not_stop_the_others() -> None:
    found, refused = read("25-sdf/arom.sdf")
    assert ([c.material.smiles for c in found], "kekulized" in refused[1]) == (["CCO"], True)
    found, refused = read("25-sdf/zero_atoms.sdf")
    assert ([c.material.smiles for c in found], "no atoms" in refused[1]) == (["CCO"], True)
    found, refused = read("25-sdf/v3000.sdf")
    assert "[C@" in found[0].material.smiles
    assert "->[Fe" in found[1].material.smiles or "[Fe]<-" in found[1].material.smiles
    assert set(refused) == {2}
    assert "2 separate parts" in refused[2]
    found, refused = read("25-sdf/crlf.sdf")
    assert ([c.id for c in found], refused) == (["ethylammonium", "d3"], {})
    assert found[0].predictions["logp"].value == 0.1
    (single,), refused = read("25-sdf/single.mol")
    assert (single.material.smiles, single.name, refused) == ("CCO", "x", {})


# ---------------------------------------------------------------------------------------------------------- formulas


@pytest.mark.parametrize(
    ("case", "bad"),
    [
        ("30-hydrates/hyd.csv", 0),
        ("31-dopants/dop.csv", 0),
        ("32-charges-unicode/u.csv", 9),
        ("33-case-ambiguity/c.csv", 4),
    ],
)
def test_commands_read_the_same_formulas_as_the_library(case: str, bad: int, tmp_path: Path) -> None:
    found, refused = read(case)
    assert len(refused) == bad
    rows, _said = predict(case, tmp_path)
    assert {i for i, row in enumerate(rows, 1) if not row["band_gap"]} == set(refused)
    assert len(rows) == len(found) + bad


def test_of_dopants_it_is_said_that_the_network_reads_them_coarsely() -> None:
    from matgen_core.kinds.compositions.predict import predict_formulas

    found, _refused = read("31-dopants/dop.csv")
    predicted = {c.id: c.predictions["band_gap"] for c in predict_formulas(found)}
    doped, coarse = predicted["dop-r2"], predicted["dop-r5"]
    assert "less than 2 % of the atoms are Na" in doped.note
    assert doped.in_domain is False
    assert "coarsely" not in coarse.note


def test_formulas_that_differ_in_capitals_are_different_materials() -> None:
    found, _refused = read("33-case-ambiguity/c.csv")
    assert {"CoO", "CO2", "CO", "Co", "NaN"} <= {c.material.reduced for c in found}
