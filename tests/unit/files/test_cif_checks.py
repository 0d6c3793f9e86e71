"""The facts that a CIF states of its own structure."""

from __future__ import annotations

import warnings

import pytest
from pymatgen.core import Lattice, Structure
from pymatgen.io.cif import CifWriter

from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.known.row_building import parse_row


@pytest.mark.parametrize("element", ["H", "N", "O", "F", "Cl"])
def test_one_atom_of_an_element_counted_in_pairs_is_read(element: str) -> None:
    """pymatgen writes Z = 0 for it, since half a molecule is in the cell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = str(CifWriter(Structure(Lattice.cubic(2.8), [element], [[0, 0, 0]])))
    assert "_cell_formula_units_Z   0" in text
    crystal = parse_row("one", text)
    assert isinstance(crystal, Crystal), crystal
    assert [site.element for site in crystal.sites] == [element]
