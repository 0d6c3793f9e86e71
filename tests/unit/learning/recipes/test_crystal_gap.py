"""The judge of gaps learns from crystals with their structures and from formulas, and its checkpoint reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from matgen_core.core.errors import BadInput
from matgen_core.core.records import Crystal, Site
from matgen_core.kinds.compositions.rows import FORMULA_PROPERTIES
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows, save_rows
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.learning.networks import build_gap_ensemble
from matgen_core.learning.recipes import crystal_gap as recipe
from matgen_core.learning.recipes.registry import train
from matgen_core.learning.trainer import TrainingConfig

QUICK = TrainingConfig(epochs=6, warmup=2, bfloat16=False, ema=0.5)
LENGTHS = {"LiF": 4.03, "NaCl": 5.64, "KCl": 6.3, "MgO": 4.21, "CaO": 4.8, "TiC": 4.33, "TiN": 4.24, "VN": 4.13}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of rock salts, the metals without a gap; the last two are withheld."""
    place = tmp_path_factory.mktemp("rows")
    pairs = [(name[:-1], name[-1]) if name[-2:] != "Cl" else (name[:-2], "Cl") for name in LENGTHS]
    crystals = tuple(
        Crystal(225, (Site("a", x, ()), Site("b", y, ())), (a, a, a, 90.0, 90.0, 90.0))
        for (x, y), a in zip(pairs, LENGTHS.values(), strict=True)
    )
    values = np.full((len(crystals), len(COLUMNS)), np.nan, dtype=np.float32)
    values[:, list(COLUMNS).index("band_gap")] = [8.7, 5.0, 5.1, 4.4, 3.6, 0.0, 0.0, 0.0]
    splits = np.array(["train"] * 4 + ["val"] + ["train"] * 2 + ["val"])
    save_rows(place / "crystals.npz", CrystalRows(np.array(list(LENGTHS)), crystals, values, splits))
    table = pd.DataFrame({"formula": ["NaCl", "MgO", "TiC", "CaO"], "band_gap": [5.0, 4.4, 0.0, 3.6]})
    table["formation_energy"], table["magnetic_moment"] = [-2.1, -3.0, -0.9, -3.3], [0.0, 0.0, 0.0, 0.0]
    table["split"] = ["train", "train", "train", "val"]
    table[["formula", *FORMULA_PROPERTIES, "split"]].to_csv(place / "formulas.csv.gz", index=False)
    return place


def test_it_learns_and_its_checkpoint_reads(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "gap_member", _small)
    figures: list[dict[str, float]] = []
    train(
        "crystal-gap",
        folder / "crystals.npz",
        tmp_path / "state",
        QUICK,
        checkpoints=tmp_path,
        on_epoch=lambda _, figure: figures.append(figure),
    )
    checkpoint = load_checkpoint("crystal-gap", folder=tmp_path)
    network = build_gap_ensemble(checkpoint)
    assert len(network.members) == recipe.MEMBERS
    assert figures[QUICK.epochs - 1]["train"] < figures[0]["train"]
    assert checkpoint.config["scale"] > 0
    assert {"mae", "within_half", "mae_formula_alone"} <= set(checkpoint.config["trained"])


def test_features_are_computed_once(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    crystals = recipe.load_rows(folder / "crystals.npz")
    first = recipe.structure_features(crystals, tmp_path)
    assert first.shape == (len(LENGTHS), 64)
    assert np.isfinite(first).all()
    assert len({tuple(row) for row in first.round(3).tolist()}) == len(LENGTHS)
    monkeypatch.setattr(recipe, "predict_energies", lambda _: pytest.fail("read twice"))
    assert (recipe.structure_features(crystals, tmp_path) == first).all()


def test_an_epoch_sees_formulas_once_and_crystals_as_often_as_told(folder: Path, tmp_path: Path) -> None:
    crystals = recipe.load_rows(folder / "crystals.npz")
    rows = recipe.join_rows(
        crystals, np.ones((len(crystals), 64), np.float32), recipe.load_formula_rows(folder / "formulas.csv.gz")
    )
    seen = np.concatenate([features[:, 0].numpy() for _, _, features, _ in recipe.GapBatches(rows, 5, 0, 2)(0)])
    assert (~np.isnan(seen)).sum() == 2 * len(crystals)
    assert np.isnan(seen).sum() == 4
    assert rows.formulas[1] == rows.formulas[len(crystals)] == "NaCl"


def test_rows_without_withheld_crystals_are_refused(folder: Path, tmp_path: Path) -> None:
    crystals = recipe.load_rows(folder / "crystals.npz")
    learnt = replace(crystals, splits=np.array(["train"] * len(crystals)))
    rows = recipe.join_rows(
        learnt, np.ones((len(crystals), 64), np.float32), recipe.load_formula_rows(folder / "formulas.csv.gz")
    )
    with pytest.raises(BadInput, match="both train and val"):
        recipe.gap_member(rows, tmp_path, QUICK)


_MEMBER = recipe.gap_member


def _small(rows: recipe.GapRows, folder: Path, training: TrainingConfig):  # type: ignore[no-untyped-def]
    return _MEMBER(rows, folder, training, batch=4, width=32, layers=1)
