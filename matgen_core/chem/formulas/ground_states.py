"""Ground states of the elements: formation energy and distance to the hull are 0 there by definition.

Structures are those of ase's table of reference states, graphite for carbon. Elements whose structure the table does
not hold in full (molecular solids, boron, manganese, …) have none here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from matgen_core.chem.crystals.matching import match_reduced, reduce

if TYPE_CHECKING:
    from pymatgen.core import Structure


def is_ground_state(structure: Structure) -> bool | None:
    """Whether a structure of one element is that element's ground state; None where the ground state is not known."""
    elements = {str(site.specie) for site in structure}
    if len(elements) != 1:
        return False
    ground = _ground_state(next(iter(elements)))
    return None if ground is None else match_reduced(reduce(structure), ground)


@lru_cache(maxsize=128)
def _ground_state(element: str) -> Structure | None:
    """The reduced cell of an element's ground state."""
    from ase.build import bulk
    from pymatgen.core import Lattice, Structure
    from pymatgen.io.ase import AseAtomsAdaptor

    if element == "C":
        lattice = Lattice.hexagonal(2.464, 6.711)
        places = [[0, 0, 0.25], [0, 0, 0.75], [1 / 3, 2 / 3, 0.25], [2 / 3, 1 / 3, 0.75]]
        return reduce(Structure(lattice, ["C"] * 4, places))
    try:
        atoms = bulk(element)
    except (ValueError, KeyError, RuntimeError, NotImplementedError):  # a structure that the table does not hold
        return None
    structure: Structure = AseAtomsAdaptor.get_structure(atoms)
    return reduce(structure)
