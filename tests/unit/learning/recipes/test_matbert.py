"""MatBERT and MatGPT learn on a handful of rows, go on where they stopped, and come back from their checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from matgen_core.core.errors import BadInput
from matgen_core.kinds.compositions.rows import FormulaRows, encode_amounts
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.learning.networks import build_gpt, build_matbert, build_reader
from matgen_core.learning.recipes.matbert import head_configs, matbert_config, pretraining, property_heads
from matgen_core.learning.recipes.registry import train
from matgen_core.learning.trainer import TrainingConfig


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rng = np.random.default_rng(0)
    metals, others = ["Li", "Na", "K", "Mg", "Ca", "Fe", "Co", "Ni", "Zn", "Al"], ["O", "S", "F", "Cl", "N"]
    rows = []
    for i, (metal, other) in enumerate((m, o) for m in metals for o in others):
        gap = 0.0 if metal in ("Fe", "Co", "Ni") else 2.0 + others.index(other)
        rows.append((f"{metal}{other}", -1.0 - 0.1 * i, gap, rng.random(), "val" if i % 5 == 0 else "train"))
    columns = ["formula", "formation_energy", "band_gap", "magnetic_moment", "split"]
    path = tmp_path_factory.mktemp("rows") / "formulas.csv"
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path


def test_matbert_is_trained_whole_and_comes_back(table: Path, tmp_path: Path) -> None:
    seen: list[int] = []
    path = train(
        "matbert",
        table,
        tmp_path / "state",
        TrainingConfig(4),
        checkpoints=tmp_path,
        on_epoch=lambda epoch, _: seen.append(epoch),
    )
    assert seen == [1, *([1, 2, 3, 4] * 3)], "pretraining, then three members"
    network = build_reader(load_checkpoint("matbert", folder=tmp_path))
    read = network.read(*encode_amounts(["NaCl", "FeO"]))
    assert set(read) == {"band_gap", "formation_energy", "magnetic_moment"}
    assert all(spread.isfinite().all() and (spread > 0).all() for _, _, spread in read.values())
    config = load_checkpoint("matbert", folder=tmp_path).config
    assert config["trained"]["mae_band_gap"] > 0
    assert path == tmp_path / "matbert"
    before = len(seen)
    train(
        "matbert",
        table,
        tmp_path / "state",
        TrainingConfig(4),
        checkpoints=tmp_path,
        on_epoch=lambda e, _: seen.append(e),
    )
    assert len(seen) == before, "what was finished is not done again"


def test_matgpt_is_trained_and_comes_back(table: Path, tmp_path: Path) -> None:
    train("matgpt", table, tmp_path / "state", TrainingConfig(2), checkpoints=tmp_path)
    network = build_gpt(load_checkpoint("matgpt", folder=tmp_path))
    assert network(torch.tensor([[1, 6]]), torch.full((1, 3), float("nan"))).isfinite().all()


def test_pretraining_tasks_are_named() -> None:
    rows = FormulaRows(("FeO",) * 2, np.zeros((2, 3), np.float32), np.array([True, False]))
    with pytest.raises(BadInput, match="masked and contrastive"):
        pretraining(rows, matbert_config(), Path("nowhere"), TrainingConfig(1), tasks=("guessing",))


@pytest.mark.parametrize("amounts", [True, False])
def test_each_task_lowers_its_own_loss(tmp_path: Path, table: Path, amounts: bool) -> None:
    from matgen_core.kinds.compositions.rows import load_formula_rows

    rows = load_formula_rows(table)
    config = matbert_config(amounts, width=32, layers=1)
    for task, key in (("masked", "val"), ("contrastive", "val_contrast")):
        found: list[float] = []
        trainer = pretraining(rows, config, tmp_path / task, TrainingConfig(12, 3e-3, warmup=5, ema=0), tasks=(task,))
        trainer.run(lambda _, figures, key=key, found=found: found.append(figures[key]))
        assert min(found[4:]) < found[0], task


def test_rows_without_a_validation_part_are_refused(tmp_path: Path) -> None:
    rows = FormulaRows(("FeO", "NaCl"), np.ones((2, 3), np.float32), np.zeros(2, bool))
    assert [h.key for h in head_configs(rows)] == ["band_gap", "formation_energy", "magnetic_moment"]
    with pytest.raises(BadInput, match="train and val"):
        property_heads(rows, matbert_config(), tmp_path, TrainingConfig(1))


def test_the_chapters_form_is_pretrained_and_comes_back(table: Path, tmp_path: Path) -> None:
    train("matbert-atoms", table, tmp_path / "state", TrainingConfig(1), checkpoints=tmp_path)
    network = build_matbert(load_checkpoint("matbert-atoms", folder=tmp_path))
    assert not network.config.amounts
    hidden = network(torch.tensor([[1, 4, 3, 2]]))
    assert network.guess(hidden).isfinite().all()
