"""Engine A's recipes learn from a handful of crystals, stop and go on, and leave checkpoints that can be opened."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.errors import Cancelled, UnknownCheckpoint
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows
from matgen_core.kinds.crystals.writing.latents import LatentBatches, posteriors
from matgen_core.learning.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from matgen_core.learning.networks import build_latent_denoiser, build_vae
from matgen_core.learning.recipes.latents import crystal_diffusion, crystal_vae, learnt_tokens
from matgen_core.learning.recipes.registry import RECIPES, train
from matgen_core.learning.trainer import Recipe, TrainingConfig

TRAINING = TrainingConfig(epochs=3, learning_rate=2e-3, warmup=1, ema=0.5, bfloat16=False)


@lru_cache  # to make a cubic crystal takes pymatgen a third of a second
def rows(count: int = 24) -> CrystalRows:
    """Rock salts and perovskites with made-up properties, every sixth withheld."""
    metals, crystals = ["Li", "Na", "K", "Rb", "Mg", "Ca"], []
    for i in range(count):
        metal, lattice = metals[i % 6], Lattice.cubic(4.0 + 0.1 * i)
        if i % 2:
            places = [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0]]
            structure = Structure.from_spacegroup("Pm-3m", lattice, [metal, "Ti", "O"], places)
        else:
            structure = Structure.from_spacegroup("Fm-3m", lattice, [metal, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
        crystals.append(from_structure(structure))
    properties = np.random.default_rng(0).normal(size=(count, len(COLUMNS))).astype(np.float32)
    properties[3, 0] = np.nan
    splits = np.array(["val" if i % 6 == 5 else "train" for i in range(count)])
    return CrystalRows(np.array([str(i) for i in range(count)]), tuple(crystals), properties, splits)


def vae_recipe(folder: Path, training: TrainingConfig = TRAINING) -> Recipe:
    return crystal_vae(rows(), folder, training, batch=8, width=16)


@pytest.fixture(scope="module")
def vae(tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    folder = tmp_path_factory.mktemp("checkpoints")
    recipe = vae_recipe(folder / "state")
    save_checkpoint("crystal-vae", recipe.trainer.average, recipe.config, folder=folder)
    return load_checkpoint("crystal-vae", folder=folder)


def diffusion_recipe(vae: Checkpoint, folder: Path, training: TrainingConfig = TRAINING) -> Recipe:
    return crystal_diffusion(rows(), vae, folder, training, batch=8, width=32)


def test_what_repeats_the_skeleton_is_not_learnt_twice() -> None:
    tokens = torch.tensor([[1, 5, 9, 2, 9, 60, 0], [1, 6, 2, 61, 0, 0, 0]])
    assert learnt_tokens(tokens, tokens >= 50).tolist() == [
        [True, True, True, True, False, True, False],
        [True, True, True, True, False, False, False],
    ]


def test_the_loss_of_the_autoencoder_falls(tmp_path: Path) -> None:
    values: list[float] = []
    vae_recipe(tmp_path, replace(TRAINING, epochs=8)).trainer.run(lambda _, figures: values.append(figures["train"]))
    assert values[-1] < 0.75 * values[0]


@pytest.mark.parametrize("kind", ["vae", "diffusion"])
def test_a_training_that_was_stopped_goes_on_exactly(kind: str, vae: Checkpoint, tmp_path: Path) -> None:
    def recipe(folder: Path) -> Recipe:
        return vae_recipe(folder) if kind == "vae" else diffusion_recipe(vae, folder)

    def reseed(epoch: int, _: object) -> None:
        torch.manual_seed(epoch)

    whole = recipe(tmp_path / "whole").trainer
    torch.manual_seed(0)
    expected = whole.run(reseed)
    first = recipe(tmp_path / "stopped").trainer
    torch.manual_seed(0)
    with pytest.raises(Cancelled):
        first.run(reseed, cancelled=lambda: first.epoch == 1)
    second = recipe(tmp_path / "stopped").trainer
    assert second.epoch == 1
    torch.manual_seed(1)
    for key, value in second.run(reseed).items():
        assert torch.equal(value, expected[key]), key


def test_latents_are_standardised_and_drawn_anew_each_epoch() -> None:
    generator = torch.Generator().manual_seed(0)
    means, stds = 3.0 + 2.0 * torch.randn(4000, 2, generator=generator), torch.full((4000, 2), 1.5)
    spread = (means.var(dim=0) + 1.5**2).sqrt()
    batches = LatentBatches(means, stds, torch.zeros(4000, 1), means.mean(dim=0), spread, 1000, 0)
    z = torch.cat([z for z, _ in batches(0)])
    assert torch.allclose(z.mean(dim=0), torch.zeros(2), atol=0.05)
    assert torch.allclose(z.std(dim=0), torch.ones(2), atol=0.05)
    first, again, other = (next(iter(batches(epoch)))[0] for epoch in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_posteriors_come_in_the_order_of_the_strings(vae: Checkpoint) -> None:
    network, _ = build_vae(vae)
    strings = [[1, 5, 240, 270, 2, 700], [1, 5, 2, 700], [1, 9, 240, 271, 241, 272, 2, 701]]
    together = posteriors(network, strings, size=2)
    for i, string in enumerate(strings):
        alone = posteriors(network, [string])
        assert torch.allclose(together[0][i], alone[0][0], atol=1e-5)
        assert torch.allclose(together[1][i], alone[1][0], atol=1e-5)


def test_both_checkpoints_open_as_they_were_trained(vae: Checkpoint, tmp_path: Path) -> None:
    recipe = diffusion_recipe(vae, tmp_path / "state")
    save_checkpoint("crystal-diffusion", recipe.trainer.average, recipe.config, folder=tmp_path)
    checkpoint = load_checkpoint("crystal-diffusion", folder=tmp_path)
    denoiser, means, stds = build_latent_denoiser(checkpoint)
    assert denoiser.config.dim == len(means) == len(stds) == 128
    assert checkpoint.config["autoencoder"] == vae.digest


def test_the_diffusion_asks_for_its_autoencoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert RECIPES["crystal-diffusion"].needs == ("crystal-vae",)
    monkeypatch.setattr("matgen_core.kinds.crystals.known.rows.load_rows", lambda path: rows())
    monkeypatch.setattr("matgen_core.learning.checkpoints.FOLDER", tmp_path)  # nor among the shipped ones
    with pytest.raises(UnknownCheckpoint, match="crystal-vae"):
        train("crystal-diffusion", tmp_path / "rows", tmp_path / "state", TRAINING, checkpoints=tmp_path)
