"""Overlap penalty of a geometry: pairs of atoms that are closer than the same elements in known crystals.

    penalty = mean over atoms i of  sum_j max(0, 1 - d_ij / contact(e_i, e_j))

The penalty is 0 where every distance is as in known crystals. It needs no energy. Contacts come from the training rows
(:func:`matgen_core.kinds.crystals.placing.geometry.fit_contacts`).
"""

from __future__ import annotations

import torch
from torch import Tensor

from matgen_core.models.geometry import GeometryDenoiser, Skeletons, look_around, shares


@torch.no_grad()
def overlap_penalty(denoiser: GeometryDenoiser, x: Tensor, skeletons: Skeletons, contacts: Tensor) -> Tensor:
    """(B,) overlap penalty of each geometry.

    Args:
        denoiser: knows how x stands for a geometry and how far to look.
        x: (B, 6 S + 6).
        skeletons: whose geometry it is.
        contacts: (E + 1, E + 1) Å, 1-based elements; row and column 0 are 0.
    """
    coordinates, matrix = denoiser.geometry(x, skeletons)
    around = look_around(coordinates, matrix, skeletons, denoiser.config)
    other = skeletons.element.gather(1, around.other.flatten(1)).view(around.other.shape)
    contact = contacts[skeletons.element[..., None].expand_as(other), other]  # (B, S, N)
    short = (1 - around.distance / contact.clamp(min=1e-3)).clamp(min=0.0) * (contact > 0)
    total: Tensor = (short.sum(dim=2) * shares(skeletons)).sum(dim=1)
    return total
