"""The shortest distance counts images of the same atom and does not depend on how the cell is drawn."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.distances import check_overlap, shortest_distance


def test_an_atom_sees_its_own_image() -> None:
    assert shortest_distance(Structure(Lattice.orthorhombic(0.4, 5, 5), ["H"], [[0, 0, 0]]))[0] == pytest.approx(0.4)
    assert check_overlap(Structure(Lattice.orthorhombic(0.4, 5, 5), ["H"], [[0, 0, 0]])).passed is False


@pytest.mark.parametrize("seed", range(8))
def test_it_agrees_with_pymatgen_in_skewed_cells(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lattice = Lattice(rng.normal(0, 3, (3, 3)) + 4 * np.eye(3))
    structure = Structure(lattice, ["Fe", "O", "O"], rng.random((3, 3)))
    expected = min(n.nn_distance for site in structure for n in structure.get_neighbors(site, 9.0))
    assert shortest_distance(structure)[0] == pytest.approx(expected, abs=1e-6)


def test_a_flat_cell_is_refused() -> None:
    flat = Structure(Lattice([[3, 0, 0], [0, 3, 0], [0, 3, 1e-6]]), ["H"], [[0, 0, 0]])
    assert check_overlap(flat).passed is False
