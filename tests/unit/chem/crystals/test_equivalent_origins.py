"""Moving the origin changes letters and coordinates but not the crystal."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher

from matgen_core.chem.crystals.equivalent_origins import move_origin, origin_shifts, polar_axes
from matgen_core.chem.crystals.structure import formula_counts, sort_sites, to_structure
from matgen_core.chem.crystals.symmetry import wyckoff_positions
from matgen_core.core.records import Crystal, Site

CELLS = {1: (5, 6, 7, 80, 85, 95), 14: (5, 6, 7, 90, 105, 90), 62: (5, 7, 9, 90, 90, 90), 186: (4, 4, 7, 90, 90, 120)}


@pytest.mark.parametrize("group", [1, 4, 14, 33, 62, 123, 166, 186, 216, 225, 227])
def test_the_structure_stays_the_same(group: int) -> None:
    rng = np.random.default_rng(group)
    letters = list(wyckoff_positions(group).values())
    chosen = [letters[0], letters[-1]]
    sites = [
        Site(p.letter, e, tuple(rng.random(p.degrees_of_freedom))) for p, e in zip(chosen, ("Na", "O"), strict=True)
    ]
    system = 62 if group < 143 and group not in CELLS else group
    cell = CELLS.get(system) or ((5, 5, 5, 90, 90, 90) if group >= 195 else (4, 4, 7, 90, 90, 120))
    if 75 <= group <= 142:
        cell = (5, 5, 7, 90, 90, 90)
    if group == 4:
        cell = CELLS[14]
    crystal = Crystal(group, sort_sites(sites), tuple(float(v) for v in cell))  # type: ignore[arg-type]
    for _ in range(4):
        moved = move_origin(crystal, rng)
        assert formula_counts(moved) == formula_counts(crystal)
        assert StructureMatcher(stol=0.02, ltol=0.02, angle_tol=1).fit(to_structure(crystal), to_structure(moved))


def test_shifts_begin_with_none_at_all() -> None:
    assert all(origin_shifts(group)[0] == (0.0, 0.0, 0.0) for group in (1, 14, 62, 139, 225))
    assert polar_axes(1) == (0, 1, 2)
