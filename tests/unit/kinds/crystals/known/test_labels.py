"""Labels fill what is missing and touch nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.kinds.crystals.known.labels import LABELLED, label_rows
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows

SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.69), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])


def rows(properties: np.ndarray) -> CrystalRows:
    names = np.array([f"r{i}" for i in range(len(properties))])
    return CrystalRows(names, (from_structure(SALT),) * len(names), properties, np.array(["train"] * len(names)))


def test_missing_properties_are_read_and_known_ones_stay() -> None:
    properties = np.full((2, len(COLUMNS)), np.nan, dtype=np.float32)
    energy = list(COLUMNS).index("formation_energy")
    properties[1, energy] = -1.5
    labelled = label_rows(rows(properties))
    assert labelled.column("formation_energy")[0] == pytest.approx(-2.1, abs=0.2)  # measured: -2.13 eV/atom
    assert labelled.column("formation_energy")[1] == np.float32(-1.5)
    assert labelled.column("magnetic_moment") == pytest.approx([0, 0], abs=0.05)
    assert np.isnan(labelled.column("band_gap")).all()


def test_complete_rows_are_returned_untouched() -> None:
    properties = np.full((1, len(COLUMNS)), np.nan, dtype=np.float32)
    properties[0, [list(COLUMNS).index(key) for key in LABELLED]] = 0.25
    assert label_rows(complete := rows(properties)) is complete
