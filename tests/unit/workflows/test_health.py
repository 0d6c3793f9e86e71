"""The health check finds what is missing or damaged, names it, and tells programs by its exit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import matgen_core.learning.checkpoints
import matgen_core.workflows.health
from matgen_core.cli import main as cli
from matgen_core.core.environment import variable
from matgen_core.runs.store import VARIABLE


@pytest.fixture
def one_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the crystal writer alone, so that a check is quick."""
    shutil.copytree(matgen_core.learning.checkpoints.FOLDER / "crystal-gpt", tmp_path / "crystal-gpt")
    load = matgen_core.learning.checkpoints.load_checkpoint
    monkeypatch.setattr(matgen_core.workflows.health, "FOLDER", tmp_path)
    monkeypatch.setattr(matgen_core.workflows.health, "available", lambda: ("crystal-gpt",))
    monkeypatch.setattr(matgen_core.workflows.health, "load_checkpoint", lambda name: load(name, folder=tmp_path))
    return tmp_path / "crystal-gpt"


def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["matgen", "health", *words])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return int(stop.value.code or 0), capsys.readouterr().out


@pytest.mark.usefixtures("one_checkpoint")
def test_all_is_well(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = ask(monkeypatch, capsys, "--json")
    assert code == 0
    answer = json.loads(text)
    assert answer["healthy"] is True
    assert {"checkpoint crystal-gpt", "store of runs", "reference of crystals"} <= {c["name"] for c in answer["checks"]}


@pytest.mark.usefixtures("one_checkpoint")
@pytest.mark.parametrize(
    ("workers", "problem"), [("1", ""), ("0", "MATGEN_WORKERS is 0; runs compute within the server")]
)
def test_where_runs_compute_is_said(
    workers: str, problem: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable("workers"), workers)
    code, text = ask(monkeypatch, capsys, "--json")
    (check,) = [check for check in json.loads(text)["checks"] if check["name"] == "worker process"]
    assert check["problem"].startswith(problem)
    assert bool(check["problem"]) == bool(problem)
    assert code == 0, "the app does its work all the same"


def test_a_flipped_bit_is_found(
    one_checkpoint: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = one_checkpoint / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(data)
    code, text = ask(monkeypatch, capsys)
    assert code == 1
    assert "PROBLEM  checkpoint crystal-gpt: " in text
    assert "restore it" in text


@pytest.mark.usefixtures("one_checkpoint")
def test_a_store_that_cannot_be_used_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, f"sqlite:///{tmp_path / 'nowhere' / 'runs.sqlite'}")
    code, text = ask(monkeypatch, capsys)
    assert code == 1
    assert "PROBLEM  store of runs" in text
