"""More for the same target: what was found stays, and what comes is new."""

from __future__ import annotations

from matgen_core.core.goals import Constraints, Target
from matgen_core.core.records import Progress
from matgen_core.core.settings import CompositionSettings
from matgen_core.workflows.design import count_kept, design, design_more

TARGET = Target({}, Constraints(include=frozenset({"O"})))


def test_more_keeps_what_there_is_and_adds_what_is_new() -> None:
    first = design("compositions", TARGET, 8)
    told: list[Progress] = []
    both = design_more("compositions", TARGET, 8, first, on_progress=told.append)
    assert {c.id for c in first} < {c.id for c in both}
    assert len({c.id for c in both}) == len(both)
    settings = CompositionSettings()
    kept, before = (count_kept("compositions", found, settings).candidates for found in (both, first))
    assert len(kept) >= len(before) + 8
    assert len({c.material for c in kept}) == len(kept)
    assert all({c.id for c in first} <= {c.id for c in progress.candidates} for progress in told)
    assert (told[-1].done, told[-1].total) == (8, 8)
    assert design_more("compositions", TARGET, 8, first) == both
