"""Several processes find what one finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from matgen_core.chem.energies import symmetric_relaxation
from matgen_core.chem.energies.symmetric_relaxation import relax_symmetric
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.processes import process_pool
from matgen_core.core.settings import CrystalSettings
from matgen_core.evaluation.sampling import Batch, draw_samples
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


def test_two_workers_draw_for_an_evaluation_what_one_draws(tmp_path: Path) -> None:
    """The whole way of a crystal: drafts of both engines, critic, geometry, relaxation, both potentials."""
    settings = CrystalSettings(drafts=4, geometries=1, steps=2, relax=3, skeletons=1)
    target = Target({"band_gap": Goal.at(2.0)}, Constraints(max_atoms=8))
    wanted = [Batch(target, 3, first, 2, settings) for first in (0, 2)]
    alone = draw_samples(wanted, tmp_path / "one.jsonl", workers=1)
    shared = draw_samples(wanted, tmp_path / "two.jsonl", workers=2)
    assert [len(samples) for samples in alone.values()] == [2, 2]
    assert [s.candidate.material for batch in shared.values() for s in batch] == [
        s.candidate.material for batch in alone.values() for s in batch
    ]
    assert shared == alone
