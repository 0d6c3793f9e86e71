"""Dimensionality of known structures: molecules, layers, networks."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.dimensionality import read_dimensionality

MOS2 = ("P6_3/mmc", Lattice.hexagonal(3.16, 12.3), ["Mo", "S"], [[1 / 3, 2 / 3, 0.25], [1 / 3, 2 / 3, 0.621]])
ROCK_SALT = ("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
CO2 = ("Pa-3", Lattice.cubic(5.62), ["C", "O"], [[0, 0, 0], [0.119, 0.119, 0.119]])
GRAPHITE = ("P6_3/mmc", Lattice.hexagonal(2.46, 6.71), ["C", "C"], [[0, 0, 0.25], [1 / 3, 2 / 3, 0.25]])
SELENIUM = ("P3_121", Lattice.hexagonal(4.37, 4.95), ["Se"], [[0.225, 0, 1 / 3]])


@pytest.mark.parametrize(("cell", "dimension"), [(MOS2, 2), (ROCK_SALT, 3), (CO2, 0), (GRAPHITE, 2), (SELENIUM, 1)])
def test_a_known_structure_has_its_dimensionality(cell: tuple[object, ...], dimension: int) -> None:
    structure = Structure.from_spacegroup(*cell)  # type: ignore[arg-type]
    assert read_dimensionality(structure) == dimension
    assert read_dimensionality(structure.get_primitive_structure()) == dimension
