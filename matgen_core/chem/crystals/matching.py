"""Whether two crystals are the same structure, by their geometry.

pymatgen's StructureMatcher with its own tolerances: cells are scaled to one volume, atoms are paired by element.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.core.records import Crystal

if TYPE_CHECKING:
    from pymatgen.core import Structure


@lru_cache(maxsize=1)
def _matcher() -> Any:
    from pymatgen.analysis.structure_matcher import StructureMatcher

    return StructureMatcher()


def reduce(structure: Structure) -> Structure:
    """The primitive cell in its Niggli setting, which is what the matcher compares."""
    return structure.get_primitive_structure().get_reduced_structure()


@lru_cache(maxsize=4096)
def _reduced(crystal: Crystal) -> Structure | None:
    try:
        return reduce(to_structure(crystal))
    except (ValueError, ArithmeticError, IndexError):  # a cell too flat to be reduced is like no other
        return None


def match(first: Crystal, second: Crystal) -> bool:
    """Whether two crystals have one structure. The work of reducing a cell is done once for each crystal."""
    if first == second:
        return True
    one, other = _reduced(first), _reduced(second)
    return one is not None and other is not None and match_reduced(one, other)


def match_reduced(one: Structure, other: Structure) -> bool:
    """Whether two reduced structures are one."""
    return len(one) == len(other) and bool(_matcher().fit(one, other, skip_structure_reduction=True))
