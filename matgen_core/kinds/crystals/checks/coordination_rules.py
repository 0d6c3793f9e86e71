"""Verdicts by comparison with known crystals: coordination of the atoms, and the nearest known structure type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from matgen_core.chem.crystals.prototypes import name_prototype
from matgen_core.chem.crystals.scene import is_bond
from matgen_core.chem.crystals.structure import formula_counts
from matgen_core.chem.crystals.structure_types import anonymous_type
from matgen_core.chem.formulas.formula_writing import write_formula
from matgen_core.core.errors import MissingReference
from matgen_core.core.messages import Message, join
from matgen_core.core.records import Crystal, Verdict
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.crystals.known.coordination_statistics import (
    Neighbours,
    load_coordination,
    shells,
    stoichiometry,
)
from matgen_core.kinds.crystals.known.reference import hash_names, load_reference

if TYPE_CHECKING:
    from pymatgen.core import Structure


def check_coordination(structure: Structure) -> Verdict:
    """Verdict "coordination": bond lengths and numbers of neighbours against those known for each pair of elements.

    A pair of elements that few known crystals contain is not judged.
    """
    try:
        known = load_coordination()
    except MissingReference as error:
        return Verdict("coordination", None, str(error))
    found = shells(structure)
    problems = list(dict.fromkeys(problem for shell in found if (problem := known.problem(shell))))
    if problems:
        return Verdict("coordination", False, join([*problems[:3], "…" if len(problems) > 3 else ""]))
    words = list[str]()
    for shell in _bonded(found):
        words.append(
            Message("{count} {other} around {centre}", count=shell.count, other=shell.other, centre=shell.centre)
        )
    around = join(list(dict.fromkeys(words))[:4])
    return Verdict("coordination", True if found else None, around or Message("no neighbours"))


def _bonded(found: Sequence[Neighbours]) -> Sequence[Neighbours]:
    """Neighbours that are bonded, as the structure is drawn; all where none is.

    Ions of one sign often lie in each other's first shell, which is compared with known crystals, too, but is no
    coordination.
    """
    elements = sorted({name for shell in found for name in (shell.centre, shell.other)})
    first, second = (
        np.array([elements.index(name) for name in names], dtype=np.int64)
        for names in ([shell.centre for shell in found], [shell.other for shell in found])
    )
    bonds = is_bond(elements, first, second, np.array([shell.distance for shell in found]))
    return [shell for shell, bond in zip(found, bonds, strict=True) if bond] or found


def check_type(crystal: Crystal) -> Verdict:
    """Verdict "structure_type": the known structure type, or the nearest one; a new type is no rejection."""
    try:
        known = load_coordination().types.get(int(hash_names([anonymous_type(crystal)])[0]))
        name = name_prototype(crystal)
    except MissingReference as error:
        return Verdict("structure_type", None, str(error))
    if known is not None:
        times, formula = known
        if name is not None:
            return Verdict(
                "structure_type",
                True,
                Message("{name} type; {times:,} known crystals have this type", name=name, times=times),
            )
        return Verdict(
            "structure_type",
            True,
            Message(
                "same type as {formula}; {times:,} known crystals have it", formula=write_formula(formula), times=times
            ),
        )
    if name is not None:
        return Verdict("structure_type", True, Message("{name} type", name=name))
    return Verdict(
        "structure_type", None, Message("no known crystal has this type; {nearest}", nearest=_nearest(crystal))
    )


def _nearest(crystal: Crystal) -> str:
    """The nearest known crystal: same amounts and space group, else same amounts, else same space group."""
    amounts, groups, formulas = _known_amounts()
    same, group = set(amounts.get(stoichiometry(crystal), ())), set(groups.get(crystal.space_group, ()))
    elements = set(formula_counts(crystal))
    for rows, words in ((same & group, "same amounts and group"), (same, "same amounts"), (group, "same group")):
        if rows:  # of those the one that shares most elements, the first of the table
            best = max(rows, key=lambda i: (len(elements & set(count_atoms(formulas[i]))), -i))
            return f"nearest: {formulas[best]} ({words})"
    return "none is near"


@lru_cache(maxsize=1)
def _known_amounts() -> tuple[Mapping[tuple[int, ...], list[int]], Mapping[int, list[int]], list[str]]:
    """Rows of the known crystals by the amounts of their elements and by space group, and their formulas."""
    known = load_reference().known
    formulas = [str(formula) for formula in known["formula"]]
    amounts: dict[tuple[int, ...], list[int]] = {}
    groups: dict[int, list[int]] = {}
    for row, (formula, group) in enumerate(zip(formulas, known["space_group"].tolist(), strict=True)):
        counts = list(count_atoms(formula).values())
        amounts.setdefault(tuple(sorted(n // gcd(*counts) for n in counts)), []).append(row)
        groups.setdefault(int(group), []).append(row)
    return amounts, groups, formulas
