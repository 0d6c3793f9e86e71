"""Whether atoms stand where atoms of their elements can stand: the one rule for distances, and packing.

Both compare with the training rows: how near atoms of each pair of elements come, and the volume that an atom of each
element takes. A pair that few known crystals hold leans on covalent radii
(:func:`matgen_core.kinds.crystals.placing.geometry.fit_contacts`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.distances import MINIMUM_VOLUME
from matgen_core.chem.crystals.scene import covalent_radius
from matgen_core.core.errors import MatGenError
from matgen_core.core.messages import Message
from matgen_core.core.records import Verdict
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from matgen_core.learning.checkpoints import load_checkpoint

if TYPE_CHECKING:
    from pymatgen.core import Structure

#: A distance below this share of what is usual for its pair is too short; 2 of 3,000 known crystals are (0.07 %).
LEAST = 0.85
#: Share of the sum of covalent radii, for a pair of which nothing is known and for non-metals, which may be bonded.
_RADII = 0.85
#: Å; atoms farther from each other are not too near.
_REACH = 4.0


@lru_cache(maxsize=1)
def _known() -> tuple[dict[str, float], NDArray[np.float64]] | None:
    """Volume of an atom of each element (Å³) and nearest approach of each pair (Å); None without the checkpoint."""
    try:
        config = load_checkpoint("crystal-geometry").config
    except MatGenError:
        return None
    contacts = np.zeros((len(ELEMENTS), len(ELEMENTS)))
    contacts[np.tril_indices(len(ELEMENTS))] = config["contacts"]
    return dict(zip(ELEMENTS, config["volumes"], strict=False)), np.maximum(contacts, contacts.T)


@lru_cache(maxsize=10_000)
def nearest_approach(first: str, second: str) -> float:
    """How near (Å) atoms of two elements usually come: the 5th percentile over known crystals, or from radii.

    Two non-metals may come as near as in a bond (O2, N2, I3), although few crystals hold such bonds.
    """
    from pymatgen.core import Element

    bond, known = _RADII * (covalent_radius(first) + covalent_radius(second)), _known()
    if known is None or first not in ELEMENTS or second not in ELEMENTS:
        return bond
    contact = float(known[1][ELEMENTS.index(first), ELEMENTS.index(second)])
    free = not (Element(first).is_metal or Element(second).is_metal)
    return (min(contact, bond) if free else contact) or bond


def check_distances(structure: Structure) -> Verdict:
    """Verdict "distances": no two atoms nearer than LEAST of what is usual for their elements."""
    if not np.isfinite(structure.lattice.matrix).all() or structure.volume <= MINIMUM_VOLUME:
        return Verdict("distances", False, Message("the cell has no volume ({volume:.2g} Å³)", volume=structure.volume))
    symbols = [str(site.specie.symbol) for site in structure]
    firsts, seconds, _images, distances = structure.get_neighbor_list(_REACH)
    if not len(distances):
        return Verdict("distances", True, Message("no two atoms within {reach:g} Å", reach=_REACH))
    pairs = [(symbols[i], symbols[j]) for i, j in zip(firsts.tolist(), seconds.tolist(), strict=True)]
    usual = np.array([nearest_approach(*pair) for pair in pairs])
    at = int(np.argmin(distances / usual))
    reason = Message(
        "{pairs} {distances:.2f} Å; shortest in known crystals {usual:.2f} Å",
        pairs="–".join(pairs[at]),
        distances=distances[at],
        usual=usual[at],
    )
    return Verdict("distances", bool(distances[at] >= LEAST * usual[at]), reason)


def check_packing(structure: Structure) -> Verdict:
    """Verdict "packing": the volume within 0.6 and 1.6 of what its elements take in known crystals."""
    known = _known()
    if known is None or not all(site.specie.symbol in known[0] for site in structure):
        return Verdict("packing", None, "no known volume for one of its elements")
    ratio = structure.volume / sum(known[0][site.specie.symbol] for site in structure)
    packing = Message(
        "{density:.2f} g/cm³, {volume:.1f} Å³ per atom, {ratio:.2f} times the volume in known crystals of these "
        "elements",
        density=structure.density,
        volume=structure.volume / len(structure),
        ratio=ratio,
    )
    return Verdict("packing", bool(0.6 <= ratio <= 1.6), packing)
