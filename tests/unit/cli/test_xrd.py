"""``matgen xrd``: reflections of structures, and structures ranked by a measured pattern."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path

import pytest

from matgen_core.cli.diffraction import read_wavelength
from matgen_core.cli.main import main
from matgen_core.core.errors import BadInput
from matgen_core.core.records import Candidate, Origin
from matgen_core.kinds.crystals.files.candidate_files import to_cif
from tests.unit.chem.crystals.test_diffraction import CARD, RUTILE, salt


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Rutile, halite 1 % too wide, and a measured pattern of halite."""
    for name, crystal in (("a-rutile", RUTILE), ("b-halite", salt(5.6402 * 1.01))):
        (tmp_path / f"{name}.cif").write_text(to_cif(Candidate(name, crystal, Origin("test"))), encoding="utf-8")
    rows = zip(CARD.angles, CARD.counts, strict=True)
    (tmp_path / "halite.xy").write_text("".join(f"{x:.3f} {y:.0f}\n" for x, y in rows), encoding="utf-8")
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["matgen", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_structures_are_ranked_by_a_pattern(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cifs = [str(folder / "a-rutile.cif"), str(folder / "b-halite.cif")]
    assert run(monkeypatch, "xrd", *cifs, "--pattern", str(folder / "halite.xy")) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["formula"] for row in rows] == ["NaCl", "TiO2"]
    assert float(rows[0]["xrd_match"]) > 0.9
    assert float(rows[0]["cell_scale"]) == pytest.approx(0.99, abs=0.003)


def test_reflections_of_a_structure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = folder / "out.csv"
    assert run(monkeypatch, "xrd", str(folder / "b-halite.cif"), "--wavelength", "mo", "--out", str(out)) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    strongest = max(rows, key=lambda row: float(row["intensity_percent"]))
    assert strongest["hkl"] == "200"
    assert float(strongest["d_angstrom"]) == pytest.approx(5.6402 * 1.01 / 2, abs=1e-3)


def test_what_cannot_be_read_says_why(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.xy").write_text("hello\n", encoding="utf-8")
    assert run(monkeypatch, "xrd", str(folder / "b-halite.cif"), "--pattern", str(folder / "bad.xy")) == 2
    assert "bad.xy has 0 lines of two numbers" in capsys.readouterr().err
    with pytest.raises(BadInput, match="neither cu"):
        read_wavelength("iron")
