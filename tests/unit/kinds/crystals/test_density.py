"""Density is computed from the cell, can be a goal, and conditions no network."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Crystal, Origin, Site
from matgen_core.core.settings import CrystalSettings
from matgen_core.files.units import find_columns, read_cell
from matgen_core.kinds.crystals.density import known_densities, read_density
from matgen_core.kinds.crystals.files.candidate_files import to_csv
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.registry import load_kind
from matgen_core.workflows.design import design
from matgen_core.workflows.screening.pareto import parse_objective

#: Measured cells and the handbook's densities at room temperature, g/cm³ (CRC Handbook of Chemistry and Physics).
MEASURED = {
    "NaCl": (Crystal(225, (Site("a", "Na"), Site("b", "Cl")), (5.6402, 5.6402, 5.6402, 90.0, 90.0, 90.0)), 2.17),
    "Si": (Crystal(227, (Site("a", "Si"),), (5.4310, 5.4310, 5.4310, 90.0, 90.0, 90.0)), 2.33),
    "Cu": (Crystal(225, (Site("a", "Cu"),), (3.6149, 3.6149, 3.6149, 90.0, 90.0, 90.0)), 8.96),
    "W": (Crystal(229, (Site("a", "W"),), (3.1652, 3.1652, 3.1652, 90.0, 90.0, 90.0)), 19.3),
    "GaN": (
        Crystal(186, (Site("b", "Ga", (0.0,)), Site("b", "N", (0.377,))), (3.189, 3.189, 5.185, 90.0, 90.0, 120.0)),
        6.1,
    ),
}


@pytest.mark.parametrize("name", MEASURED)
def test_the_density_of_a_measured_cell_is_the_handbooks(name: str) -> None:
    crystal, expected = MEASURED[name]
    ((read,),) = read_density([Candidate("0", crystal, Origin("file"))])
    assert read.value == pytest.approx(expected, rel=0.01)
    assert (read.unit, read.spread) == ("g/cm³", 0.0)


def test_the_known_crystals_have_the_density_of_their_structures() -> None:
    reference = load_reference()
    found = known_densities(reference)
    assert len(found) == len(reference.known["formula"])
    for row in np.random.default_rng(0).choice(len(found), 40, replace=False).tolist():
        assert found[row] == pytest.approx(to_structure(reference.structures.crystal(row)).density, rel=2e-3)
    assert (reference.column("density") == found).all(), "the page's histogram"
    low, high = PROPERTIES["density"].range
    assert (found > low).all()
    assert (found < high).all()


def test_a_target_of_density_filters_and_ranks_though_no_network_is_conditioned_on_it() -> None:
    settings = CrystalSettings(skeletons=1, geometries=2, refined=1, steps=5, cap=1)
    kind, target = load_kind("crystals"), Target({"density": Goal.at_most(4.0)}, Constraints(max_atoms=8))
    (caution,) = kind.cautions(target, settings)
    assert caution.startswith("Density: the networks were not trained on it")
    assert kind.cautions(Target({"band_gap": Goal.at(1.0)}), settings) == ()
    found = design("crystals", target, 6, seed=2, settings=settings)
    free = design("crystals", Target({}, Constraints(max_atoms=8)), 6, seed=2, settings=settings)
    assert {c.id: c.material for c in found} == {c.id: c.material for c in free}, "drawn without it"
    met = [candidate.passed("target:density") for candidate in found]
    assert met == [candidate.value("density") <= 4.0 for candidate in found]
    assert all(candidate.verdict("target:density").chance in (0.0, 1.0) for candidate in found)
    rows = list(csv.DictReader(io.StringIO(to_csv(found))))
    assert [float(row["density"]) for row in rows] == [candidate.value("density") for candidate in found]


def test_a_table_and_an_objective_can_name_it() -> None:
    assert parse_objective("density:min", {}).key == "density"
    (column,) = find_columns(["Density (kg/m3)"], "cif")
    read = read_cell(column, "2170")
    assert read is not None
    assert (read.value, read.unit) == (pytest.approx(2.17), "g/cm³")
