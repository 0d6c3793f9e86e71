"""Crowding is 0 where atoms keep the known distances, and grows as a cell shrinks."""

from __future__ import annotations

import torch
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.kinds.crystals.placing.geometry import fit_contacts, geometry_of, to_skeletons
from matgen_core.kinds.crystals.writing.grammar import skeleton_of
from matgen_core.models.conditioning import ConditionConfig
from matgen_core.models.contacts import overlap_penalty
from matgen_core.models.geometry import GeometryConfig, GeometryDenoiser

SALTS = [
    from_structure(Structure.from_spacegroup("Fm-3m", Lattice.cubic(a), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]))
    for a in (5.69, 4.5, 3.5, 8.0)
]
VOLUMES = (15.0,) * len(ELEMENTS)


def triangle(first: str, second: str) -> int:
    low, high = sorted((ELEMENTS.index(first), ELEMENTS.index(second)))
    return high * (high + 1) // 2 + low


def test_contacts_are_the_distances_of_known_crystals() -> None:
    contacts = fit_contacts([SALTS[0]] * 40)
    assert abs(contacts[triangle("Na", "Cl")] - 5.69 / 2) < 0.1
    assert abs(contacts[triangle("Na", "Na")] - 5.69 / 2**0.5) < 0.15
    assert all(contact > 0 for contact in contacts), "pairs never seen lean on their radii"


def test_smaller_cells_are_more_crowded_and_roomy_ones_are_not() -> None:
    zeros, ones = ((0.0,) * 6,) * 7, ((0.3,) * 6,) * 7
    config = GeometryConfig(
        len(ELEMENTS), 1731, 8, 1, 16, 7.0, 0.0, zeros, ones, ConditionConfig(("band_gap",), (0.0,), (1.0,), 8)
    )
    denoiser, size = GeometryDenoiser(config).eval(), len(ELEMENTS)
    table = torch.zeros(size + 1, size + 1)
    rows, columns = torch.tril_indices(size, size)
    table[rows + 1, columns + 1] = torch.tensor(fit_contacts([SALTS[0]] * 40))
    table[columns + 1, rows + 1] = table[rows + 1, columns + 1]
    batch = to_skeletons([skeleton_of(salt) for salt in SALTS], VOLUMES)
    x = denoiser.encode(*geometry_of(SALTS, batch), batch)
    known, small, smaller, large = overlap_penalty(denoiser, x, batch, table).tolist()
    assert large == 0
    assert known < 0.05 < small < smaller
    # Sixteen neighbours are looked at: six at 4.5 / 2 where 2.8 is usual, ten at 4.5 / sqrt 2 where 4.0 is.
    assert abs(small - (6 * (1 - 2.25 / 2.81) + 10 * (1 - 3.18 / 3.98))) < 0.3
