"""Every recipe learns from a handful of rows, and writes a checkpoint that the engine can build."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.errors import BadInput
from matgen_core.kinds.crystals.known.batches import split_rows
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows, save_rows
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.learning.networks import build_geometry, build_gpt, build_vae
from matgen_core.learning.recipes.registry import RECIPES, train
from matgen_core.learning.trainer import TrainingConfig

QUICK = TrainingConfig(epochs=3, warmup=2, bfloat16=False, ema=0.5)


@pytest.fixture(scope="module")
def rows() -> CrystalRows:
    structures = [
        Structure.from_spacegroup("P4_2/mnm", Lattice.tetragonal(a, 0.64 * a), [e, "O"], [[0, 0, 0], [0.305, 0.305, 0]])
        for e, a in (("Ti", 4.6), ("Sn", 4.74), ("Ru", 4.5), ("Mn", 4.4), ("Pb", 4.95), ("Ge", 4.4))
    ] + [
        Structure.from_spacegroup("Fm-3m", Lattice.cubic(a), [e, x], [[0, 0, 0], [0.5, 0.5, 0.5]])
        for e, x, a in (("Na", "Cl", 5.64), ("K", "Cl", 6.3), ("Li", "F", 4.03), ("Mg", "O", 4.21))
    ]
    crystals = tuple(from_structure(s) for s in structures)
    properties = np.random.default_rng(0).uniform(-2, 2, (10, len(COLUMNS))).astype(np.float32)
    properties[3, 0] = np.nan
    splits = np.array(["train"] * 8 + ["val"] * 2)
    return CrystalRows(np.array([f"r{i}" for i in range(10)]), crystals, properties, splits)


@pytest.mark.parametrize("name", [n for n, r in RECIPES.items() if r.source == "crystals.npz" and not r.needs])
def test_the_loss_falls_and_the_checkpoint_builds(name: str, rows: CrystalRows, tmp_path: Path) -> None:
    save_rows(tmp_path / "crystals.npz", rows)
    figures: list[dict[str, float]] = []
    train(
        name,
        tmp_path / "crystals.npz",
        tmp_path / "state",
        QUICK,
        checkpoints=tmp_path / "ck",
        on_epoch=lambda _epoch, f: figures.append(f),
    )
    assert figures[-1]["train"] < figures[0]["train"]
    assert np.isfinite([f["val"] for f in figures]).all()
    checkpoint = load_checkpoint(name, folder=tmp_path / "ck")
    builders = {"crystal-geometry": lambda c: build_geometry(c)[0], "crystal-vae": lambda c: build_vae(c)[0]}
    network = builders.get(name, build_gpt)(checkpoint)
    assert not network.training
    assert checkpoint.config["trained"]["epoch"] == 3


def test_rows_that_cannot_be_used_are_named(tmp_path: Path, rows: CrystalRows) -> None:
    with pytest.raises(BadInput, match=r"'crystal-gtp'.*crystal-gpt"):
        train("crystal-gtp", tmp_path, tmp_path, QUICK)
    everything = CrystalRows(rows.ids, rows.crystals, rows.properties, np.array(["val"] * 10))
    with pytest.raises(BadInput, match="mark some rows 'train'"):
        split_rows(everything)
