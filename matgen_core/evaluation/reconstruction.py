"""Whether a latent says what its crystal is: the honest measure of an autoencoder, on crystals withheld from it.

A crystal is encoded to the mean of its posterior and written back by the likeliest token at every place, under the
grammar without constraints. Three things are compared, each harder than the one before: space group, formula, structure
(StructureMatcher's defaults). The property head is scored by R² = 1 - squared error / variance.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from matgen_core.chem.crystals.structure import reduced_formula, to_structure
from matgen_core.core.goals import Constraints
from matgen_core.core.records import Crystal
from matgen_core.evaluation.crystals import share
from matgen_core.kinds.crystals.engines.latent_diffusion import write_crystals
from matgen_core.kinds.crystals.known.rows import CrystalRows
from matgen_core.kinds.crystals.writing.embed import GREEDY
from matgen_core.kinds.crystals.writing.grammar import MAX_SITES, Grammar
from matgen_core.kinds.crystals.writing.latents import posteriors
from matgen_core.kinds.crystals.writing.proposals import ProposalBatches
from matgen_core.models.crystal_vae import CrystalVAE
from matgen_core.models.geometry import CellScale

#: As in kinds/crystals/writing/embed.py: the grammar must not forbid the answer.
_MOST_ATOMS = 64


def measure_reconstruction(vae: CrystalVAE, scale: CellScale, rows: CrystalRows) -> dict[str, Any]:
    """Shares of withheld rows whose space group, elements and structure come back, and R² of the property head.

    Args:
        vae: in evaluation mode.
        scale: of its cell tokens.
        rows: crystals it was not trained on; those too long for it count as not rebuilt.
    """
    batches = ProposalBatches(rows, scale.volumes, scale.means, scale.stds, 1, 0, augment=False)
    means, _ = posteriors(vae, batches.strings())
    grammar, generator = Grammar(Constraints(max_atoms=_MOST_ATOMS)), torch.Generator().manual_seed(0)
    rebuilt: list[Crystal | None] = []
    for block in means.split(128):
        rebuilt += write_crystals(vae, scale, grammar, block, GREEDY, generator)
    pairs = [(a, b) for a, b in zip(batches.rows.crystals, rebuilt, strict=True) if b is not None]
    with torch.no_grad():
        read = vae.read(means).numpy()
    return {
        "space_group": share(sum(a.space_group == b.space_group for a, b in pairs), len(rows)),
        "elements": share(sum(_elements(a) == _elements(b) for a, b in pairs), len(rows)),
        "formula": share(sum(reduced_formula(a) == reduced_formula(b) for a, b in pairs), len(rows)),
        "structure": share(sum(_same(a, b) for a, b in pairs), len(rows)),
        "too_long": int(sum(len(c.sites) > MAX_SITES for c in rows.crystals)),
        "r2": {key: _r2(read[:, i], batches.conditions[:, i].numpy()) for i, key in enumerate(vae.config.properties)},
    }


def _elements(crystal: Crystal) -> frozenset[str]:
    return frozenset(site.element for site in crystal.sites)


def _same(truth: Crystal, rebuilt: Crystal) -> bool:
    from pymatgen.analysis.structure_matcher import StructureMatcher

    if reduced_formula(truth) != reduced_formula(rebuilt):
        return False
    return bool(StructureMatcher().fit(to_structure(truth), to_structure(rebuilt)))


def _r2(read: np.ndarray[Any, Any], truth: np.ndarray[Any, Any]) -> float:
    known = ~np.isnan(truth)
    error = ((read[known] - truth[known]) ** 2).sum()
    return round(float(1 - error / ((truth[known] - truth[known].mean()) ** 2).sum()), 4)
