"""A displaced crystal has moved as far as it was told to, and a minimum finds back."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.chem.crystals.matching import match
from matgen_core.chem.crystals.structure import to_structure
from matgen_core.chem.energies.displacement import check_returns, displace, without_symmetry
from tests.unit.chem.known_cells import all_cells, corundum, salt


def test_without_symmetry_it_is_the_same_crystal() -> None:
    for crystal in all_cells():
        free = without_symmetry(crystal)
        assert free.space_group == 1
        assert len(free.sites) == len(to_structure(crystal))
        assert match(free, crystal)


def test_every_atom_moves_as_far_as_it_is_told_to() -> None:
    still = without_symmetry(corundum())
    moved = displace(still, 0.05, seed=3)
    assert moved == displace(still, 0.05, seed=3)
    assert moved != displace(still, 0.05, seed=4)
    before, after = to_structure(still, primitive=False), to_structure(moved, primitive=False)
    apart = (after.frac_coords - before.frac_coords + 0.5) % 1.0 - 0.5
    np.testing.assert_allclose(np.linalg.norm(apart @ before.lattice.matrix, axis=1), 0.05, atol=1e-6)
    assert np.abs(np.array(after.lattice.abc) - before.lattice.abc).max() <= 0.0501


def test_a_minimum_finds_back_and_a_cancel_leaves_it_open() -> None:
    (found,) = check_returns([salt()])
    assert found.returned is True
    assert found.farthest is not None
    assert found.farthest < 0.05
    assert found.lower == pytest.approx(0.0, abs=1e-3)
    (stopped,) = check_returns([salt()], cancelled=lambda: True)
    assert stopped.returned is None
    assert stopped.reason
