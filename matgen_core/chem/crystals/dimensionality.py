"""Dimensionality of a crystal: molecules (0), chains (1), layers (2) or a network (3) of bonded atoms.

By Larsen et al., Phys. Rev. Materials 3, 034003 (2019), as pymatgen has it, with bonds by its CrystalNN.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pymatgen.core import Structure


def read_dimensionality(structure: Structure) -> int:
    """Largest dimensionality of the bonded parts of a structure.

    Args:
        structure: any cell of it.
    """
    from pymatgen.analysis.dimensionality import get_dimensionality_larsen
    from pymatgen.analysis.graphs import StructureGraph
    from pymatgen.analysis.local_env import CrystalNN

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of atoms without a neighbour, which are of dimension 0
        return int(get_dimensionality_larsen(StructureGraph.from_local_env_strategy(structure, CrystalNN())))
