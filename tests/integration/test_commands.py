"""Every command as a user runs it, in a process of its own: with none of its options, and where it cannot write."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from matgen_core.core.records import FILE, Candidate, Origin
from matgen_core.kinds.crystals.files.candidate_files import to_cif
from matgen_core.runs.store import VARIABLE
from tests.unit.chem import known_cells

ROOT = Path(__file__).parents[2]
#: At most so long until a command that hangs fails its test, on a machine that is busy with other things.
PATIENCE = 500.0


def environment(folder: Path, **more: str) -> dict[str, str]:
    own = {VARIABLE: f"sqlite:///{folder / 'runs.sqlite'}", "MATGEN_PREDICTORS": str(folder / "predictors")}
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **own, **more}


def run(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "matgen_core.cli", *words],
        cwd=folder,
        env=environment(folder, **more),
        capture_output=True,
        timeout=PATIENCE,
    )


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("words", [["molecules"], ["compositions"], ["design", "molecules"]], ids=" ".join)
def test_a_command_runs_with_none_of_its_options(words: list[str], tmp_path: Path) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == 0, done.stderr.decode()
    table = list(csv.DictReader(done.stdout.decode().splitlines()))
    assert len(table) >= 50
    assert all(row["id"] for row in table)


@pytest.mark.parametrize("page", ["cp932", "cp1252"])
def test_help_prints_in_another_code_page(page: str, tmp_path: Path) -> None:
    for command in (["crystals"], ["design", "crystals"], ["molecules"]):
        assert run(tmp_path, *command, "--help", PYTHONIOENCODING=page).returncode == 0


def test_output_in_another_code_page_loses_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, *"compositions --count 5 --magnetic-moment 1:".split(), PYTHONIOENCODING="cp932")
    assert done.returncode == 0, done.stderr.decode("cp932")
    table = list(csv.DictReader(done.stdout.decode("cp932").splitlines()))
    assert len(table) == 5
    assert all(row["formula"] and row["magnetic_moment"] for row in table)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("formula\nNaCl\nMgO\n")
    done = run(tmp_path, "predict", "rows.csv", "--out", "/dev/full")
    assert done.returncode == 2
    (place,) = re.findall(r"the result is in (\S+)", done.stderr.decode())
    assert [row["formula"] for row in rows_of(Path(place))] == ["NaCl", "MgO"]
    assert Path(place).parent == tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["crystals"],
        ["molecules"],
        ["compositions"],
        ["design", "crystals"],
        ["design", "molecules"],
        ["design", "compositions"],
        ["predict", "rows.csv"],
        ["screen", "rows.csv", "--objective", "band_gap:max"],
        ["relax", "rows.csv"],
        ["follow-up", "rows.csv"],
    ],
    ids=" ".join,
)
def test_a_path_that_cannot_be_written_is_refused_before_the_work(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("formula\nNaCl\n")
    done = run(tmp_path, *words, "--out", "rows.csv/out.csv")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_what_builds_no_network_does_not_load_transformers(tmp_path: Path) -> None:
    """Its import took 9 s of the 13 s in which three molecules were screened."""
    table, salt = tmp_path / "molecules.csv", tmp_path / "salt.cif"
    table.write_text("smiles,y\nCCO,1\nCCCO,2\nCCN,4\n", encoding="utf-8")
    salt.write_text(to_cif(Candidate("salt", known_cells.salt(), Origin(FILE))), encoding="utf-8")
    lines = [
        ["screen", str(table), "--out", str(tmp_path / "screened"), "--objective", "logp:max"],
        ["predict", str(table), "--out", str(tmp_path / "predicted.csv")],
        ["cliffs", str(table), "--column", "y", "--out", str(tmp_path / "cliffs.csv")],
        ["xrd", str(salt), "--out", str(tmp_path / "peaks.csv")],
        ["predictors"],
    ]
    code = (
        "import sys, json\nfrom matgen_core.cli.main import main\n"
        "for line in json.loads(sys.argv[1]):\n"
        "    sys.argv[1:] = line\n    try:\n        main()\n    except SystemExit as end:\n"
        "        assert not end.code, line\n    assert 'transformers' not in sys.modules, line\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, json.dumps(lines)], env=environment(tmp_path), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert {path.name for path in tmp_path.iterdir()} >= {"screened", "predicted.csv", "cliffs.csv", "peaks.csv"}
