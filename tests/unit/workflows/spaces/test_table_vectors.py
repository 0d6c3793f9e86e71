"""A user's table in a space: each row has a vector, or its number and a reason."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from matgen_core.core.errors import BadInput
from matgen_core.core.records import Formula
from matgen_core.workflows.spaces.sources import SPACES, open_space
from matgen_core.workflows.spaces.table_vectors import read_vectors

CASES = Path(__file__).parents[3] / "cases"


def table(*rows: str, column: str = "formula") -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer).writerows([[column, "n"], *([row, "1"] for row in rows)])
    return buffer.getvalue().encode()


def test_each_row_has_a_vector_or_its_own_reason() -> None:
    space = open_space("compositions")
    read = read_vectors(space, table("NaCl", "Xx2", "", "MgO", "A0"))
    assert np.allclose(read.vectors, SPACES["compositions"].encode([Formula("NaCl"), Formula("MgO")]), atol=1e-5)
    reasons = {refused.place: refused.reason for refused in read.refused}
    assert list(reasons) == ["2", "3", "5"]
    assert "Xx" in reasons["2"]
    assert "empty" in reasons["3"]
    assert len(set(reasons.values())) == 3


def test_molecules_keep_the_reason_of_rdkit() -> None:
    read = read_vectors(open_space("molecules"), table("CCO ethanol", "c1cc", "C(C)(C)(C)(C)C", column="SMILES"))
    assert len(read.vectors) == 1
    first, second = (refused.reason for refused in read.refused)
    assert "c1cc" in first
    assert "valence" in second.lower()


def test_structures_are_checked_as_everywhere() -> None:
    good = (CASES / "02-origin-choice" / "anatase_choice2.cif").read_text()
    read = read_vectors(open_space("crystals"), table(good, "no cif", column="cif"))
    assert read.vectors.shape == (1, open_space("crystals").vectors.shape[1])
    assert [refused.place for refused in read.refused] == ["2"]
    assert read.refused[0].reason


def test_a_table_without_the_column_is_named_and_a_cancel_keeps_what_was_read() -> None:
    space = open_space("molecules")
    with pytest.raises(BadInput, match=r"no column smiles .*formula, n"):
        read_vectors(space, table("NaCl"))
    seen: list[tuple[int, int]] = []
    rows = table(*["CCO"] * 450, column="smiles")
    read = read_vectors(space, rows, on_progress=lambda n, of: seen.append((n, of)), cancelled=lambda: bool(seen))
    assert (len(read.vectors), seen) == (200, [(200, 450)])
