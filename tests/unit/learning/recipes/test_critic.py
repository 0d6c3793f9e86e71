"""The critic learns from crystals and formulas, and its checkpoint is the one that scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from matgen_core.core.errors import BadInput
from matgen_core.core.goals import Goal, Target
from matgen_core.core.properties import CRYSTAL_CONDITIONS
from matgen_core.core.records import Crystal, Site
from matgen_core.kinds.compositions.rows import FORMULA_PROPERTIES, FormulaRows
from matgen_core.kinds.crystals.checks.critic import Critic, encode_sites, score
from matgen_core.kinds.crystals.known.critic_rows import CriticBatches, CriticRows, build_critic_rows
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows, save_rows
from matgen_core.kinds.crystals.writing.grammar import Skeleton, skeleton_of
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.learning.networks import build_critic
from matgen_core.learning.recipes import critic as recipe
from matgen_core.learning.recipes.registry import train
from matgen_core.learning.trainer import TrainingConfig

METALS, OTHERS = ("Li", "Na", "K", "Rb", "Mg", "Ca"), ("Cl", "O")
QUICK = TrainingConfig(epochs=2, warmup=2, bfloat16=False, ema=0.5)


@pytest.fixture(scope="module")
def crystals() -> CrystalRows:
    found = tuple(
        Crystal(225, (Site("a", metal, ()), Site("b", other, ())), (5.0, 5.0, 5.0, 90.0, 90.0, 90.0))
        for metal in METALS
        for other in OTHERS
    )
    values = np.full((len(found), len(COLUMNS)), np.nan, dtype=np.float32)
    values[:, list(COLUMNS).index("band_gap")] = [5.0, 0.0] * len(METALS)
    values[:, list(COLUMNS).index("e_above_hull")] = 0.0
    splits = np.array(["train"] * (len(found) - 2) + ["val"] * 2)
    return CrystalRows(np.array([str(i) for i in range(len(found))]), found, values, splits)


@pytest.fixture(scope="module")
def formulas() -> FormulaRows:
    names = ("NaCl", "NaCl", "MgO", "Al2O3", "AlNi", "CaCl2")
    values = np.full((len(names), len(FORMULA_PROPERTIES)), np.nan, dtype=np.float32)
    values[:, FORMULA_PROPERTIES.index("formation_energy")] = [-2.1, -1.6, -3.0, -3.4, -0.6, -2.6]
    values[3, FORMULA_PROPERTIES.index("band_gap")] = 5.9
    return FormulaRows(names, values, np.array([False, False, False, False, False, True]))


@pytest.fixture(scope="module")
def rows(crystals: CrystalRows, formulas: FormulaRows) -> CriticRows:
    return build_critic_rows(crystals, formulas, load_reference().hull)


def test_a_row_is_read_as_the_material_itself(rows: CriticRows, crystals: CrystalRows) -> None:
    chosen = np.array([0, len(crystals) + 3])
    written, values = rows.batch(chosen, np.zeros(2, dtype=np.int64))
    expected = encode_sites([skeleton_of(crystals.crystals[0]), "Al2O3"])
    for key in vars(expected):
        assert torch.equal(getattr(written, key), getattr(expected, key)), key
    assert values[1].tolist()[CRYSTAL_CONDITIONS.index("band_gap")] == pytest.approx(5.9)
    assert values[0].isnan().tolist() == [key not in ("band_gap", "e_above_hull") for key in CRYSTAL_CONDITIONS]


def test_other_origins_are_the_same_crystal(rows: CriticRows) -> None:
    first = rows.element[:, :12, 0] == rows.element[:1, :12, 0]
    assert first.any()
    assert not first.all(), "rock salt may be written with either element at the origin"
    assert (np.sort(rows.element, axis=2) == np.sort(rows.element[:1], axis=2)).all()
    assert (np.sort(rows.amount, axis=2) == np.sort(rows.amount[:1], axis=2)).all()


def test_the_distance_of_a_formula_is_that_above_its_best_phase(rows: CriticRows) -> None:
    above = rows.values[-6:, CRYSTAL_CONDITIONS.index("e_above_hull")]
    assert above[1] - above[0] == pytest.approx(0.5, abs=0.06)
    assert (above >= 0).all()


def test_an_epoch_sees_every_row_and_skeletons_as_often_as_told(rows: CriticRows) -> None:
    batches = CriticBatches(rows, 4, 0, skeletons=3)
    groups = torch.cat([sites.group for sites, _ in batches(0)])
    assert (groups > 0).sum() == 3 * 12
    assert (groups == 0).sum() == 6


def test_it_learns_and_its_checkpoint_scores(
    rows: CriticRows, crystals: CrystalRows, formulas: FormulaRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "critic_config", lambda: replace(SIZE, dropout=0.0))
    save_rows(tmp_path / "crystals.npz", crystals)
    table = pd.DataFrame(formulas.values, columns=list(FORMULA_PROPERTIES))
    table.insert(0, "formula", formulas.formulas)
    table["split"] = np.where(formulas.held, "val", "train")
    table.to_csv(tmp_path / "formulas.csv.gz", index=False)
    figures: list[dict[str, float]] = []
    many = replace(QUICK, epochs=40)
    train(
        "skeleton-critic",
        tmp_path / "crystals.npz",
        tmp_path / "state",
        many,
        checkpoints=tmp_path,
        on_epoch=lambda _, figure: figures.append(figure),
    )
    checkpoint = load_checkpoint("skeleton-critic", folder=tmp_path)
    critic = Critic(build_critic(checkpoint), checkpoint.name)
    assert len(critic.network.members) == recipe.MEMBERS
    assert figures[many.epochs - 1]["train"] < figures[0]["train"]
    salt, oxide = score(
        [Skeleton(225, (("a", "Na"), ("b", x))) for x in OTHERS], Target({"band_gap": Goal.at(5.0)}), None, critic
    ).tolist()
    assert salt > oxide
    assert checkpoint.config["trained"]["mae_e_above_hull_skeleton"] >= 0


SIZE = recipe.critic_config(32, 1)


def test_a_missing_table_of_formulas_is_named(crystals: CrystalRows, tmp_path: Path) -> None:
    save_rows(tmp_path / "crystals.npz", crystals)
    with pytest.raises(BadInput, match=r"formulas\.csv\.gz.*matgen data formulas"):
        train("skeleton-critic", tmp_path / "crystals.npz", tmp_path / "state", QUICK, checkpoints=tmp_path)
