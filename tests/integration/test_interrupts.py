"""Every command that works for a while, in a process of its own, interrupted midway: what was found is kept."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from matgen_core.cli.main import app
from matgen_core.workflows.own_properties.own_folder import VARIABLE
from tests.integration.test_commands import PATIENCE, environment, rows_of

#: Of crystals, so that the first are soon there.
LITTLE = "--drafts 4 --skeletons 1 --relax 2 --no-judge".split()


def interrupted(folder: Path, when: str, *words: str) -> tuple[int, str]:
    """Exit status and messages of a command that gets a Ctrl-C once its progress matches ``when``."""
    ours, theirs = pty.openpty()  # progress is shown on a terminal only
    with subprocess.Popen(
        [sys.executable, "-m", "matgen_core.cli", *words],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        said, sent = "", False
        try:
            while select.select([ours], [], [], PATIENCE)[0]:
                try:
                    said += os.read(ours, 10_000).decode(errors="replace")
                except OSError:  # the other end is closed: it has ended
                    break
                if not sent and re.search(when, said):
                    process.send_signal(signal.SIGINT)
                    sent = True
            assert sent, said[-2000:]
            return process.wait(PATIENCE), said
        finally:
            process.kill()
            os.close(ours)


@pytest.mark.parametrize(
    ("words", "when"),
    [
        (["crystals", *LITTLE, "--out", "found.csv"], r"[1-9]\d*/16 "),
        (["molecules", "--count", "3000", "--out", "found.csv"], r"[1-9]\d*/3000 "),
        (["compositions", "--count", "3000", "--out", "found.csv"], r"[1-9]\d*/3000 "),
        (["design", "crystals", *LITTLE, "--everything", "found.csv"], r"/10 found, [1-9]"),
        (["design", "molecules", "--want", "1000", "--everything", "found.csv"], r"/1000 found, [1-9]"),
        (["design", "compositions", "--everything", "found.csv"], r"/50 found, [1-9]"),
    ],
    ids=["crystals", "molecules", "compositions", "design crystals", "design molecules", "design compositions"],
)
def test_an_interrupt_midway_keeps_what_was_found(words: list[str], when: str, tmp_path: Path) -> None:
    code, said = interrupted(tmp_path, when, *words)
    assert code == 0, said
    assert "what was found is kept" in said
    table = rows_of(tmp_path / "found.csv")
    assert 0 < len(table) < 3000
    assert all(row["id"] and row["score"] for row in table)


FORMULAS = [
    f"{metal}{n}{other}{m}"
    for metal in ("Li", "Na", "K", "Rb", "Mg", "Ca", "Sr", "Ba", "Al", "Ga")
    for other in ("O", "S", "Se", "F", "Cl")
    for n in range(1, 8)
    for m in range(1, 8)
]


def test_an_interrupted_screening_keeps_what_was_screened(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("formula\n" + "\n".join(FORMULAS) + "\n")
    words = ["screen", "rows.csv", "--out", "out", "--objective", "band_gap:max"]
    code, said = interrupted(tmp_path, r"[1-9]\d* screened", *words)
    assert code == 0, said
    table, manifest = (
        rows_of(tmp_path / "out" / "candidates.csv"),
        json.loads((tmp_path / "out" / "manifest.json").read_text()),
    )
    assert 0 < len(table) < len(FORMULAS)
    assert manifest["complete"] is False
    assert manifest["candidates"] == len(table) == len(rows_of(tmp_path / "out" / "front.csv"))


def test_an_interrupted_prediction_keeps_the_rows_that_were_read(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("formula\n" + "\n".join(FORMULAS) + "\n")
    code, said = interrupted(tmp_path, r"[1-9]\d* rows", "predict", "rows.csv", "--out", "out.csv")
    assert code == 0, said
    table = rows_of(tmp_path / "out.csv")
    assert 0 < len(table) < len(FORMULAS)
    assert all(row["band_gap"] for row in table)


def test_an_interrupted_relaxation_keeps_the_running_crystal_too(tmp_path: Path) -> None:
    from pymatgen.core import Lattice, Structure

    # Without symmetry and far from rest, so that it is still on its way when it is interrupted.
    cell = Structure.from_spacegroup("Fm-3m", Lattice.cubic(6.3), ["Na", "Cl"], [[0] * 3, [0.5] * 3])
    cell.make_supercell([2, 1, 1])
    for name in ("one", "two"):
        (tmp_path / f"{name}.cif").write_text(cell.copy().perturb(0.4, seed=len(name)).to(fmt="cif"))
    code, said = interrupted(
        tmp_path, r"step ([5-9]|\d\d)", "relax", "one.cif", "two.cif", "--out", "out", "--steps", "2000"
    )
    assert code == 0, said
    table = rows_of(tmp_path / "out" / "relaxed.csv")
    assert len(table) == 2, "every crystal has its row"
    assert all(row["note"] for row in table)
    assert float(table[0]["formation_energy_after"]) < float(table[0]["formation_energy_before"])
    assert len(list((tmp_path / "out").glob("*.cif"))) >= 1


def test_an_interrupted_teaching_keeps_what_was_learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{formula},{len(formula) + i % 3}" for i, formula in enumerate(FORMULAS[:200])]
    (tmp_path / "rows.csv").write_text("formula,number\n" + "\n".join(lines) + "\n")
    words = ["finetune", "rows.csv", "--column", "number", "--epochs", "900"]
    code, said = interrupted(tmp_path, r"epoch [1-9]", *words)
    assert code == 0, said
    assert (tmp_path / "predictors" / "number" / "predictor.json").is_file()
    monkeypatch.setenv(VARIABLE, str(tmp_path / "predictors"))
    words = ["predict", str(tmp_path / "rows.csv"), "--out", str(tmp_path / "out.csv"), "--using", "number"]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
