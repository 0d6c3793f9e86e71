"""SevenNet's energy with references in the MP2020 scheme is the formation energy of density functional theory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.checks.energy_judge import judge_energies, load_judge
from matgen_core.kinds.crystals.known.row_building import parse_row


def test_it_reproduces_the_formation_energy_of_withheld_rows(rows_folder: Path) -> None:
    # SevenNet has seen these crystals in MPtrj; the references have not been fitted to them.
    table = pd.read_csv(rows_folder / "crystals.csv.gz", keep_default_na=False)
    table = table[(table.split == "val") & (table.n_atoms <= 12)].sample(70, random_state=1)
    crystals = [parse_row(row.material_id, row.cif) for row in table.itertuples()]
    assert all(isinstance(crystal, Crystal) for crystal in crystals)
    judged = judge_energies([crystal for crystal in crystals if isinstance(crystal, Crystal)])
    truth = table.formation_energy_per_atom.astype(float)
    errors = [
        abs(one.formation_energy - known)
        for one, known in zip(judged, truth, strict=True)
        if one.formation_energy is not None
    ]
    assert len(errors) >= 68
    assert float(np.mean(errors)) <= 0.012
    assert float(np.median(errors)) <= 0.006


def test_the_shipped_record_says_what_was_measured() -> None:
    judge = load_judge()
    assert judge.error <= 0.012
    assert len(judge.references) > 95
    near, above, far = judge.spreads.values["formation_energy"]
    assert near is not None
    assert above is not None
    assert near < above
    assert far is not None


@pytest.mark.parametrize(
    ("group", "lattice", "elements", "places", "known"),
    [
        ("Fm-3m", Lattice.cubic(5.69), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]], -2.11),
        ("Fm-3m", Lattice.cubic(4.25), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]], -3.016),
        ("F-43m", Lattice.cubic(5.75), ["Ga", "As"], [[0, 0, 0], [0.25, 0.25, 0.25]], -0.352),
    ],
)
def test_textbook_crystals(
    group: str, lattice: Lattice, elements: list[str], places: list[list[float]], known: float
) -> None:
    (judged,) = judge_energies([from_structure(Structure.from_spacegroup(group, lattice, elements, places))])
    assert judged.formation_energy == pytest.approx(known, abs=0.06)
    assert judged.e_above_hull == pytest.approx(0.0, abs=0.05)
