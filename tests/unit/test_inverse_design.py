"""The loop ends when it has enough or its budget ends, keeps what it found, and goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import pytest
from pymatgen.core import Lattice, Structure

import matgen_core.inverse_design as loop
from matgen_core.chem.structure import from_structure
from matgen_core.data.tokenizers import Skeleton
from matgen_core.inverse_design import BATCH, Budget, allowed, design_molecules_until, design_until
from matgen_core.properties import PROPERTIES
from matgen_core.stages.feasibility import Rules
from matgen_core.stages.writing import Refuses
from matgen_core.types import (
    BadTarget,
    Cancelled,
    Candidate,
    Constraints,
    Crystal,
    Goal,
    Origin,
    Prediction,
    Progress,
    Target,
)

TARGET = Target({"band_gap": Goal.at_least(4.0)})
PAIRS = {("Na", "Cl"): 5.64, ("K", "Cl"): 6.29, ("Rb", "Cl"): 6.58, ("K", "Br"): 6.6}
KNOWN = Rules(known=True)


@lru_cache
def salts() -> list[Crystal]:
    return [
        from_structure(Structure.from_spacegroup("Fm-3m", Lattice.cubic(length), pair, [[0] * 3, [0.5] * 3]))
        for pair, length in PAIRS.items()
    ]


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A generator of salts, of which every eighth is on target; says with which first index it was asked."""
    firsts: list[int] = []

    def generate(
        target: Target, count: int, *, seed: int, first: int, cancelled: Callable[[], bool], **_: Any
    ) -> tuple[Candidate, ...]:
        if cancelled():
            raise Cancelled
        firsts.append(first)
        return tuple(
            Candidate(f"{seed}-{i:04d}", salts()[i // 8 % 4], Origin("test", "", seed, i))
            for i in range(first, first + count)
        )

    def predict(batch: tuple[Candidate, ...], **_: Any) -> tuple[Candidate, ...]:
        def read(c: Candidate) -> Iterator[Prediction]:
            gap = 5.0 if c.origin.index % 8 == 0 else 1.0
            for key, value in (("band_gap", gap), ("formation_energy", -2.0), ("e_above_hull", 0.01)):
                yield Prediction(key, value, 0.1, PROPERTIES[key].unit, "test")

        return tuple(c.add_predictions(*read(c)) for c in batch)

    monkeypatch.setattr(loop, "generate", generate)
    monkeypatch.setattr(loop, "predict", predict)
    return firsts


def test_it_ends_when_enough_pass(drawn: list[int]) -> None:
    run = design_until(TARGET, Budget(want=3, draws=320), rules=KNOWN)
    assert (run.ended, drawn, run.drawn) == ("found", [0], BATCH)
    assert len(run.listed) >= 3
    assert len(run.candidates) == BATCH, "those that did not pass are kept with their reasons"


def test_it_ends_with_the_draws(drawn: list[int]) -> None:
    run = design_until(TARGET, Budget(want=500, draws=3 * BATCH - 4), rules=KNOWN)
    assert (run.ended, drawn, run.drawn) == ("draws", [0, BATCH, 2 * BATCH], 3 * BATCH - 4)
    counts = dict(run.funnel.counts)
    assert counts["generated"] == 3 * BATCH - 4
    assert counts["listed"] == len(run.listed) == 4, "the others are the same four salts again"


def test_the_time_ends_it_and_a_cancel_keeps_what_was_found(drawn: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([False, True, True])
    run = design_until(TARGET, Budget(want=500), rules=KNOWN, cancelled=lambda: next(answers))
    assert (run.ended, len(run.candidates)) == ("cancelled", BATCH)
    ticks = iter([0.0, *[99.0] * 20])  # the time is over before the first batch is, which is finished all the same
    monkeypatch.setattr(loop.time, "monotonic", lambda: next(ticks))
    run = design_until(TARGET, Budget(want=500, seconds=10), rules=KNOWN)
    assert (run.ended, len(run.candidates)) == ("time", BATCH)


def test_a_run_that_goes_on_draws_the_next_and_not_the_same(drawn: list[int]) -> None:
    whole = design_until(TARGET, Budget(want=500, draws=4 * BATCH), rules=KNOWN, seed=5)
    first = design_until(TARGET, Budget(want=500, draws=2 * BATCH), rules=KNOWN, seed=5)
    second = design_until(TARGET, Budget(want=500, draws=2 * BATCH), before=first)
    assert drawn[-2:] == [2 * BATCH, 3 * BATCH]
    assert [c.id for c in second.candidates] == [c.id for c in whole.candidates]
    assert [c.verdicts for c in second.candidates] == [c.verdicts for c in whole.candidates]
    assert second.rules == KNOWN


def test_the_page_is_told_of_everything_and_of_how_many_passed(drawn: list[int]) -> None:
    told: list[Progress] = []
    design_until(TARGET, Budget(want=4, draws=3 * BATCH), rules=KNOWN, on_progress=told.append)
    assert [p.stage for p in told[:3]] == ["generate", "predict", "assess"]
    assert told[-1].stage == "done"
    assert [p.done for p in told] == sorted(p.done for p in told)
    assert all(p.total == 4 for p in told)


def test_what_the_rules_exclude_is_not_even_drawn() -> None:
    told = allowed(TARGET, Rules())
    assert {"Pb", "Cd", "U"} <= told.constraints.exclude
    assert not allowed(TARGET, Rules(toxic=True, radioactive=True)).constraints.exclude
    exact = Target({}, Constraints(chemical_system=frozenset({"Na", "Cl"})))
    assert allowed(exact, Rules()) == exact


@pytest.mark.parametrize("constraints", [Constraints(include=frozenset({"Pb"})), Constraints(formula="PbS")])
def test_asking_for_what_the_rules_exclude_is_named(constraints: Constraints) -> None:
    if constraints.formula:
        assert allowed(Target({}, constraints), Rules()).constraints == constraints, "drawn, and rejected with a reason"
        return
    with pytest.raises(BadTarget, match="Pb is asked for and excluded"):
        allowed(Target({}, constraints), Rules())


@pytest.mark.parametrize(
    ("budget", "said"),
    [(Budget(want=0), "wanted"), (Budget(seconds=float("nan")), "seconds"), (Budget(draws=10**9), "draws")],
)
def test_budgets_that_cannot_be_are_named(budget: Budget, said: str) -> None:
    for design in (design_until, design_molecules_until):
        with pytest.raises(BadTarget, match=said):
            design(TARGET if design is design_until else Target(), budget)


# -------------------------------------------------------------------------------------------------------- molecules


def test_molecules_pass_what_was_asked_and_go_on() -> None:
    target, rules = Target({"logp": Goal.between(1.0, 3.0)}), Rules(filters=("PAINS",), max_sa=4.0)
    run = design_molecules_until(target, Budget(want=8, draws=400), rules=rules, seed=3)
    assert run.ended == "found"
    assert len(run.listed) >= 8
    for candidate in run.listed:
        assert 1.0 <= (candidate.value("logp") or 0.0) <= 3.0
        assert (candidate.value("sa_score") or 9.0) <= 4.0
        assert candidate.verdict("newness").passed is True  # type: ignore[union-attr]
    again = design_molecules_until(target, Budget(want=8, draws=400), rules=rules, seed=3)
    assert [c.material for c in again.listed] == [c.material for c in run.listed], "the seed repeats it"
    more = design_molecules_until(target, Budget(want=8, draws=400), before=run)
    names = [c.material.smiles for c in more.listed]
    assert len(names) == len(set(names)) > len(run.listed)
    assert {c.material.smiles for c in run.listed} <= set(names)


def test_molecules_end_with_the_draws() -> None:
    run = design_molecules_until(Target({"logp": Goal.at_least(30.0)}), Budget(want=2, draws=20))
    assert (run.ended, len(run.listed)) == ("draws", 0)
    assert len(run.candidates) == 20


def test_what_the_rules_reject_whatever_its_geometry_is_not_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    salt, odd = (Skeleton(225, ((("a", one), ("b", other)))) for one, other in (("Na", "Cl"), ("Mg", "F")))
    asked: list[tuple[bool, bool]] = []

    def generate(_target: Target, count: int, *, first: int, refuses: Refuses, **_: Any) -> tuple[Candidate, ...]:
        asked.append((refuses(salt), refuses(odd)))
        return tuple(Candidate(f"0-{first}", salts()[0], Origin("test", "", 0, first)) for _ in range(1))

    monkeypatch.setattr(loop, "generate", generate)
    monkeypatch.setattr(loop, "predict", lambda batch, **_: batch)
    design_until(Target(), Budget(want=5, draws=2 * BATCH))
    assert asked == [(True, True), (True, True)], "rock salt is known, and MgF has no charges"
    asked.clear()
    design_until(Target(), Budget(want=5, draws=2 * BATCH), rules=KNOWN)
    assert asked == [(False, True), (True, True)], "what is known may come once"
