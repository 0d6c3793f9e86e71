"""Bad values end with one clear line and a non-zero exit; nothing runs and nothing is written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.structure import from_structure
from matgen_core.cli import main as cli
from matgen_core.types import Candidate, Origin

ROOT = Path(__file__).parents[3]
SALT = Candidate(
    "0-0000",
    from_structure(Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])),
    Origin("test"),
)


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


def found_nothing_but(*candidates: Candidate) -> Callable[..., tuple[Candidate, ...]]:
    return lambda *_args, **_settings: candidates


def test_a_full_disk_loses_nothing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("a device that is always full is Linux's")
    monkeypatch.setattr(cli, "design", found_nothing_but(SALT))
    monkeypatch.setattr(sys, "argv", ["matgen", "crystals", "--out", "/dev/full"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2
    text = capsys.readouterr()
    assert "NaCl" in text.out
    assert "No space left" in text.err
    assert "1 candidates stand above" in text.err


def test_a_refused_run_leaves_no_empty_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, _ = run(monkeypatch, capsys, "crystals", "--count", "0", "--out", str(tmp_path / "new.csv"))
    assert code == 2
    assert not list(tmp_path.iterdir())


def test_an_interrupted_run_keeps_what_it_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def interrupted(*_args: object, cancelled: Callable[[], bool], **_settings: object) -> tuple[Candidate, ...]:
        assert not cancelled()
        os.kill(os.getpid(), signal.SIGINT)
        assert cancelled()
        return (SALT,)

    before = signal.getsignal(signal.SIGINT)  # a process in the background may have been told to ignore it
    monkeypatch.setattr(cli, "design", interrupted)
    code, text = run(monkeypatch, capsys, "crystals", "--out", str(tmp_path / "kept.csv"))
    assert code == 0
    assert "what was found is kept" in text
    assert "NaCl" in (tmp_path / "kept.csv").read_text(encoding="utf-8")
    assert signal.getsignal(signal.SIGINT) is before
