"""The scripts under docs/examples run as they stand and write what they say; README links each of them."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"
#: What each script writes at least.
WRITTEN = {
    "crystals.py": ["found.csv"],
    "molecules.py": ["found.csv", "found.smi", "found.sdf"],
    "own_property.py": ["predicted.csv"],
}


def test_every_example_is_run_and_linked() -> None:
    names = {path.name for path in EXAMPLES.glob("*.py")}
    assert names == set(WRITTEN)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in names if f"docs/examples/{name}" not in readme] == []


@pytest.mark.parametrize("name", WRITTEN)
def test_an_example_runs_as_it_stands(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), str(tmp_path / "out")],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip()
    for file in WRITTEN[name]:
        assert (tmp_path / "out" / file).stat().st_size > 0, file
    table = next(file for file in WRITTEN[name] if file.endswith(".csv"))
    with (tmp_path / "out" / table).open(encoding="utf-8") as file:
        assert list(csv.DictReader(file)), "a table without rows shows a chemist nothing"
