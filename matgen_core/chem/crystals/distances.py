"""Whether atoms of a generated cell lie where atoms can lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from matgen_core.core.messages import Message
from matgen_core.core.records import Verdict

if TYPE_CHECKING:
    from pymatgen.core import Structure

#: CDVAE's bounds (Xie et al. 2022, appendix), here also between an atom and its own periodic images.
MINIMUM_DISTANCE, MINIMUM_VOLUME = 0.5, 0.1


def shortest_distance(structure: Structure) -> tuple[float, int, int]:
    """The shortest distance (Å) between two atoms, or an atom and its image, and which two."""
    from pymatgen.core import Lattice

    # Niggli-reduced, the 27 neighbouring cells are certain to hold the nearest image; skewed cells may hide it.
    reduced: Lattice = structure.lattice.get_lll_reduced_lattice()
    fractions = reduced.get_fractional_coords(structure.cart_coords)
    apart = fractions[None, :] - fractions[:, None]
    apart -= np.round(apart)
    steps = np.array(np.meshgrid(*[(-1, 0, 1)] * 3)).reshape(3, -1).T
    vectors = (apart[:, :, None] + steps) @ reduced.matrix
    distances = np.linalg.norm(vectors, axis=-1)
    same = np.all(steps == 0, axis=1)
    distances[np.arange(len(fractions)), np.arange(len(fractions)), np.flatnonzero(same)[0]] = np.inf
    first, second, _ = np.unravel_index(int(distances.argmin()), distances.shape)
    return float(distances.min()), int(first), int(second)


def check_overlap(structure: Structure) -> Verdict:
    """Verdict "overlap": every distance above 0.5 Å and the cell larger than 0.1 Å³, for published figures.

    The app's own rule is :func:`matgen_core.kinds.crystals.placing.geometry_rules.check_distances`.
    """
    if not np.isfinite(structure.lattice.matrix).all() or structure.volume <= MINIMUM_VOLUME:
        return Verdict("overlap", False, Message("the cell has no volume ({volume:.2g} Å³)", volume=structure.volume))
    distance, i, j = shortest_distance(structure)
    pair = f"{structure[i].specie}–{structure[j].specie} {distance:.2f} Å"
    return Verdict("overlap", distance > MINIMUM_DISTANCE, Message("shortest distance: {pair}", pair=pair))
