"""Predictions as labels: what a table does not say of its crystals, CHGNet and the shipped hull say.

Only gaps are filled. A value that came with the table stays as it is, so DFT is never overwritten by a prediction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from matgen_core.chem.crystals.structure import formula_counts, to_structure
from matgen_core.chem.energies.chgnet import PredictedEnergy, formation_energy, predict_energies
from matgen_core.chem.formulas.stability import Hull
from matgen_core.core.properties import predicted_of
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.known.reference import Reference, load_reference
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows

#: Columns that CHGNet fills; the band gap is not among them.
LABELLED = (*predicted_of("crystals", "chgnet"), "chgnet_energy")


def label_rows(rows: CrystalRows) -> CrystalRows:
    """The rows with every missing property of :data:`LABELLED` read, in batches; what CHGNet refuses stays NaN."""
    columns = [list(COLUMNS).index(key) for key in LABELLED]
    missing = np.flatnonzero(np.isnan(rows.properties[:, columns]).any(axis=1))
    if not len(missing):
        return rows
    reference = load_reference()
    predictions = predict_energies([to_structure(rows.crystals[i]) for i in missing])
    properties = rows.properties.copy()
    for i, prediction in zip(missing, predictions, strict=True):
        known, read = properties[i, columns], _row(rows.crystals[i], prediction, reference)
        properties[i, columns] = np.where(np.isnan(known), read, known)
    return replace(rows, properties=properties)


def values_of(
    prediction: PredictedEnergy, counts: Mapping[str, int], elements: Mapping[str, float], hull: Hull
) -> dict[str, float | None]:
    """Properties by key, as CHGNet's energy and moments give them; None where nothing was predicted.

    Args:
        prediction: of one crystal.
        counts: atoms of each element.
        elements: reference energy of each element, eV/atom.
        hull: of the known phases.
    """
    energy = None if prediction.energy is None else formation_energy(prediction.energy, counts, elements)
    return {
        "formation_energy": energy,
        "magnetic_moment": prediction.magnetic_moment,
        "e_above_hull": None if energy is None else hull.read(counts, energy).e_above_hull,
        "max_site_moment": prediction.max_site_moment,
        "chgnet_energy": prediction.energy,
    }


def _row(crystal: Crystal, prediction: PredictedEnergy, reference: Reference) -> list[float]:
    """In the order of LABELLED; NaN where nothing was predicted."""
    values = values_of(prediction, formula_counts(crystal), reference.elements, reference.hull)
    return [float("nan") if (value := values[key]) is None else value for key in LABELLED]
