"""The known materials that a crystal is most like, with their ids."""

from __future__ import annotations

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.crystals.symmetry import symbol
from matgen_core.core.messages import Message
from matgen_core.core.records import Crystal
from matgen_core.kinds.compositions.judge import near_formulas
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.protocol import NearKnown

#: That are named.
_MOST = 3


def near_crystals(crystal: Crystal) -> tuple[NearKnown, ...]:
    """The known structure that it is, or those of its formula, or else the nearest known formulas."""
    reference, formula = load_reference(), reduced_formula(crystal)
    structures = reference.structures
    same = reference.find_known(crystal)
    if same is not None:
        return (NearKnown(formula, str(structures.ids[same]), Message("the same structure")),)
    others = []
    for row in structures.rows(formula)[:_MOST]:
        group = symbol(structures.crystal(row).space_group)
        others.append(
            NearKnown(
                formula, str(structures.ids[row]), Message("another structure of the formula, {group}", group=group)
            )
        )
    return tuple(others) or near_formulas(formula, _MOST)
