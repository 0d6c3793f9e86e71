"""What is measured of critic and judge: on known compounds most of it is right, and chances are counted as they are."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.chem.crystals.structure import to_structure
from matgen_core.chem.energies.chgnet import predict_energies
from matgen_core.core.records import Crystal, Site
from matgen_core.evaluation.critic import measure_critic
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows

KNOWN = {
    ("Na", "Cl", 5.64): 5.0,
    ("K", "Br", 6.6): 4.3,
    ("Mg", "O", 4.21): 4.4,
    ("Ti", "C", 4.33): 0.0,
    ("V", "N", 4.13): 0.0,
}


@pytest.fixture(scope="module")
def rows() -> CrystalRows:
    crystals = tuple(
        Crystal(225, (Site("a", x, ()), Site("b", y, ())), (a, a, a, 90.0, 90.0, 90.0)) for x, y, a in KNOWN
    )
    values = np.full((len(KNOWN), len(COLUMNS)), np.nan, dtype=np.float32)
    for key, column in {
        "band_gap": list(KNOWN.values()),
        "formation_energy": [-2.1, -2.0, -3.0, -0.9, -1.1],
        "magnetic_moment": [0.0] * 5,
        "e_above_hull": [0.0] * 5,
    }.items():
        values[:, list(COLUMNS).index(key)] = column
    return CrystalRows(np.array(["".join(map(str, k)) for k in KNOWN]), crystals, values, np.array(["val"] * 5))


def test_figures_of_known_compounds(rows: CrystalRows) -> None:
    predictions = predict_energies([to_structure(crystal) for crystal in rows.crystals])
    found = measure_critic(rows, [prediction.features for prediction in predictions])
    assert found["rows"] == found["gap"]["rows"] == 5
    assert found["gap"]["non_metals"] == 3
    assert found["gap"]["judge"]["mean_absolute_error"] < 0.6
    assert found["gap"]["judge"]["metals_told_right"] == 1.0
    assert found["errors"]["formation_energy"]["mean_absolute_error"] < 0.4
    # Each of 8 + 5 + 3 + 3 goals is counted once for each of the five compounds.
    assert sum(group["of"] for group in found["chances"]) == 5 * 19
    surest = found["chances"][-1]
    assert surest["to"] == 1.0
    assert surest["given"] > 0.95
    assert surest["held"] > 0.9
