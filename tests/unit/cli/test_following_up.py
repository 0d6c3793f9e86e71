"""Relaxation and the question to databases by command."""

from __future__ import annotations

import csv
import signal
import sys
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

import matgen_core.cli.running
from matgen_core.cli.main import main


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["matgen", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_relaxed_crystals_are_written_beside_what_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = Lattice.tetragonal(4.9, 2.8)
    rutile = Structure.from_spacegroup("P4_2/mnm", cell, ["Ti", "O"], [[0, 0, 0], [0.27, 0.27, 0]])
    (tmp_path / "rutile.cif").write_text(rutile.to(fmt="cif"))
    (tmp_path / "bad.cif").write_text("nothing")
    (tmp_path / "mixed.cif").write_text(
        Structure(Lattice.cubic(4.0), [{"Cu": 0.5, "Au": 0.5}], [[0, 0, 0]]).to(fmt="cif")
    )
    assert run(monkeypatch, "relax", str(tmp_path), "--out", str(tmp_path / "out"), "--steps", "3") == 0
    said = capsys.readouterr()
    assert "refused, bad.cif" in said.err
    assert "refused, mixed.cif" in said.err
    assert "not converged after 3 steps" in said.out
    with (tmp_path / "out" / "relaxed.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["id"] == "rutile"
    assert float(row["formation_energy_after"]) < float(row["formation_energy_before"])
    assert row["stable"] == "", "not asked"
    judged = [float(row[f"formation_energy_judge_{when}"]) for when in ("before", "after")]
    assert judged[1] < judged[0], "by a potential that did not relax it"
    assert "by SevenNet-l3i5 (judges)" in row["agreement"]
    assert len(list((tmp_path / "out").glob("*.cif"))) == 1


def test_ctrl_c_keeps_what_was_relaxed_and_names_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(20):
        cell = Lattice.cubic(5.7 + 0.01 * number)
        salt = Structure.from_spacegroup("Fm-3m", cell, ["Na", "Cl"], [[0] * 3, [0.5] * 3])
        (tmp_path / f"salt{number:02d}.cif").write_text(salt.to(fmt="cif"))
    save, saved = matgen_core.cli.running.save_result, list[Path]()

    def save_and_press(path: Path, content: str | bytes) -> Path:
        """Ctrl-C is pressed once the first crystal is written."""
        saved.append(path)
        if len(saved) == 1:
            signal.raise_signal(signal.SIGINT)
        return save(path, content)

    monkeypatch.setattr(matgen_core.cli.running, "save_result", save_and_press)
    assert run(monkeypatch, "relax", str(tmp_path), "--out", str(tmp_path / "out")) == 0
    said = capsys.readouterr()
    with (tmp_path / "out" / "relaxed.csv").open() as file:
        rows = list(csv.DictReader(file))
    done = [row for row in rows if row["formation_energy_after"]]
    assert len(rows) == 20
    assert 0 < len(done) < 20
    assert f"stopped; {20 - len(done)} crystals were not relaxed" in said.err
    assert len(list((tmp_path / "out").glob("*.cif"))) == len(done)


def test_more_than_ten_are_relaxed_and_each_is_displaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(11):
        salt = Structure.from_spacegroup(
            "Fm-3m", Lattice.cubic(5.6 + 0.03 * number), ["Na", "Cl"], [[0] * 3, [0.5] * 3]
        )
        (tmp_path / f"salt{number}.cif").write_text(salt.to(fmt="cif"))
    words = ["--out", str(tmp_path / "out"), "--no-symmetry", "--check-stability"]
    assert run(monkeypatch, "relax", str(tmp_path), *words) == 0
    assert capsys.readouterr().out.count("returns after a displacement by 0.05 Å") == 11
    with (tmp_path / "out" / "relaxed.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["stable"] for row in rows] == ["yes"] * 11
    energies = [float(row["formation_energy_after"]) for row in rows]
    assert energies == pytest.approx([energies[0]] * 11, abs=2e-3)


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
    assert "NaCl: unknown: no database answered; here cannot be reached" in capsys.readouterr().out
    assert run(monkeypatch, "known", "Xx2") == 2
