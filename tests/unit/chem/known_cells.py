"""Crystals that textbooks draw, one of each kind of symmetry that tests need."""

from __future__ import annotations

from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.records import Crystal


def salt(length: float = 5.69) -> Crystal:
    cell = Lattice.cubic(length)
    return from_structure(Structure.from_spacegroup("Fm-3m", cell, ["Na", "Cl"], [[0] * 3, [0.5] * 3]))


def rutile(u: float = 0.305, a: float = 4.6, c: float = 2.96) -> Crystal:
    cell = Lattice.tetragonal(a, c)
    return from_structure(Structure.from_spacegroup("P4_2/mnm", cell, ["Ti", "O"], [[0, 0, 0], [u, u, 0]]))


def perovskite(length: float = 3.95) -> Crystal:
    places = [[0] * 3, [0.5] * 3, [0.5, 0.5, 0]]
    return from_structure(Structure.from_spacegroup("Pm-3m", Lattice.cubic(length), ["Sr", "Ti", "O"], places))


def corundum() -> Crystal:
    cell, places = Lattice.hexagonal(4.76, 12.99), [[0, 0, 0.352], [0.306, 0, 0.25]]
    return from_structure(Structure.from_spacegroup("R-3c", cell, ["Al", "O"], places))


def zincite() -> Crystal:
    cell, places = Lattice.hexagonal(3.25, 5.2), [[1 / 3, 2 / 3, 0], [1 / 3, 2 / 3, 0.382]]
    return from_structure(Structure.from_spacegroup("P6_3mc", cell, ["Zn", "O"], places))


def monoclinic() -> Crystal:
    """Baddeleyite, ZrO2."""
    cell = Lattice.monoclinic(5.17, 5.23, 5.34, 99.2)
    places = [[0.276, 0.041, 0.208], [0.07, 0.34, 0.345], [0.442, 0.755, 0.479]]
    return from_structure(Structure.from_spacegroup("P2_1/c", cell, ["Zr", "O", "O"], places))


def triclinic() -> Crystal:
    """Salt in which nothing is symmetric any more."""
    cell = Lattice.from_parameters(4.1, 4.3, 4.0, 85, 95, 100)
    return from_structure(Structure(cell, ["Na", "Cl", "K"], [[0.02, 0, 0.01], [0.5, 0.46, 0.55], [0.1, 0.47, 0.03]]))


def all_cells() -> list[Crystal]:
    return [salt(), rutile(), perovskite(), corundum(), zincite(), monoclinic(), triclinic()]
