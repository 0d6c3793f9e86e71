"""What engine A promises though its latents have learnt nothing: legal crystals, within the constraints, repeatable."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import formula_counts, from_structure
from matgen_core.chem.formulas.constraints import check_crystal
from matgen_core.core.errors import Cancelled, DamagedCheckpoint
from matgen_core.core.goals import Constraints
from matgen_core.core.settings import CrystalSettings
from matgen_core.diffusion.samplers import METHODS
from matgen_core.kinds.crystals.drafts import Draft
from matgen_core.kinds.crystals.engines.latent_diffusion import LatentDiffusion, draw_latents
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows
from matgen_core.kinds.crystals.writing.grammar import Grammar, without_geometry
from matgen_core.learning.checkpoints import Checkpoint, load_checkpoint
from matgen_core.learning.recipes.latents import crystal_diffusion, crystal_vae
from matgen_core.learning.trainer import TrainingConfig

QUICK = CrystalSettings(engine="latent-diffusion", steps=4, drafts=2)


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[Checkpoint, Checkpoint]:
    """Both networks as they are before they learn."""
    folder = tmp_path_factory.mktemp("states")
    salts = []
    for i, metal in enumerate(["Li", "Na", "K", "Rb", "Mg", "Ca"]):
        lattice = Lattice.cubic(5.0 + i / 9)
        salts.append(from_structure(Structure.from_spacegroup("Fm-3m", lattice, [metal, "Cl"], [[0] * 3, [0.5] * 3])))
    properties = np.random.default_rng(0).normal(size=(6, len(COLUMNS))).astype(np.float32)
    splits = np.array(["train"] * 4 + ["val"] * 2)
    rows = CrystalRows(np.array(list("abcdef")), tuple(salts), properties, splits)
    training = TrainingConfig(epochs=1, bfloat16=False)
    vae = crystal_vae(rows, folder / "vae", training, batch=2, width=16)
    autoencoder = Checkpoint("crystal-vae", vae.config, vae.trainer.average, "0123")
    diffusion = crystal_diffusion(rows, autoencoder, folder / "diffusion", training, batch=2, width=32)
    return autoencoder, Checkpoint("crystal-diffusion", diffusion.config, diffusion.trainer.average, "4567")


@pytest.fixture(scope="module")
def engine(parts: tuple[Checkpoint, Checkpoint]) -> LatentDiffusion:
    return LatentDiffusion(*parts, load_checkpoint("crystal-proposal"), load_checkpoint("crystal-geometry"))


def draw(engine: LatentDiffusion, constraints: Constraints, settings: CrystalSettings = QUICK) -> list[Draft]:
    conditions = torch.full((6, len(engine.denoiser.config.conditions.keys)), float("nan"))
    return engine.draft(Grammar(constraints), conditions, settings, 3)


@pytest.mark.parametrize(
    "constraints",
    [
        Constraints(chemical_system=frozenset({"Na", "Cl"}), max_atoms=8),
        Constraints(formula="SrTiO3", max_atoms=10),
        Constraints(exclude=frozenset({"O", "F"}), crystal_system="cubic", max_atoms=6),
    ],
)
def test_constraints_hold_for_every_crystal_whatever_the_latent(
    engine: LatentDiffusion, constraints: Constraints
) -> None:
    drafts = draw(engine, constraints)
    assert drafts
    assert {draft.row for draft in drafts} <= set(range(6))
    for draft in drafts:
        crystal = without_geometry(draft.skeleton)
        assert check_crystal(crystal, formula_counts(crystal), constraints).passed


def test_the_same_seed_writes_the_same_drafts(engine: LatentDiffusion) -> None:
    small = Constraints(max_atoms=6)
    assert draw(engine, small) == draw(engine, small)


@pytest.mark.parametrize("sampler", METHODS)
def test_every_sampler_gives_finite_latents(engine: LatentDiffusion, sampler: str) -> None:
    conditions = torch.zeros(3, len(engine.denoiser.config.conditions.keys))
    settings = replace(QUICK, sampler=sampler)
    latents = draw_latents(engine.denoiser, conditions, settings, torch.Generator().manual_seed(0))
    assert latents.shape == (3, engine.denoiser.config.dim)
    assert bool(latents.isfinite().all())


def test_guidance_without_a_goal_changes_nothing(engine: LatentDiffusion) -> None:
    free = torch.full((2, len(engine.denoiser.config.conditions.keys)), float("nan"))
    weak, strong = (
        draw_latents(engine.denoiser, free, replace(QUICK, guidance=g), torch.Generator().manual_seed(1))
        for g in (1.0, 9.0)
    )
    assert torch.equal(weak, strong)


def test_a_cancelled_draw_stops(engine: LatentDiffusion) -> None:
    free = torch.full((2, len(engine.denoiser.config.conditions.keys)), float("nan"))
    with pytest.raises(Cancelled):
        engine.draft(Grammar(Constraints()), free, QUICK, 0, lambda: True)


def test_a_denoiser_of_other_latents_is_refused(parts: tuple[Checkpoint, Checkpoint], tmp_path: Path) -> None:
    autoencoder, diffusion = parts
    other = replace(autoencoder, digest="ffff")
    with pytest.raises(DamagedCheckpoint, match="matgen train crystal-diffusion"):
        LatentDiffusion(other, diffusion, autoencoder, autoencoder)
