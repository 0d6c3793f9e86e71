"""Formulas as numbers for a predictor of the user's own property: shares of the elements, and MatBERT's vector."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matgen_core.kinds.compositions.judge import fractions_of_formula
from matgen_core.kinds.compositions.predict import embed_formulas
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.learning.gaussian_process import GAUSSIAN, TANIMOTO, View


def formula_views(formulas: Sequence[str]) -> tuple[View, ...]:
    """Atomic fractions (N, E) under Tanimoto's kernel, and MatBERT's vectors (N, 2 D) under the squared exponential."""
    vectors, _name = embed_formulas(formulas)
    return View(TANIMOTO, np.stack(list(map(fractions_of_formula, formulas)))), View(GAUSSIAN, vectors)


def chemical_system(formula: str) -> str:
    """The elements of a formula in alphabetical order, "Fe-O"."""
    return "-".join(sorted(count_atoms(formula)))
