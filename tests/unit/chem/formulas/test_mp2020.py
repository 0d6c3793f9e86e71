"""Terms of the MP2020 scheme share out the atoms, and the fit finds what made the energies."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.formulas.mp2020 import fit_terms, formation_energy, terms


def cell(formula: list[str], spacing: float = 3.0) -> Structure:
    """Atoms in a row, ``spacing`` apart."""
    length = spacing * len(formula)
    places = [[0, 0, i / len(formula)] for i in range(len(formula))]
    return Structure(Lattice.orthorhombic(6, 6, length), formula, places)


@pytest.mark.parametrize(
    ("atoms", "expected"),
    [
        (["Fe", "Fe"], {"Fe": 1.0}),
        (["Fe", "O"], {"Fe in oxides and fluorides": 0.5, "O in oxides": 0.5}),
        (["Fe", "S"], {"Fe": 0.5, "S as anion": 0.5}),
        (["Cu", "O"], {"Cu": 0.5, "O in oxides": 0.5}),
        (["Mn", "F", "F"], {"Mn in oxides and fluorides": 1 / 3, "F as anion": 2 / 3}),
        # Sulphur is an anion in a sulphide only, not in a sulphate.
        (["Ca", "S", "O", "O", "O", "O"], {"Ca": 1 / 6, "S": 1 / 6, "O in oxides": 4 / 6}),
        # Two anions in one compound.
        (["Bi", "O", "Cl"], {"Bi": 1 / 3, "O in oxides": 1 / 3, "Cl as anion": 1 / 3}),
    ],
)
def test_terms(atoms: list[str], expected: dict[str, float]) -> None:
    assert terms(cell(atoms)) == pytest.approx(expected)


def test_oxygens_that_hold_each_other_are_peroxides_or_superoxides() -> None:
    def oxide(distance: float) -> set[str]:
        places = [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0.5 + distance / 6]]
        return set(terms(Structure(Lattice.cubic(6), ["K", "O", "O"], places)))

    assert oxide(1.3) == {"K", "O in superoxides"}
    assert oxide(1.5) == {"K", "O in peroxides"}
    assert oxide(2.4) == {"K", "O in oxides"}


def test_the_fit_finds_the_references_and_an_outlier_does_not_move_it() -> None:
    rng = np.random.default_rng(0)
    names = ["A", "B", "C"]
    truth = dict(zip(names, [-3.0, 1.5, -7.25], strict=True))
    shares = [dict(zip(names, rng.dirichlet(np.ones(3)), strict=True)) for _ in range(60)]
    formation = rng.normal(-1.0, 0.5, 60)
    energies = formation + np.array([sum(share[n] * truth[n] for n in names) for share in shares])
    energies[0] += 5.0
    found = fit_terms(shares, energies, formation)
    assert found == pytest.approx(truth, abs=0.002)
    assert formation_energy(energies[1], shares[1], found) == pytest.approx(formation[1], abs=0.002)


def test_without_a_reference_there_is_no_formation_energy() -> None:
    assert formation_energy(-1.0, {"Fe": 0.5, "O in superoxides": 0.5}, {"Fe": -8.0}) is None
