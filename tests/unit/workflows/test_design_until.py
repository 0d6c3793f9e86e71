"""The loop ends when it has enough or its budget ends, keeps what it found, and goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import pytest
from pymatgen.core import Lattice, Structure

import matgen_core.kinds.crystals.kind
import matgen_core.workflows.loop
from matgen_core.chem.crystals.structure import from_structure
from matgen_core.core.errors import BadInput, BadTarget, Cancelled
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import PLACED, Candidate, Crystal, Origin, Prediction, Progress
from matgen_core.kinds.crystals.in_work import at_stage
from matgen_core.kinds.crystals.writing.grammar import Skeleton
from matgen_core.kinds.crystals.writing.skeleton_decoding import IsRejected
from matgen_core.kinds.protocol import Brief
from matgen_core.kinds.registry import NAMES, load_kind
from matgen_core.kinds.rules import Rules, allowed
from matgen_core.workflows.design import design_until
from matgen_core.workflows.loop import Budget, resume

CRYSTALS = load_kind("crystals").batches
BATCH = CRYSTALS.most
TARGET = Target({"band_gap": Goal.at_least(4.0)})
PAIRS = {("Na", "Cl"): 5.64, ("K", "Cl"): 6.29, ("Rb", "Cl"): 6.58, ("K", "Br"): 6.6}
KNOWN = Rules(known=True, judge=False)


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
        brief: Brief[Any], count: int, first: int, *, cancelled: Callable[[], bool], **_: Any
    ) -> tuple[Candidate, ...]:
        seed = brief.seed
        if cancelled():
            raise Cancelled
        firsts.append(first)
        made = tuple(
            Candidate(f"{seed}-{i:04d}", salts()[i // 8 % 4], Origin("test", "", seed, i))
            for i in range(first, first + count)
        )
        assert brief.on_stage is not None
        brief.on_stage([at_stage(candidate, PLACED) for candidate in made])
        return made

    def predict(batch: tuple[Candidate, ...], **_: Any) -> tuple[Candidate, ...]:
        def read(c: Candidate) -> Iterator[Prediction]:
            gap = 5.0 if c.origin.index % 8 == 0 else 1.0
            for key, value in (("band_gap", gap), ("formation_energy", -2.0), ("e_above_hull", 0.01)):
                yield Prediction(key, value, 0.1, PROPERTIES[key].unit, "test")

        return tuple(c.add_predictions(*read(c)) for c in batch)

    monkeypatch.setattr(matgen_core.kinds.crystals.kind, "generate", generate)
    monkeypatch.setattr(matgen_core.kinds.crystals.kind, "predict", predict)
    return firsts


def test_it_ends_when_enough_pass(drawn: list[int]) -> None:
    run = design_until("crystals", TARGET, Budget(want=3, draws=320), rules=KNOWN)
    assert (run.ended, drawn, run.drawn) == ("found", [0, 1, 2, 4, 8, 16], 32)
    assert len(run.listed) >= 3
    assert len(run.candidates) == 32, "those that did not pass are kept with their reasons"


def test_it_ends_with_the_draws(drawn: list[int]) -> None:
    run = design_until("crystals", TARGET, Budget(want=500, draws=3 * BATCH - 4), rules=KNOWN)
    assert (run.ended, drawn, run.drawn) == ("draws", [0, 1, 2, 4, 8, 16, BATCH, 2 * BATCH], 3 * BATCH - 4)
    counts = dict(run.funnel.counts)
    assert counts["generated"] == 3 * BATCH - 4
    assert counts["listed"] == len(run.listed) == 4, "the others are the same four salts again"


def test_the_time_ends_it_and_a_cancel_keeps_what_was_found(drawn: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    run = design_until("crystals", TARGET, Budget(want=500), rules=KNOWN, cancelled=lambda: len(drawn) == 2)
    assert (run.ended, drawn, len(run.candidates)) == ("cancelled", [0, 1], 2)
    assert [candidate.stage for candidate in run.candidates] == ["", PLACED], "the second batch as far as it came"
    ticks = iter([0.0, *[99.0] * 20])  # the time is over before the first batch is, which is finished all the same
    monkeypatch.setattr(matgen_core.workflows.loop.time, "monotonic", lambda: next(ticks))
    run = design_until("crystals", TARGET, Budget(want=500, seconds=10), rules=KNOWN)
    assert (run.ended, len(run.candidates)) == ("time", CRYSTALS.first)
    assert CRYSTALS.first == 1, "from the first structure on the time is heeded"


def test_a_run_that_goes_on_draws_the_next_and_not_the_same(drawn: list[int]) -> None:
    whole = design_until("crystals", TARGET, Budget(want=500, draws=2 * BATCH), rules=KNOWN, seed=5)
    first = design_until("crystals", TARGET, Budget(want=500, draws=BATCH // 2), rules=KNOWN, seed=5)
    second = design_until("crystals", TARGET, Budget(want=500, draws=3 * BATCH // 2), before=first)
    assert drawn[-2:] == [BATCH // 2, BATCH]
    assert [c.id for c in second.candidates] == [c.id for c in whole.candidates]
    assert [c.verdicts for c in second.candidates] == [c.verdicts for c in whole.candidates]
    assert second.rules == KNOWN


def test_the_page_is_told_of_everything_and_of_how_many_passed(drawn: list[int]) -> None:
    told: list[Progress] = []
    design_until("crystals", TARGET, Budget(want=4, draws=3 * BATCH), rules=KNOWN, on_progress=told.append)
    assert list(dict.fromkeys(p.stage for p in told)) == ["generate", "relax", "predict", "assess", "done"]
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
    with pytest.raises(BadTarget, match="Pb is required, but excluded"):
        allowed(Target({}, constraints), Rules())


@pytest.mark.parametrize(
    ("budget", "said"),
    [(Budget(want=0), "want 0"), (Budget(seconds=float("nan")), "seconds"), (Budget(draws=10**9), "draws")],
)
def test_budgets_that_cannot_be_are_named(budget: Budget, said: str) -> None:
    for kind in NAMES:
        with pytest.raises(BadInput, match=said):
            design_until(kind, Target(), budget)


# -------------------------------------------------------------------------------------------------------- molecules


def test_molecules_pass_what_was_asked_and_go_on() -> None:
    target, rules = Target({"logp": Goal.between(1.0, 3.0)}), Rules(filters=("PAINS",), max_sa=4.0)
    run = design_until("molecules", target, Budget(want=8, draws=400), rules=rules, seed=3)
    assert run.ended == "found"
    assert len(run.listed) >= 8
    for candidate in run.listed:
        assert 1.0 <= (candidate.value("logp") or 0.0) <= 3.0
        assert (candidate.value("sa_score") or 9.0) <= 4.0
        assert candidate.verdict("novelty").passed is True  # type: ignore[union-attr]
    assert len(run.candidates) > len(run.listed), "those that did not pass are kept with their reasons"
    again = design_until("molecules", target, Budget(want=8, draws=400), rules=rules, seed=3)
    assert [c.material for c in again.listed] == [c.material for c in run.listed], "the seed repeats it"
    more = design_until("molecules", target, Budget(want=len(run.listed) + 8, draws=400), before=run)
    names = [c.material.smiles for c in more.listed]
    assert len(names) == len(set(names)) > len(run.listed)
    assert {c.material.smiles for c in run.listed} <= set(names)


def test_molecules_end_with_the_draws() -> None:
    run = design_until("molecules", Target({"logp": Goal.at_least(30.0)}), Budget(want=2, draws=8))
    assert (run.ended, len(run.listed)) == ("draws", 0)
    assert len(run.candidates) == 8


def test_what_the_rules_reject_whatever_its_geometry_is_not_placed(monkeypatch: pytest.MonkeyPatch) -> None:
    salt, odd = (Skeleton(225, ((("a", one), ("b", other)))) for one, other in (("Na", "Cl"), ("Mg", "F")))
    asked: list[tuple[bool, ...]] = []

    def generate(
        _brief: Brief[Any], count: int, first: int, *, is_rejected: IsRejected, **_: Any
    ) -> tuple[Candidate, ...]:
        asked.append((is_rejected(salt), is_rejected(odd)))
        return tuple(Candidate(f"0-{first}-{i}", salts()[0], Origin("test", "", 0, first + i)) for i in range(2))

    monkeypatch.setattr(matgen_core.kinds.crystals.kind, "generate", generate)
    monkeypatch.setattr(matgen_core.kinds.crystals.kind, "predict", lambda batch, **_: batch)
    design_until("crystals", Target(), Budget(want=5, draws=2 * CRYSTALS.first))
    assert asked == [(True, True)] * 2, "rock salt is known, and MgF has no charges"
    asked.clear()
    design_until("crystals", Target(), Budget(want=9, draws=32), rules=KNOWN)
    assert asked == [(False, True)] * 6, "what is known may come, whatever the batches before it had"


def test_molecules_go_on_where_they_stopped_also_from_what_was_kept() -> None:
    target, rules = Target({"logp": Goal.between(1.0, 3.0)}), Rules(filters=("PAINS",))
    whole = design_until("molecules", target, Budget(want=900, draws=64), rules=rules, seed=2)
    first = design_until("molecules", target, Budget(want=900, draws=32), rules=rules, seed=2)
    kept = resume(first.candidates, rules, 2)
    assert kept.drawn == first.drawn == 32
    for before in (first, kept):
        second = design_until("molecules", target, Budget(want=900, draws=32), before=before)
        assert [(c.id, c.material) for c in second.candidates] == [(c.id, c.material) for c in whole.candidates]
        assert [c.id for c in second.listed] == [c.id for c in whole.listed]


# --------------------------------------------------------------------------------------------------------- every kind


@pytest.mark.parametrize("kind", NAMES)
def test_every_kind_starts_with_the_usual_budget(kind: str) -> None:
    stop: list[Progress[Any]] = []
    run = design_until(
        kind,
        Target(),
        Budget(),
        cancelled=lambda: bool(stop),
        on_progress=lambda progress: stop.append(progress) if progress.stage == "assess" else None,
    )
    assert run.ended in ("cancelled", "found"), "after the first batch"
    assert run.candidates, "the first batch found something"
    assert len(run.candidates) <= 32, "and was small, so that there is soon something to see"
    assert len(stop) == 1


def after(count: int) -> Callable[[], bool]:
    """Says yes when it was asked so often."""
    asked = iter(range(count))
    return lambda: next(asked, None) is None


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("molecules", Target()),
        ("compositions", Target()),
        ("compositions", Target({}, Constraints(include=frozenset({"O"})))),
    ],
)
def test_a_cancel_within_a_batch_keeps_what_was_finished(kind: str, target: Target) -> None:
    whole = design_until(kind, target, Budget(want=900, draws=16))
    kept = set[int]()
    for count in range(3, 60, 4):
        run = design_until(kind, target, Budget(want=900, draws=16), cancelled=after(count))
        if run.ended == "draws":
            break
        assert run.ended == "cancelled"
        if not target.constraints.include:  # where elements are pressed for, one of several is kept by chance
            assert {c.material for c in run.candidates} <= {c.material for c in whole.candidates}
        assert all(c.verdicts for c in run.candidates), "judged like any other"
        kept.add(len(run.candidates))
    assert any(0 < count < 16 for count in kept)
