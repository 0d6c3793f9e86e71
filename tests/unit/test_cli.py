"""Bad values end with one clear line and a non-zero exit; nothing runs and nothing is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from matgen_core import cli

ROOT = Path(__file__).parents[2]


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["matgen", *words])
    code = 0
    try:
        cli.main()
    except SystemExit as error:
        code = int(error.code or 0)
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--band-gap", "nan"], "finite"),
        (["--band-gap", "wide"], "'wide' is not a number"),
        (["--band-gap", "1:2:3"], "more than two ends"),
        (["--formation-energy=-1:-2"], "reversed; write -2:-1"),
        (["--include", "Fe,Xx"], "Xx"),
        (["--include", "Pb", "--exclude", "Pb"], "both included and excluded"),
        (["--system", "Na-Cl", "--formula", "Fe2O3"], "Fe"),
        (["--formula", "Fe2O3", "--max-atoms", "4"], "raise the maximum"),
        (["--count", "0"], "0 candidates cannot be drawn"),
        (["--count", "-5"], "cannot be drawn"),
        (["--engine", "magic"], "no engine 'magic'"),
        (["--sampler", "magic"], "no sampler 'magic'"),
        (["--steps", "0"], "steps 0 is not possible"),
        (["--guidance", "nan"], "guidance nan is not possible"),
        (["--crystal-system", "round"], "'round'"),
        (["--include", "<script>"], "<script>"),
        (["--out", "/proc/no/such.csv"], "cannot be written"),
    ],
)
def test_a_bad_value_is_named_in_one_line(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, text = run(monkeypatch, capsys, "crystals", *words)
    assert code != 0
    assert said in text
    assert "Traceback" not in text


def test_missing_files_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, text = run(monkeypatch, capsys, "data", "build", str(tmp_path / "absent.csv"))
    assert (code, "absent.csv does not exist" in text) == (2, True)
    code, text = run(monkeypatch, capsys, "evaluate", "crystals", "--rows", str(tmp_path / "absent.npz"))
    assert (code, "absent.npz does not exist" in text) == (2, True)
    code, text = run(monkeypatch, capsys, "train", "magic")
    assert (code, "'magic' can be trained" in text) == (2, True)


def test_a_key_is_asked_for_and_not_taken_from_the_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("MP_API_KEY", raising=False)
    code, text = run(monkeypatch, capsys, "data", "fetch-mp", str(tmp_path / "rows.csv"))
    assert (code, "MP_API_KEY" in text) == (2, True)


def test_the_command_is_installed() -> None:
    done = subprocess.run([sys.executable, "-m", "matgen_core.cli", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert "crystals" in done.stdout


@pytest.mark.parametrize(
    ("text", "ends"),
    [("2.0", (2.0, 2.0)), ("-2:-1", (-2.0, -1.0)), ("1:", (1.0, None)), (":3", (None, 3.0)), ("any", None), ("", None)],
)
def test_goals_are_read(text: str, ends: tuple[float | None, float | None] | None) -> None:
    goal = cli.parse_goal("band-gap", text)
    assert (None if goal is None else (goal.low, goal.high)) == ends
