"""Crystals to latents and back, by engine A's autoencoder: where it meets the crystals that are given to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from matgen_core.core.goals import Constraints
from matgen_core.core.records import Crystal
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals.engines.latent_diffusion import write_crystals
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows
from matgen_core.kinds.crystals.writing.grammar import MAX_SITES, Grammar
from matgen_core.kinds.crystals.writing.latents import posteriors
from matgen_core.kinds.crystals.writing.proposals import ProposalBatches
from matgen_core.learning.checkpoints import load_checkpoint
from matgen_core.learning.networks import build_vae
from matgen_core.models.geometry import CellScale

if TYPE_CHECKING:
    from matgen_core.models.crystal_vae import CrystalVAE

#: The likeliest token at every place; one geometry, because all would be the same.
GREEDY = CrystalSettings(temperature=0.0, geometry_temperature=0.0, geometries=1)
#: Most atoms a training row has in its primitive cell, with room to spare: the grammar must not forbid the answer.
_MOST_ATOMS = 64


@lru_cache(maxsize=1)
def load_autoencoder() -> tuple[CrystalVAE, CellScale, str]:
    """The autoencoder, the scale of its cell tokens and its digest, loaded once.

    Raises:
        UnknownCheckpoint, DamagedCheckpoint: where its weights are not there or not whole.
    """
    checkpoint = load_checkpoint("crystal-vae")
    return (*build_vae(checkpoint), checkpoint.digest)


def encode_crystals(crystals: Sequence[Crystal]) -> tuple[NDArray[np.float32], list[int]]:
    """Posterior means (M, D), and the places of the M crystals that are short enough to be read."""
    vae, scale, _digest = load_autoencoder()
    kept = [i for i, crystal in enumerate(crystals) if len(crystal.sites) <= MAX_SITES]
    if not kept:
        return np.zeros((0, vae.config.latent), dtype=np.float32), []
    count = len(kept)
    rows = CrystalRows(
        np.array([str(i) for i in kept]),
        tuple(crystals[i] for i in kept),
        np.full((count, len(COLUMNS)), np.nan, dtype=np.float32),
        np.array(["train"] * count),
    )
    batches = ProposalBatches(rows, scale.volumes, scale.means, scale.stds, 1, 0, augment=False)
    return posteriors(vae, batches.strings())[0].numpy(), kept


def decode_latents(latents: NDArray[np.float32]) -> list[Crystal | None]:
    """The likeliest crystal of each latent (B, D); None where none could be finished."""
    vae, scale, _digest = load_autoencoder()
    grammar, generator = Grammar(Constraints(max_atoms=_MOST_ATOMS)), torch.Generator().manual_seed(0)
    return write_crystals(vae, scale, grammar, torch.from_numpy(np.asarray(latents)).float(), GREEDY, generator)
