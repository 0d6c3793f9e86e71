"""One rule for distances on every page: too near for the pair is refused, and known crystals pass."""

from __future__ import annotations

import csv
import gzip
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure, reduced_formula, to_structure
from matgen_core.chem.formulas.oxidation import check_oxidation
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Crystal, Origin
from matgen_core.kinds.crystals.known.row_building import parse_row
from matgen_core.kinds.crystals.placing.geometry_rules import LEAST, check_distances, check_packing, nearest_approach
from matgen_core.kinds.crystals.predict import predict
from matgen_core.workflows.design import design
from matgen_core.workflows.screening.screen import Screener


def pair(first: str, second: str, distance: float) -> Structure:
    """Two atoms at a distance, far from all others."""
    return Structure(Lattice.cubic(9.0), [first, second], [[0, 0, 0], [distance / 9.0, 0, 0]])


@pytest.mark.parametrize(("first", "second", "distance"), [("Al", "Al", 0.64), ("Al", "Ru", 1.62), ("Na", "Cl", 2.0)])
def test_atoms_nearer_than_in_any_crystal_are_refused(first: str, second: str, distance: float) -> None:
    verdict = check_distances(pair(first, second, distance))
    assert verdict.passed is False
    assert f"{distance:.2f} Å" in verdict.reason


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [("Al", "Ru", 2.5), ("O", "O", 1.28), ("N", "N", 1.12), ("I", "I", 2.85), ("C", "H", 1.09), ("S", "S", 2.16)],
)
def test_bonds_that_exist_pass(first: str, second: str, distance: float) -> None:
    assert check_distances(pair(first, second, distance)).passed is True


def test_every_way_in_has_the_same_rule() -> None:
    """Prediction (Crystals, relaxed cells, tables) and screening judge a cell alike."""
    crystal = from_structure(
        Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.0), ["Al", "Ru"], [[0] * 3, [0.5] * 3])
    )  # Al–Ru 2.00 Å
    expected = check_distances(to_structure(crystal))
    assert expected.passed is False
    candidate = Candidate("a", crystal, Origin("file"))
    (read,) = predict([candidate])
    (screened,) = Screener()([candidate])
    assert read.verdict("distances") == screened.verdict("distances") == expected
    assert screened.verdict("bonds") is None


def test_what_is_generated_bears_the_same_verdict() -> None:
    for candidate in design("crystals", Target(), 2, seed=3):
        assert candidate.verdict("distances") == check_distances(to_structure(candidate.material))
        rules = [verdict.rule for verdict in candidate.verdicts]
        assert len(rules) == len(set(rules))
        assert "oxidation" in rules
        assert not {"charge_balance", "bonds", "neutral"} & set(rules)


def test_the_rule_is_symmetric_and_leans_on_radii_where_nothing_is_known() -> None:
    assert nearest_approach("Al", "Ru") == nearest_approach("Ru", "Al")
    assert nearest_approach("Es", "O") > 1.5  # einsteinium is in no row
    assert 0.5 < LEAST < 1


@pytest.mark.parametrize(("length", "packing"), [(5.64, True), (4.2, False), (7.9, False)])
def test_packing_follows_the_known(length: float, packing: bool) -> None:
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(length), ["Na", "Cl"], [[0] * 3, [0.5] * 3])
    assert check_packing(salt).passed is packing


def test_a_flat_cell_is_refused() -> None:
    flat = Structure(Lattice([[3, 0, 0], [0, 3, 0], [0, 3, 1e-6]]), ["H"], [[0, 0, 0]])
    assert check_distances(flat).passed is False
    assert np.isfinite(flat.volume)


def test_known_crystals_pass(rows_folder: Path) -> None:
    """Of 3,000 rows two fail (0.07 %): Ce2Mg with Ce–Ce 2.72 Å and Zr2FeH5 with Fe–H 1.62 Å."""
    with gzip.open(rows_folder / "crystals.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(islice(csv.DictReader(file), 0, 6000, 20))
    crystals = [crystal for row in rows if isinstance(crystal := parse_row(row["material_id"], row["cif"]), Crystal)]
    assert len(crystals) > 250
    structures = [to_structure(crystal) for crystal in crystals]
    assert sum(check_distances(structure).passed is not True for structure in structures) <= 2
    states = [check_oxidation(reduced_formula(c), s) for c, s in zip(crystals, structures, strict=True)]
    assert sum(verdict.passed is True for verdict in states) / len(states) > 0.85  # 90 %
    assert sum(verdict.passed is False for verdict in states) / len(states) < 0.08  # 5 %
