"""The measures say what their definitions say."""

from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure
from scipy.stats import binomtest

from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.records import Candidate, Origin
from matgen_core.evaluation.crystals import find_novel, find_unique, share
from matgen_core.kinds.crystals.known.rows import COLUMNS, CrystalRows


def salt(length: float, cation: str = "Na") -> Candidate:
    structure = Structure.from_spacegroup("Fm-3m", Lattice.cubic(length), [cation, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    return Candidate(f"{cation}{length}", from_structure(structure), Origin("test"))


@pytest.mark.parametrize(("hits", "total"), [(0, 10), (3, 10), (500, 1000), (10, 10)])
def test_intervals_are_wilsons(hits: int, total: int) -> None:
    expected = binomtest(hits, total).proportion_ci(method="wilson")
    found = share(hits, total)
    assert found["low"] == pytest.approx(expected.low, abs=2e-4)
    assert found["high"] == pytest.approx(expected.high, abs=2e-4)


def test_no_samples_have_no_share() -> None:
    assert share(0, 0) == {"value": None, "low": None, "high": None, "of": 0}
    assert str(share(0, 480)["low"]) == "0.0"


def test_a_strained_copy_is_not_unique_and_another_compound_is() -> None:
    assert find_unique([salt(5.6), salt(5.7), salt(5.6, "K")]) == [True, False, True]


def test_novel_is_unlike_every_known_row() -> None:
    known = CrystalRows(
        np.array(["a"]), (salt(5.69).material,), np.zeros((1, len(COLUMNS)), dtype=np.float32), np.array(["train"])
    )
    assert find_novel([salt(5.6), salt(5.6, "K")], known) == [False, True]
