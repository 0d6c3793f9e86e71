"""What is said of coordination names bonds; what is merely near is compared with known crystals and not named."""

from __future__ import annotations

import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.kinds.crystals.checks.coordination_rules import check_coordination

#: A telluride oxide: tellurium and oxygen are both anions, 3.4 Å apart and no nearer.
CA2TEO = Structure(
    Lattice.tetragonal(4.5372, 8.9287),
    ["Ca", "Ca", "Ca", "Ca", "Te", "Te", "O", "O"],
    [
        *([0.75, 0.25, 0.5], [0.25, 0.75, 0.5], [0.25, 0.25, 0.17307], [0.75, 0.75, 0.82693]),
        *([0.25, 0.25, 0.804377], [0.75, 0.75, 0.195623], [0.25, 0.25, 0.421854], [0.75, 0.75, 0.578146]),
    ],
)
SALT = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
ALLOY = Structure.from_spacegroup("Pm-3m", Lattice.cubic(2.9), ["Fe", "Al"], [[0, 0, 0], [0.5, 0.5, 0.5]])


@pytest.mark.parametrize(
    ("structure", "words"),
    [
        (CA2TEO, "4 O around Ca; 1 O around Ca; 9 Ca around Te; 5 Ca around O"),
        (SALT, "6 Cl around Na; 6 Na around Cl"),
        (ALLOY, "8 Al around Fe; 6 Fe around Fe; 8 Fe around Al"),
    ],
)
def test_coordination_names_what_is_bonded(structure: Structure, words: str) -> None:
    verdict = check_coordination(structure)
    assert verdict.passed
    assert verdict.reason == words
