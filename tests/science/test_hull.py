"""The hull agrees with pymatgen's, obeys its laws, and reproduces the Materials Project's distances."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pymatgen.analysis.phase_diagram import PDEntry, PhaseDiagram
from pymatgen.core import Composition

from matgen_core.chem.formulas.stability import Hull, find_vertices
from matgen_core.kinds.crystals.known.reference import load_reference

PHASES = {"Fe2O3": -1.7, "Fe3O4": -1.65, "FeO": -1.35, "Li2O": -2.0, "LiFeO2": -1.9, "Li5FeO4": -2.0, "LiFe5O8": -1.72}


def hull_of(phases: dict[str, float]) -> Hull:
    return Hull(np.array(list(phases)), np.array(list(phases.values())))


@pytest.mark.parametrize("formula", ["FeO", "LiFeO2", "Li2FeO2", "LiFe3O4", "Fe4O5", "LiO"])
def test_it_agrees_with_pymatgen(formula: str) -> None:
    entries = [PDEntry(Composition(f), e * Composition(f).num_atoms) for f, e in PHASES.items()]
    entries += [PDEntry(Composition(e), 0.0) for e in ("Li", "Fe", "O")]
    probe = PDEntry(Composition(formula), -1.0 * Composition(formula).num_atoms)
    expected = PhaseDiagram(entries).get_e_above_hull(probe, allow_negative=True)
    prediction = hull_of(PHASES).read(Composition(formula).as_dict(), -1.0)
    assert prediction.e_above_hull == pytest.approx(expected, abs=1e-6)
    assert sum(share for _, share in prediction.products) == pytest.approx(1.0)


def test_vertices_are_those_that_pymatgen_calls_stable() -> None:
    entries = [PDEntry(Composition(f), e * Composition(f).num_atoms) for f, e in PHASES.items()]
    diagram = PhaseDiagram(entries + [PDEntry(Composition(e), 0.0) for e in ("Li", "Fe", "O")])
    stable = {entry.composition.reduced_formula for entry in diagram.stable_entries} - {"Li", "Fe", "O", "O2"}
    found = find_vertices(np.array(list(PHASES)), np.array(list(PHASES.values())))
    assert set(np.array(list(PHASES))[found]) == stable


def test_another_phase_can_only_lower_the_hull() -> None:
    before = hull_of(PHASES).read({"Fe": 1, "O": 1}, -1.0).e_above_hull
    after = hull_of({**PHASES, "Fe4O5": -1.9}).read({"Fe": 1, "O": 1}, -1.0).e_above_hull
    assert after >= before
    assert hull_of(PHASES).read({"Li": 2, "O": 1}, -2.0).e_above_hull == pytest.approx(0.0, abs=1e-9)


ANIONS = {
    "oxide": {"O"},
    "chalcogenide": {"S", "Se", "Te"},
    "halide": {"F", "Cl", "Br", "I"},
    "pnictide": {"N", "P", "As", "Sb"},
}


@pytest.mark.parametrize("kind", [*ANIONS, "intermetallic"])
def test_it_reproduces_the_materials_project(kind: str, rows_folder: Path) -> None:
    table = pd.read_csv(rows_folder / "crystals.csv.gz", keep_default_na=False, usecols=range(6))
    table = table.sample(2500, random_state=0)
    every = set().union(*ANIONS.values())
    errors = []
    for row in table.itertuples():
        composition = Composition(row.formula)
        present = {str(e) for e in composition} & every
        if present <= ANIONS[kind] and present if kind in ANIONS else not present:
            energy = float(row.formation_energy_per_atom)
            prediction = load_reference().hull.read(composition.as_dict(), energy)
            errors.append(prediction.e_above_hull - float(row.e_above_hull))
    assert len(errors) > 50
    assert abs(float(np.median(errors))) < 0.02
