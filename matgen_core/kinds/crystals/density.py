"""Density of crystals: the mass of the cell divided by its volume, exact for the geometry as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.chem.crystals.symmetry import centring
from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Prediction
from matgen_core.kinds.compositions.rows import count_atoms

if TYPE_CHECKING:
    from matgen_core.kinds.crystals.known.reference import Reference

#: g/cm³ of one atomic mass unit in one Å³ (CODATA 2018).
_GRAMS = 1.66053906660


def read_density(
    candidates: Sequence[Candidate],
    on_progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[list[Prediction]]:
    """Density of each candidate in g/cm³; its spread is 0, since the cell is as it is."""
    method, unit = Message("mass and volume of the cell"), PROPERTIES["density"].unit
    return [
        [Prediction("density", round(float(to_structure(candidate.material).density), 4), 0.0, unit, method)]
        for candidate in candidates
    ]


def known_densities(reference: Reference) -> NDArray[np.float32]:
    """(N,) density of the known crystals in g/cm³; empty where their structures are not in the reference."""
    volumes = reference.structures.volumes()
    if not len(volumes):
        return np.zeros(0, dtype=np.float32)
    from pymatgen.core import Element

    masses = {element.symbol: float(element.atomic_mass) for element in Element}
    formulas = [count_atoms(str(formula)) for formula in reference.known["formula"]]
    mean = np.array([sum(n * masses[e] for e, n in f.items()) / sum(f.values()) for f in formulas])
    cells = np.array([centring(int(group)) for group in reference.known["space_group"]])
    atoms = np.asarray(reference.known["atoms"], dtype=float) * cells
    return np.asarray(_GRAMS * mean * atoms / volumes, dtype=np.float32)
