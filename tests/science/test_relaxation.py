"""The quasi-Newton search among the free numbers ends where FIRE ends, in fewer energies.

The oracle is ase's FIRE with CHGNet's own calculator on the whole cell, the symmetry held by ase.
"""

from __future__ import annotations

import contextlib
import io
import warnings

import pytest

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.chem.energies.chgnet import load_chgnet
from matgen_core.chem.energies.symmetric_relaxation import relax_symmetric
from matgen_core.core.records import Crystal
from tests.unit.chem.known_cells import perovskite, rutile, salt


def fire(crystal: Crystal) -> tuple[float, int]:
    """Energy (eV/atom) and number of energies."""
    from ase.constraints import FixSymmetry
    from ase.filters import FrechetCellFilter
    from ase.optimize import FIRE
    from chgnet.model.dynamics import CHGNetCalculator
    from pymatgen.io.ase import AseAtomsAdaptor

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        atoms = AseAtomsAdaptor.get_atoms(to_structure(crystal))
        atoms.calc = CHGNetCalculator(load_chgnet(), use_device="cpu", on_isolated_atoms="ignore")
        atoms.set_constraint(FixSymmetry(atoms, symprec=0.01, verbose=False))
        optimiser = FIRE(FrechetCellFilter(atoms), logfile=None)
        optimiser.run(fmax=0.05, steps=200)
        return float(atoms.get_potential_energy()) / len(atoms), optimiser.nsteps + 1


@pytest.mark.parametrize(
    "crystal", [salt(6.1), rutile(0.28, 4.75, 2.85), perovskite(4.15)], ids=["salt", "rutile", "perovskite"]
)
def test_it_ends_within_5_mev_of_fire(crystal: Crystal) -> None:
    expected, energies = fire(crystal)
    (found,) = relax_symmetric([crystal])
    assert found.converged, found.reason
    assert found.energy == pytest.approx(expected, abs=5e-3)
    assert found.steps < energies
