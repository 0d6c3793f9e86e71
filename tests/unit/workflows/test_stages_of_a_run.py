"""A run shows each crystal from its draft on, in the stage that it has reached, and keeps it there when cancelled."""

from __future__ import annotations

import csv
import io
import json
import pickle
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import pytest

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.records import DRAFTED, PLACED, RELAXED, STEERING, Candidate, Progress
from matgen_core.core.settings import Budget, CrystalSettings, Rules
from matgen_core.kinds.crystals.files.candidate_files import to_cif_zip, to_csv, to_json
from matgen_core.kinds.rules import listed, passes
from matgen_core.runs.records import from_record, to_record
from matgen_core.workflows.design import count_kept, design, design_until
from matgen_core.workflows.loop import finished_before, resume

ORDER = (DRAFTED, PLACED, RELAXED, "")
QUICK = CrystalSettings(drafts=6, steps=2, geometries=1, relax=4, skeletons=2)
TARGET = Target({"band_gap": Goal.at_least(0.1)}, Constraints(max_atoms=8, exclude=frozenset({"Pb"})))
RULES = Rules(max_e_above_hull=1.0, known=True)
BUDGET = Budget(want=900, draws=2)


def run_until(stop: Callable[[Progress[Any]], bool]) -> tuple[tuple[Candidate, ...], list[Progress[Any]]]:
    """A small run, cancelled once it reports something."""
    seen: list[Progress[Any]] = []
    found = design(
        "crystals",
        TARGET,
        3,
        seed=4,
        settings=QUICK,
        on_progress=seen.append,
        cancelled=lambda: bool(seen) and stop(seen[-1]),
    )
    return found, seen


@lru_cache
def whole() -> tuple[tuple[Candidate, ...], list[Progress[Any]]]:
    return run_until(lambda progress: False)


def test_each_row_goes_from_draft_to_judgement_under_one_id() -> None:
    found, seen = whole()
    stages, formulas = dict[str, list[str]](), dict[str, str]()
    for progress in seen:
        for row in progress.working:
            stages.setdefault(row.id, []).append(row.stage)
            assert formulas.setdefault(row.id, reduced_formula(row.material)) == reduced_formula(row.material)
    for reached in stages.values():
        places = [ORDER.index(stage) for stage in reached]
        assert places == sorted(places), "no row goes back"
        assert reached[0] == DRAFTED
    for candidate in found:
        assert set(stages[candidate.id]) == set(ORDER), "each stage was seen of what was delivered"
        assert not candidate.stage
    first = next(progress for progress in seen if progress.working)
    assert {row.stage for row in first.working} == {DRAFTED}, "before anything is placed there is something to see"
    assert not first.candidates
    for progress in seen:
        assert not {c.id for c in progress.candidates} & {row.id for row in progress.working}, "a row stands once"


def test_what_is_shown_of_a_row_is_steering_until_it_is_judged() -> None:
    _found, seen = whole()
    for progress in seen:
        for row in progress.working:
            said = str(row.verdict("agreement").reason)  # type: ignore[union-attr]
            assert ("not judged by SevenNet" in said) == bool(row.stage)
            judged = [p for p in row.predictions.values() if p.judged is not None]
            assert bool(judged) == (not row.stage)
            if row.stage in (DRAFTED, PLACED):
                assert {p.role for p in row.predictions.values()} == {STEERING}


def test_what_a_page_is_told_can_be_sent_to_another_process() -> None:
    _found, seen = whole()
    assert pickle.loads(pickle.dumps(seen)) == seen


@pytest.mark.parametrize("stage", [DRAFTED, PLACED, RELAXED])
def test_a_cancel_keeps_each_in_the_stage_that_it_has_reached(stage: str) -> None:
    found, seen = run_until(lambda progress: any(row.stage == stage for row in progress.working))
    last = seen[-1]
    assert (last.stage, last.candidates) == ("done", found)
    assert any(candidate.stage == stage for candidate in found)
    for candidate in found:
        assert candidate.is_draft or candidate.material.lattice[0] > 1.5
        assert not candidate.stage or "not judged by SevenNet" in str(candidate.verdict("agreement").reason)  # type: ignore[union-attr]
        assert from_record(json.loads(json.dumps(to_record(candidate)))) == candidate, "kept as it is"
        assert candidate.stage == "" or not passes(candidate, RULES)
    kept = count_kept("crystals", found, QUICK)
    assert dict(kept.rejected)["unfinished"] == sum(bool(c.stage) for c in found)
    rows = list(csv.DictReader(io.StringIO(to_csv(found))))
    assert [row["stage"] for row in rows] == [candidate.stage or "judged" for candidate in found]
    assert [row["cif"] == "" for row in rows] == [candidate.is_draft for candidate in found]
    for record, candidate in zip(json.loads(to_json(found)), found, strict=True):
        assert (record["material"]["lattice"] is None) == (record["cif"] is None) == candidate.is_draft
    assert to_cif_zip(found)


@pytest.mark.parametrize("stage", [DRAFTED, PLACED, RELAXED])
def test_what_a_cancel_left_is_not_listed_and_its_batch_is_to_be_drawn_again(stage: str) -> None:
    seen: list[Progress[Any]] = []
    run = design_until(
        "crystals",
        TARGET,
        BUDGET,
        rules=RULES,
        settings=QUICK,
        seed=4,
        on_progress=seen.append,
        cancelled=lambda: bool(seen) and any(row.stage == stage for row in seen[-1].working),
    )
    assert run.ended == "cancelled"
    assert run.candidates
    assert run.drawn == 0
    assert not [candidate for candidate in listed(run.candidates, RULES) if candidate.stage]
    assert dict(run.funnel.reasons)["unfinished"] == sum(bool(c.stage) for c in run.candidates)
    kept = resume(run.candidates, RULES, 4)
    assert (kept.drawn, finished_before(kept), finished_before(run)) == (0, (), ())


def test_a_batch_that_was_cancelled_is_drawn_again_and_gives_the_same() -> None:
    seen: list[Progress[Any]] = []
    asked = {"rules": RULES, "settings": QUICK, "seed": 4}
    whole = design_until("crystals", TARGET, BUDGET, **asked)
    stopped = design_until(
        "crystals",
        TARGET,
        BUDGET,
        **asked,
        on_progress=seen.append,
        cancelled=lambda: bool(seen) and any(row.stage == PLACED for row in seen[-1].working),
    )
    after = design_until("crystals", TARGET, BUDGET, settings=QUICK, before=stopped)
    assert [(c.id, c.material) for c in after.candidates] == [(c.id, c.material) for c in whole.candidates]
