"""Kept runs by command."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from matgen_core.cli.main import main
from matgen_core.core.records import Candidate, Molecule, Origin
from matgen_core.runs.store import VARIABLE, open_store


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["matgen", "runs", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path / 'runs.sqlite'}")
    name = open_store().begin("molecules", {"seed": ["3"]}, 3, name="mine")
    open_store().add(name, [Candidate("3-0", Molecule("CCO"), Origin("t", "", 3, 0))])
    return name


def test_list_show_rename_export_delete(
    kept: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "list") == 0
    assert kept in capsys.readouterr().out
    assert run(monkeypatch, "rename", kept, "other") == 0
    assert run(monkeypatch, "show", kept) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["name"], shown["count"], shown["settings"]) == ("other", 1, {"seed": ["3"]})
    assert run(monkeypatch, "export", kept, str(tmp_path / "out.csv")) == 0
    assert "CCO" in (tmp_path / "out.csv").read_text()
    assert run(monkeypatch, "delete", kept, "--yes") == 0
    assert open_store().list() == []


def test_what_cannot_be_is_one_line(
    kept: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "show", "x") == 2
    assert "no run 'x'" in capsys.readouterr().err
    assert run(monkeypatch, "export", kept, "out.txt") == 2
    assert "choose from: csv, sdf, 3d.sdf, smi" in capsys.readouterr().err
