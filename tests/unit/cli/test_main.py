"""Bad values end with one clear line and a non-zero exit; nothing runs and nothing is written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from matgen_core.cli import main as cli
from matgen_core.core.goals import parse_goal
from matgen_core.runs.store import VARIABLE

ROOT = Path(__file__).parents[3]


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
        (["--band-gap", "1:2:3"], "more than two numbers"),
        (["--formation-energy=-1:-2"], "reversed; write -2:-1"),
        (["--include", "Fe,Xx"], "Xx"),
        (["--include", "Pb", "--exclude", "Pb"], "both included and excluded"),
        (["--system", "Na-Cl", "--formula", "Fe2O3"], "Fe"),
        (["--formula", "Fe2O3", "--max-atoms", "4"], "raise the maximum"),
        (["--count", "0"], "0 crystals cannot be generated"),
        (["--count", "-5"], "cannot be generated"),
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


def _lines(app: typer.Typer) -> Iterator[list[str]]:
    """The words of every command and every group."""
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        yield [name]
        yield from ([name, inner] for inner in getattr(command, "commands", ()))


def test_a_command_is_the_same_when_the_others_are_not_built() -> None:
    lines = list(_lines(cli.app))
    assert len(lines) > 60
    among_all = get_command(cli.app)
    for words in lines:
        found: list[Any] = [get_command(cli.only_asked(cli.app, words)), among_all]
        for word in words:
            found = [each.commands[word] for each in found]
        alone, one = ((each.name, each.help, [option.opts for option in each.params]) for each in found)
        assert alone == one, words


@pytest.mark.parametrize("words", [[], ["--help"], ["nonsense"], ["runs"], ["runs", "nonsense"]], ids=" ".join)
def test_lists_and_messages_are_the_same_when_not_all_is_built(words: list[str]) -> None:
    alone, one = (CliRunner().invoke(app, words) for app in (cli.only_asked(cli.app, words), cli.app))
    assert (alone.output, alone.exit_code) == (one.output, one.exit_code)


def test_a_line_builds_no_other_command() -> None:
    assert list(_lines(cli.only_asked(cli.app, ["runs", "list"]))) == [["runs"], ["runs", "list"]]
    assert all(len(words) == 1 for words in _lines(cli.only_asked(cli.app, ["--help"])))


def test_missing_files_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, text = run(monkeypatch, capsys, "data", "build", str(tmp_path / "absent.csv"))
    assert (code, "absent.csv does not exist" in text) == (2, True)
    code, text = run(monkeypatch, capsys, "evaluate", "crystals", "--rows", str(tmp_path / "absent.npz"))
    assert (code, "absent.npz does not exist" in text) == (2, True)
    code, text = run(monkeypatch, capsys, "train", "magic")
    assert (code, "no recipe 'magic'; choose from: crystal-gpt, " in text) == (2, True)


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
    goal = parse_goal("band-gap", text)
    assert (None if goal is None else (goal.low, goal.high)) == ends


def test_a_refused_run_leaves_no_empty_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _ = run(monkeypatch, capsys, "crystals", "--count", "0", "--out", str(tmp_path / "new.csv"))
    assert code == 2
    assert not list(tmp_path.iterdir())


COMMANDS = (
    ["--help"],
    ["design", "--help"],
    ["runs", "list"],
    ["crystals", "--help"],
    ["crystals", "--band-gap", "wide"],
    ["molecules", "--logp", "1:2:3"],
    ["compositions", "--formation-energy", "nan"],
    ["predict", "--help"],
    ["design", "molecules", "--donors", "many"],
    ["screen", "--out", "x"],
    ["screen", "x.csv", "--out", "x", "--objective", "colour:max"],
    ["finetune", "--help"],
    ["known"],
    ["runs", "show", "no-such-run"],
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_and_refusals_load_no_network(words: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "matgen_core.cli", *words],
        capture_output=True,
        text=True,
        env={**os.environ, VARIABLE: f"sqlite:///{tmp_path / 'runs.sqlite'}", "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
    )
    loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert "typer" in loaded
    assert not loaded & {"torch", "transformers", "chgnet", "pymatgen.core", "pandas", "matplotlib"}
    if "runs" not in words:
        assert not loaded & {"sqlalchemy", "pydantic_settings"}  # of the store of runs; 0.4 s
