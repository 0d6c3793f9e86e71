"""CHGNet's energy minus the fitted references is the formation energy of density functional theory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from pymatgen.core import Structure

from matgen_core.chem.energies.chgnet import formation_energy, predict_energies
from matgen_core.kinds.crystals.known.reference import load_reference


def test_it_reproduces_the_formation_energy_of_withheld_rows(rows_folder: Path) -> None:
    # CHGNet itself has seen these crystals; only the references of the elements have not been fitted to them.
    table = pd.read_csv(rows_folder / "crystals.csv.gz", keep_default_na=False)
    table = table[(table.split == "val") & (table.n_atoms <= 12)].sample(80, random_state=0)
    structures = [Structure.from_str(cif, fmt="cif") for cif in table.cif]
    predictions = predict_energies(structures)
    elements = load_reference().elements
    errors = []
    for structure, prediction, truth in zip(structures, predictions, table.formation_energy_per_atom, strict=True):
        assert prediction.energy is not None
        read = formation_energy(prediction.energy, structure.composition.as_dict(), elements)
        assert read is not None
        errors.append(abs(read - float(truth)))
    assert float(np.mean(errors)) < 0.03
    assert float(np.median(errors)) < 0.02
