"""Several processes find what one finds."""

from __future__ import annotations

import pytest

from matgen_core.chem import symmetric_relaxation
from matgen_core.chem.symmetric_relaxation import relax_symmetric
from matgen_core.core.processes import process_pool
from tests.unit.chem.known_cells import perovskite, rutile, salt


def test_two_processes_relax_as_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(symmetric_relaxation, "BATCH", 2)
    crystals = [salt(5.9), rutile(0.29, 4.75, 2.9), perovskite(4.1)]
    told: list[int] = []
    with process_pool(2) as executor:
        assert executor is not None
        shared = relax_symmetric(crystals, executor=executor, on_result=lambda number, _: told.append(number))
    assert shared == relax_symmetric(crystals)
    assert sorted(told) == [0, 1, 2]


def test_one_process_needs_no_pool() -> None:
    with process_pool(1) as executor:
        assert executor is None
