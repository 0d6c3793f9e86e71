"""What is measured of transfer: ways on one split, Matbench's folds, what each pretraining task brings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from matgen_core.core.errors import BadInput
from matgen_core.evaluation.transfer import measure_ablation, measure_folds, measure_transfer, read_measured
from matgen_core.kinds.compositions.rows import FormulaRows

FORMULAS = [
    f"{m}{n}{o}" for m in ("Li", "Na", "K", "Mg", "Ca", "Zn", "Fe") for o in ("O", "S", "F", "Cl") for n in (1, 2)
]
GAPS = [0.0 if f.startswith("Fe") else 2.0 + ("F" in f) * 3 for f in FORMULAS]


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    path = tmp_path / "gaps.csv"
    pd.DataFrame({"formula": FORMULAS, "target": GAPS}).to_csv(path, index=False)
    return path


def test_the_ways_are_compared_on_one_split(measured: Path) -> None:
    found = measure_transfer(measured, 2, 2, lambda _: None)
    cells = [(way["beginning"], way["strategy"]) for way in found["ways"]]
    assert cells == [(b, s) for b in ("nothing", "formulas", "properties") for s in ("full", "adapter", "lora")]
    assert found["rows"] + found["held"] == len(FORMULAS)
    shares = {way["strategy"]: way["share"] for way in found["ways"]}
    assert shares["lora"] < 0.1 < shares["full"] == 1.0
    assert all(way["std"] is not None for way in found["ways"])


def test_the_folds_are_matbenchs(measured: Path) -> None:
    found = measure_folds(measured, 1, lambda _: None, seeds=(0,))
    assert len(found["folds"]) == 5
    assert found["mae"] == pytest.approx(np.mean(found["folds"]), abs=1e-3)


def test_a_table_without_targets_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("formula\nFe\n")
    with pytest.raises(BadInput, match=r"x\.csv needs the columns formula and target"):
        read_measured(tmp_path / "x.csv")


def test_each_pretraining_is_measured_for_both_forms() -> None:
    values = np.full((len(FORMULAS), 3), np.nan, dtype=np.float32)
    values[:, 0] = GAPS
    values[:, 1] = -np.arange(len(FORMULAS)) / 10
    values[:, 2] = np.arange(len(FORMULAS)) % 3
    rows = FormulaRows(tuple(FORMULAS), values, np.arange(len(FORMULAS)) % 4 == 0)
    found = measure_ablation(rows, 30, 1, 1, 2, lambda _: None)
    assert len(found["results"]) == 8
    assert {r["pretraining"] for r in found["results"]} == {"none", "masked", "contrastive", "masked and contrastive"}
    assert all(np.isfinite(r["mae"]) for r in found["results"])
