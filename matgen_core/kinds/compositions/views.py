"""Vectors of formulas by their keys, for a predictor of an own property, groups, and known materials."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matgen_core.core.goals import Target
from matgen_core.core.settings import CompositionSettings, CrystalSettings
from matgen_core.kinds.compositions.judge import fractions_of_formula
from matgen_core.kinds.compositions.predict import embed_formulas
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.crystals.known.known_rows import count_known
from matgen_core.kinds.rules import allowed
from matgen_core.learning.gaussian_process import GAUSSIAN, TANIMOTO, View


def formula_views(formulas: Sequence[str]) -> tuple[View, ...]:
    """Atomic fractions (N, E) under Tanimoto's kernel, and MatBERT's vectors (N, 2 D) under the squared exponential."""
    vectors, _name = embed_formulas(formulas)
    return View(TANIMOTO, np.stack(list(map(fractions_of_formula, formulas)))), View(GAUSSIAN, vectors)


def chemical_system(formula: str) -> str:
    """The elements of a formula in alphabetical order, "Fe-O"."""
    return "-".join(sorted(count_atoms(formula)))


class ByFormula:
    """What crystals and compositions, each looked up by its formula, do alike as kinds of material.

    See :class:`matgen_core.kinds.protocol.Kind`.
    """

    generation_target = staticmethod(allowed)
    group = staticmethod(chemical_system)
    views = staticmethod(formula_views)

    def count_known(self, target: Target, settings: CrystalSettings | CompositionSettings) -> tuple[int | None, int]:
        """Of the reference's crystals with properties: a formula counts as often as it has structures."""
        return count_known(target)

    def vectors(self, keys: Sequence[str]) -> NDArray[np.float32]:
        """Atomic fractions."""
        return np.stack(list(map(fractions_of_formula, keys)))
