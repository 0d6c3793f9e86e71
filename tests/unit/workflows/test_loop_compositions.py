"""The loop over compositions: the same laws as with crystals, with a network that has learnt nothing."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from matgen_core.cli.main import main
from matgen_core.core.errors import BadTarget
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.records import Formula, Progress
from matgen_core.kinds.compositions.rows import count_atoms
from matgen_core.kinds.registry import load_kind
from matgen_core.kinds.rules import STAGES, Rules
from matgen_core.workflows.design import design_until
from matgen_core.workflows.loop import Budget, resume

NOBLE = frozenset({"He", "Ne", "Ar", "Kr", "Xe"})
TARGET = Target({"formation_energy": Goal.at_most(-0.3)}, Constraints(frozenset({"O"}), NOBLE, max_atoms=5))
RULES = Rules(max_e_above_hull=1.0, shallow=True)


def test_what_is_listed_passes_everything_and_the_seed_repeats_it() -> None:
    told: list[Progress[Formula]] = []
    run = design_until("compositions", TARGET, Budget(want=2, draws=256), rules=RULES, seed=3, on_progress=told.append)
    assert run.candidates
    assert run.listed, "an oxide with a negative energy is not rare"
    for candidate in run.listed:
        counts = count_atoms(candidate.material.reduced)
        assert "O" in counts
        assert sum(counts.values()) <= 5
        assert (candidate.value("formation_energy") or 0.0) <= -0.3
        assert not {"Pb", "Cd", "U"} & set(counts), "what the rules exclude is not even drawn"
        assert candidate.verdict("novelty").passed  # type: ignore[union-attr]
    assert [name for name, _count in run.funnel.counts] == ["generated", *STAGES, "listed"]
    assert told[-1].stage == "done"
    again = design_until("compositions", TARGET, Budget(want=2, draws=256), rules=RULES, seed=3)
    assert [(c.id, c.material) for c in again.candidates] == [(c.id, c.material) for c in run.candidates]


def test_it_goes_on_where_it_stopped_also_from_what_was_kept() -> None:
    budget = Budget(want=500, draws=64)
    whole = design_until("compositions", TARGET, Budget(want=500, draws=128), rules=RULES)
    first = design_until("compositions", TARGET, budget, rules=RULES)
    kept = resume(first.candidates, RULES, 0)
    assert kept.drawn == 64
    second = design_until("compositions", TARGET, budget, before=kept)
    assert {(c.id, c.material) for c in second.candidates} == {(c.id, c.material) for c in whole.candidates}
    assert [c.id for c in second.listed] == [c.id for c in whole.listed], "repeats of the first half are known as such"


def test_a_cancel_keeps_what_was_found() -> None:
    batches: list[int] = []
    run = design_until(
        "compositions",
        TARGET,
        Budget(want=500, draws=1000),
        rules=RULES,
        cancelled=lambda: len(batches) > 0,
        on_progress=lambda p: batches.append(1) if p.stage == "assess" else None,
    )
    assert (run.ended, len(run.candidates)) == ("cancelled", load_kind("compositions").batches.first)


def test_what_cannot_be_asked_for_is_named() -> None:
    with pytest.raises(BadTarget, match="compositions cannot have a target for 'e_above_hull'"):
        design_until("compositions", Target({"e_above_hull": Goal.at_most(0.1)}))
    with pytest.raises(BadTarget, match="Pb is required, but excluded"):
        design_until("compositions", Target({}, Constraints(include=frozenset({"Pb"}))))


def test_the_command_writes_what_passed_and_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, everything = tmp_path / "out.csv", tmp_path / "all.csv"
    asked = "--formation-energy :-0.3 --include O --exclude He,Ne,Ar,Kr,Xe --max-atoms 5 --max-hull 1 --seed 3"
    words = f"{asked} --shallow --want 2 --draws 256 --out {out}"
    monkeypatch.setattr(sys, "argv", f"matgen design compositions {words} --everything {everything}".split())
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    with out.open() as one, everything.open() as two:
        listed, drawn = list(csv.DictReader(one)), list(csv.DictReader(two))
    assert 0 < len(listed) < len(drawn)
    assert {row["target:formation_energy"] for row in listed} == {"True"}
