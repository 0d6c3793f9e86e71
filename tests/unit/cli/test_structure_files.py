"""Structure files by command: whole folders of real files, each row read as what it is or refused in words."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from matgen_core.cli.main import main

CASES = Path(__file__).parents[2] / "cases"


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["matgen", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_case_is_screened_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(monkeypatch, "screen", str(CASES), "--out", str(out), "--objective", "e_above_hull:min") == 0
    said = capsys.readouterr()
    assert "Warning" not in said.err
    found = {row["id"]: row for row in rows_of(out / "candidates.csv")}
    expected = {
        "01-icsd-esd-latin1/magnetite": "Fe3O4",
        "02-origin-choice/anatase_choice2": "TiO2",
        "03-rhombohedral/As_R-3m_cR": "As",
        "06-shelx-embedded-hkl/nacl_shelx": "NaCl",
        "07-multi-block/two-MgO": "MgO",
        "08-mcif/afm": "MnNi2",
        "09-low-precision/mg_333": "Mg",
        "10-deuterium-charges/lid": "LiH",
        "11-settings/zro2_P121-n1": "ZrO2",
        "13-occupancy/occ_09999": "NaCl",
        "14-other-formats/POSCAR_vasp5": "NaCl",
        "14-other-formats/two/run1/relaxed": "NaCl",
        "14-other-formats/two/run2/relaxed": "MgO",
        "16-labels/upper_labels": "NaCl",
    }
    assert {name: found[name]["material"] for name in expected} == expected
    for one, other in (
        ("11-settings/zro2_P121-n1", "11-settings/zro2_p21c"),
        ("11-settings/catio3_Pbnm", "11-settings/catio3_Pnma"),
        ("02-origin-choice/anatase_choice1", "02-origin-choice/anatase_choice2"),
    ):
        energies = [float(found[name]["e_above_hull"]) for name in (one, other)]
        assert energies[0] == pytest.approx(energies[1], abs=1e-3), "one crystal in two settings"
    refused = {row["place"]: row["reason"] for row in rows_of(out / "refused.csv")}
    for place, words in (
        ("04-oh-wat-labels/brucite.cif", "H has no position"),
        ("12-mmcif/lig.cif", "mmCIF"),
        ("13-occupancy/occ_60.cif", "disordered"),
        ("16-labels/OW.cif", "H has no position"),
        ("14-other-formats/mol.xyz", "no cell"),
        ("14-other-formats/polymorphs.csv", "by itself"),
    ):
        assert words in refused[place]


def test_predict_takes_structure_files_and_says_what_it_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    by_file, by_cell = tmp_path / "by_file.csv", tmp_path / "by_cell.csv"
    folder = CASES / "11-settings"
    assert run(monkeypatch, "predict", str(folder), "--out", str(by_file)) == 0
    table = tmp_path / "in.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["name", "cif"])
        writer.writerows((path.stem, path.read_text()) for path in sorted(folder.glob("*.cif")))
    assert run(monkeypatch, "predict", str(table), "--out", str(by_cell)) == 0
    files, cells = rows_of(by_file), rows_of(by_cell)
    assert [row["name"] for row in files] == [row["name"] for row in cells]
    assert [row["formula"] for row in files] == ["CaTiO3", "CaTiO3", "ZrO2", "ZrO2", "ZrO2"]
    for key in ("formation_energy", "band_gap"):
        assert [float(r[key]) for r in files] == pytest.approx([float(r[key]) for r in cells], abs=2e-3)
    two = tmp_path / "two.csv"
    assert run(monkeypatch, "predict", str(CASES / "07-multi-block" / "two.cif"), "--out", str(two)) == 0
    assert [row["name"] for row in rows_of(two)] == ["two-NaCl", "two-MgO"]
    refused = tmp_path / "refused.csv"
    assert run(monkeypatch, "predict", str(CASES / "04-oh-wat-labels" / "brucite.cif"), "--out", str(refused)) == 0
    (row,) = rows_of(refused)
    assert row["name"] == "brucite.cif"
    assert "H has no position" in row["problem"]
    assert row["formation_energy"] == ""
    assert "H has no position" in capsys.readouterr().err
