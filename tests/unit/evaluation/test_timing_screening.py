"""The bench screens in a process of its own and says what it took; counts that cannot be are named."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from matgen_core.cli.main import main
from matgen_core.core.errors import BadInput
from matgen_core.evaluation.timing_screening import measure_apart, time_screening


def test_a_process_of_its_own_says_what_it_took() -> None:
    found = measure_apart("smiles", ["CCO", "c1ccccc1", "C("])
    assert (found["rows"], found["screened"], found["refused"]) == (3, 2, 1)
    assert found["peak_mb"] > 50
    assert found["first_front"] >= 1


def test_more_rows_than_there_are_is_named(tmp_path: Path) -> None:
    (tmp_path / "few.csv").write_text("cif\nx\n", encoding="utf-8")
    with pytest.raises(BadInput, match="9 rows of cif are asked for, 1 are there"):
        time_screening(tmp_path / "few.csv", [9])


def test_counts_are_whole_numbers(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for counts in ("many", "0", "1,-2"):
        monkeypatch.setattr(sys, "argv", ["matgen", "bench", "screening", "x.csv", "--counts", counts])
        with pytest.raises(SystemExit):
            main()
        assert "whole numbers" in capsys.readouterr().err
