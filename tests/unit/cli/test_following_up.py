"""Relaxation and the question to databases by command."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.cli.main import main


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["matgen", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_relaxed_crystals_are_written_beside_what_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.9), ["Na", "Cl"], [[0] * 3, [0.5] * 3])
    (tmp_path / "salt.cif").write_text(cell.to(fmt="cif"))
    (tmp_path / "bad.cif").write_text("nothing")
    assert run(monkeypatch, "relax", str(tmp_path), "--out", str(tmp_path / "out"), "--steps", "4") == 0
    said = capsys.readouterr()
    assert "refused, bad.cif" in said.err
    assert "not at rest yet" in said.out
    with (tmp_path / "out" / "relaxed.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["id"] == "salt"
    assert float(row["formation_energy_after"]) < float(row["formation_energy_before"])
    assert len(list((tmp_path / "out").glob("*.cif"))) == 1


def test_what_cannot_be_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "relax", "--out", str(tmp_path)) == 2
    assert "give files" in capsys.readouterr().err
    (tmp_path / "f.csv").write_text("formula\nNaCl\n")
    assert run(monkeypatch, "relax", str(tmp_path / "f.csv"), "--out", str(tmp_path)) == 2
    assert "no crystal" in capsys.readouterr().err
    monkeypatch.setenv("MATGEN_OPTIMADE", "here=http://127.0.0.1:9")
    assert run(monkeypatch, "known", "ClNa") == 1
    assert "NaCl: not known whether: no database answered; here cannot be reached" in capsys.readouterr().out
    assert run(monkeypatch, "known", "Xx2") == 2
