"""The way to first principles and back by command."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from matgen_core.cli.main import main
from matgen_core.core.records import Candidate, Origin, Prediction
from matgen_core.runs.store import VARIABLE, open_store
from tests.unit.chem.known_cells import perovskite, salt


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["matgen", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path / 'runs.sqlite'}")
    gap = {"band_gap": Prediction("band_gap", 4.0, 0.3, "eV", "crystal-gap")}
    store = open_store()
    number = store.begin("crystals", {}, 0)
    store.add(number, [Candidate(name, cell, Origin("t"), gap) for name, cell in (("a", salt()), ("b", perovskite()))])
    store.end(number, "finished")
    return number


def test_from_a_run_to_calculations_and_back(
    stored: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "follow-up", "--run", stored, "--out", str(tmp_path / "next"), "--order", "score") == 0
    manifest = json.loads((tmp_path / "next" / "manifest.json").read_text())
    folder = tmp_path / "next" / manifest["candidates"][0]["folder"]
    assert (folder / "vasp" / "INCAR").is_file()
    (tmp_path / "next" / "done.csv").write_text("id,band_gap\na,5.0\nx,1\n")
    out = str(tmp_path / "out")
    assert run(monkeypatch, "results", str(tmp_path / "next"), "--run", stored, "--out", out) == 0
    said = capsys.readouterr()
    assert "mean absolute error 1.000 eV" in said.out
    assert "no candidate is called 'x'" in said.err
    assert (tmp_path / "out" / "comparison.csv").read_text().count("\n") == 2
    assert "5" in (tmp_path / "out" / "training.csv").read_text().splitlines()[1]
    kept = open_store().candidates(stored)
    assert [dict(c.computed).get("band_gap") is not None for c in kept] == [True, False]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["follow-up", "--out", "{tmp}/o"], "give files, or --run"),
        (["follow-up", "--run", "nobody", "--out", "{tmp}/o"], "there is no run 'nobody'"),
        (["results", "{tmp}/none.csv", "--run", "nobody"], "there is no run 'nobody'"),
        (["results", "{tmp}/none.csv", "--run", "{run}"], "does not exist"),
    ],
)
def test_bad_input_says_what_to_give(
    words: list[str],
    said: str,
    stored: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled = [word.replace("{tmp}", str(tmp_path)).replace("{run}", stored) for word in words]
    assert run(monkeypatch, *filled) == 2
    assert said in capsys.readouterr().err
