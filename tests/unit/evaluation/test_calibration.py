"""Errors on generated geometry: only what was read counts, and predictions carry the spread of their own kind."""

from __future__ import annotations

import numpy as np
import pytest

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.records import Candidate, Crystal, Origin
from matgen_core.evaluation.calibration import KEYS, measure_predictions, read_placed
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows
from matgen_core.kinds.crystals.predict import predict


def rock_salt() -> Crystal:
    from pymatgen.core import Lattice, Structure

    return from_structure(Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0] * 3, [0.5] * 3]))


def test_only_what_was_read_counts() -> None:
    above = np.concatenate([np.full(50, 0.05), np.full(50, 0.2), np.full(5, np.nan)])
    placed = {key: above.copy() for key in KEYS} | {f"known_{key}": np.zeros(105) for key in KEYS}
    spreads, figures = measure_predictions(placed)
    assert (figures["skeletons"], figures["read"]) == (105, 100)
    assert spreads.of("formation_energy", 0.0) == pytest.approx(0.025)
    assert spreads.of("formation_energy", 0.2) == pytest.approx(0.1)
    assert figures["errors"]["e_above_hull"]["mean_absolute_error"] == pytest.approx(0.125)
    assert figures["errors"]["e_above_hull"]["median_error_near_hull"] == pytest.approx(0.05)


def test_a_withheld_skeleton_is_placed_and_read() -> None:
    known = np.array([[5.0, -2.1, 0.0, 0.0, 0.0, -3.4]] * 2, dtype=np.float32)
    assert known.shape[1] == len(COLUMNS)
    rows = CrystalRows(np.array(["a", "b"]), (rock_salt(), rock_salt()), known, np.array(["train", "val"]))
    placed = read_placed(rows, 10, 0)
    assert {len(column) for column in placed.values()} == {1}, "the training row takes no part"
    assert abs(placed["formation_energy"][0] + 2.1) < 0.3, "rock salt is easy to place"
    assert placed["known_formation_energy"][0] == pytest.approx(-2.1)


def test_generated_geometry_is_less_sure_than_a_file() -> None:
    if load_reference().generated is None:
        pytest.fail("assets/reference/generated.json is not there; measure it with: matgen evaluate predictions")
    crystal = rock_salt()
    made, given = predict([Candidate("0", crystal, Origin("symmetry-first")), Candidate("1", crystal, Origin("file"))])
    for key in ("formation_energy", "e_above_hull"):
        ours, theirs = made.predictions[key].spread, given.predictions[key].spread
        assert ours is not None
        assert theirs is not None
        assert ours > theirs
        assert made.value(key) == given.value(key)
