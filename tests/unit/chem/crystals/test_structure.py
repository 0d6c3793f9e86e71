from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import formula_counts, from_structure, reduced_formula, to_structure
from matgen_core.chem.crystals.symmetry import centring, wyckoff_positions
from matgen_core.core.errors import BadInput
from matgen_core.core.records import Crystal, Site


@pytest.mark.parametrize("space_group", range(1, 231))
def test_an_orbit_has_its_multiplicity_and_solves_to_itself(space_group: int) -> None:
    generator = np.random.default_rng(space_group)
    for position in wyckoff_positions(space_group).values():
        free = generator.uniform(0.05, 0.45, position.degrees_of_freedom)
        orbit = position.orbit(free)
        assert orbit.shape == (position.multiplicity, 3)
        solutions = position.solve(orbit)
        assert any(np.allclose(solution, free, atol=1e-6) for solution in solutions)
        assert position.multiplicity % centring(space_group) == 0


def test_round_trip_of_random_rows_matches(rows_folder: Path) -> None:
    rows = pd.read_csv(rows_folder / "crystals.csv.gz").sample(300, random_state=7)
    matcher = StructureMatcher()
    matched = 0
    for cif in rows.cif:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            structure = Structure.from_str(cif, fmt="cif")
        rebuilt = to_structure(from_structure(structure))
        matched += bool(matcher.fit(structure, rebuilt))
    assert matched >= 297


def test_the_primitive_cell_has_as_many_atoms_as_counted() -> None:
    crystal = Crystal(227, (Site("a", "Si"), Site("b", "Ge")), (5.4, 5.4, 5.4, 90, 90, 90))
    assert sum(formula_counts(crystal).values()) == len(to_structure(crystal)) == 4
    assert len(to_structure(crystal, primitive=False)) == 16
    assert reduced_formula(crystal) == "SiGe"


def test_two_sites_on_one_point_both_survive() -> None:
    crystal = Crystal(166, (Site("a", "Na"), Site("c", "Cl", (0.0,))), (4, 4, 10, 90, 90, 120))
    assert formula_counts(crystal) == {"Na": 1, "Cl": 2}
    assert any(site.specie.symbol == "Na" for site in to_structure(crystal))


def test_disorder_is_refused_with_the_remedy() -> None:
    alloy = Structure(Lattice.cubic(3), [{"Fe": 0.5, "Ni": 0.5}], [[0, 0, 0]])
    with pytest.raises(BadInput, match="disordered; give an ordered structure"):
        from_structure(alloy)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_refused_before_spglib_sees_it(number: float) -> None:
    for lattice, place in ((np.diag([number, 5.6, 5.6]), 0.5), (np.eye(3) * 5.6, number)):
        structure = Structure(Lattice(lattice), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, place]])
        with pytest.raises(BadInput, match="is not a number"):
            from_structure(structure)
