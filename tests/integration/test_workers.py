"""A run is the same whoever does its batches: this process, or one, two and four workers, in whatever order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.processes import WorkerPool, process_pool
from matgen_core.core.records import Candidate, Formula, Molecule, Origin, Progress
from matgen_core.core.settings import Budget, CompositionSettings, CrystalSettings, MoleculeSettings, Rules
from matgen_core.kinds.registry import NAMES, load_kind
from matgen_core.kinds.surplus import SURPLUS
from matgen_core.workflows.design import design, design_more, design_until
from matgen_core.workflows.loop import DesignRun
from matgen_core.workflows.screening.candidate_files import Item, Refused
from matgen_core.workflows.screening.folder import screen_to_folder
from matgen_core.workflows.screening.pareto import Objective

#: Small runs in which candidates repeat across batches.
TARGETS = {
    "crystals": Target({}, Constraints(formula="NaCl", crystal_system="cubic", max_atoms=2)),
    "compositions": Target({}, Constraints(chemical_system=frozenset({"Na", "Cl"}), max_atoms=4)),
    "molecules": Target({"weight": Goal.at_most(110.0)}),
}
COUNTS = {"crystals": 3, "compositions": 6, "molecules": 20}
DRAWS = {"crystals": 5, "compositions": 40, "molecules": 40}
SETTINGS: dict[str, Any] = {
    "crystals": CrystalSettings(drafts=4, skeletons=1, geometries=1, steps=2, relax=2, cap=3, judge=False),
    "compositions": CompositionSettings(neutral=False, cap=6),
    "molecules": MoleculeSettings(temperature=0.4, cap=6, domain="small"),
}
RULES = Rules(known=True, judge=False, max_e_above_hull=1.0)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As a worker has; with more, sums are rounded otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with process_pool(2) as made:
        assert made is not None
        yield made


class Shuffled(Executor):
    """Does tasks here, the one that is asked for last first or as chance has it, and tells of several workers."""

    def __init__(self, workers: int) -> None:
        self.workers, self._chance = workers, random.Random(workers)
        self._waiting: list[tuple[Future[Any], Any]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._waiting.append((future, lambda: fn(*args, **kwargs)))
        if len(self._waiting) >= self.workers:
            self._chance.shuffle(self._waiting)
            for waiting, work in self._waiting:
                waiting.set_result(work())
            self._waiting.clear()
        return future


@lru_cache
def alone(kind: str) -> tuple[tuple[Candidate[Any], ...], DesignRun[Any]]:
    return run(kind, None)


def run(kind: str, executor: Executor | None) -> tuple[tuple[Candidate[Any], ...], DesignRun[Any]]:
    asked = TARGETS[kind], COUNTS[kind]
    found = design(kind, *asked, seed=3, settings=SETTINGS[kind], executor=executor)
    budget = Budget(want=900, draws=DRAWS[kind], seconds=3600)
    until = design_until(kind, TARGETS[kind], budget, rules=RULES, seed=4, settings=SETTINGS[kind], executor=executor)
    return found, until


def same(one: DesignRun[Any], other: DesignRun[Any]) -> bool:
    return (one.candidates, one.drawn, one.ended) == (other.candidates, other.drawn, other.ended)


@pytest.mark.parametrize("kind", NAMES)
def test_two_processes_find_what_this_one_finds(kind: str, pool: WorkerPool) -> None:
    found, until = run(kind, pool)
    assert found == alone(kind)[0]
    assert same(until, alone(kind)[1])
    begun = {load_kind(kind).batches.begin_of(c.origin.index) for c in until.candidates}
    assert len(begun) > 1, "several batches"
    if kind != "molecules":
        assert any(c.failed("duplicate") for c in until.candidates), "some repeat what an earlier batch has"


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("kind", ["compositions", "molecules"])
def test_any_number_of_workers_finds_the_same(kind: str, workers: int) -> None:
    with ThreadPoolExecutor(workers) as executor:
        found, until = run(kind, executor)
    assert found == alone(kind)[0]
    assert same(until, alone(kind)[1])


@pytest.mark.parametrize("name", NAMES)
def test_a_run_for_a_count_keeps_exactly_so_many(name: str, pool: WorkerPool) -> None:
    kind, settings = load_kind(name), replace(SETTINGS[name], cap=20)
    count, target = {"crystals": (3, Target()), "compositions": (10, Target()), "molecules": (21, TARGETS[name])}[name]
    found = design(name, target, count, seed=1, settings=settings)
    assert sum(kind.rejection(c, settings) is None for c in found) == count
    assert design(name, target, count, seed=1, settings=settings, executor=pool) == found


def test_a_killed_worker_costs_no_candidate(pool: WorkerPool) -> None:
    victims = iter(pool.numbers())
    assert victims

    def kill(_progress: Progress[Any]) -> None:
        if (number := next(victims, None)) is not None:
            psutil.Process(number).kill()

    asked = TARGETS["molecules"], COUNTS["molecules"]
    found = design("molecules", *asked, seed=3, settings=SETTINGS["molecules"], executor=pool, on_progress=kill)
    assert found == alone("molecules")[0]


def test_a_screening_by_workers_writes_the_same_files(pool: WorkerPool, tmp_path: Path) -> None:
    atoms = "Na K Rb Cs Li".split()
    formulas = [f"{atom}{n}O{m}" for atom in atoms for n in (1, 2, 3) for m in (1, 2, 3)]
    items: list[Item] = [Candidate(f"f{i}", Formula(name), Origin("file")) for i, name in enumerate(formulas * 2)]
    items[40] = Refused("x.csv, row 41", "empty")
    items[50] = Candidate("m", Molecule("CCO"), Origin("file"))
    goals = [Objective("band_gap", "max")]
    screen_to_folder(items, goals, tmp_path / "one")
    screen_to_folder(items, goals, tmp_path / "two", executor=pool)
    for name in ("candidates.csv", "candidates.jsonl", "refused.csv", "front.csv"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    assert "duplicate" in (tmp_path / "two" / "candidates.csv").read_text(encoding="utf-8")


def test_the_pages_use_workers_where_the_environment_asks_for_some(monkeypatch: pytest.MonkeyPatch) -> None:
    from matgen_core.workflows.many_workers import spare_workers
    from matgen_core.workflows.page_work.generation import generate
    from matgen_core.workflows.page_work.screening import OfFiles, screen

    asked: dict[str, Any] = {"kind": "molecules", "target": TARGETS["molecules"], "count": COUNTS["molecules"]}
    asked |= {"seed": 3, "settings": SETTINGS["molecules"]}
    told: list[Progress[Any]] = []
    monkeypatch.setenv("MATGEN_WORKERS", "1")
    assert spare_workers.spare_workers() is None, "the usual page computes in its one worker, and shows each stage"
    monkeypatch.setenv("MATGEN_WORKERS", "2")
    made = spare_workers.spare_workers()
    assert isinstance(made, WorkerPool)
    try:
        assert spare_workers.spare_workers() is made, "they stay for the next run"
        generate(told.append, lambda: False, **asked)
        assert told[-1].candidates == alone("molecules")[0]
        assert made.numbers()
        table = b"smiles\n" + b"".join(b"%s\n" % (b"C" * (n % 40 + 1)) for n in range(70))
        screened: dict[str, Any] = {"source": OfFiles((("a.csv", table),)), "rules": RULES}
        screen(lambda progress, _news: told.append(progress), lambda: False, **screened, most=60)
        by_pool, done = told[-1].candidates, len(told)
        monkeypatch.setenv("MATGEN_WORKERS", "1")
        news = screen(lambda progress, _news: told.append(progress), lambda: False, **screened, most=60)
        assert told[-1].candidates == by_pool
        assert len(by_pool) == 60
        assert len(told) == done + 2
        assert news.cut, "the page says that there are more"
    finally:
        made.shutdown(cancel_futures=True)
        spare_workers._pool.cache_clear()


def test_more_for_the_same_target_goes_on_whoever_does_it() -> None:
    asked: dict[str, Any] = {"seed": 3, "settings": CompositionSettings(neutral=False)}
    found = design("compositions", Target(), 5, **asked)
    more = design_more("compositions", Target(), 4, found, **asked)
    with ThreadPoolExecutor(2) as executor:
        assert design_more("compositions", Target(), 4, found, **asked, executor=executor) == more
    kind, before = load_kind("compositions"), {c.id for c in found}
    assert before < {c.id for c in more}, "the former run's surplus is not enough"
    kept = [c for c in more if c.id not in before and kind.rejection(c, asked["settings"]) is None]
    assert len(kept) == 4, "so many beside those before, none of which repeats one of them"
    assert len({c.material for c in more if kind.rejection(c, asked["settings"]) is None}) == 9


def test_more_takes_what_was_surplus_before_it_generates_anything() -> None:
    kind, settings = load_kind("compositions"), CompositionSettings()
    found = design("compositions", Target(), 12, seed=3, settings=settings)
    surplus = [c.id for c in found if c.failed(SURPLUS)]
    assert surplus, "the last batch brought more than was wanted"
    more = design_more("compositions", Target(), 1, found, seed=3, settings=settings)
    assert {c.id for c in more} == {c.id for c in found}, "nothing was generated"
    assert sum(kind.rejection(c, settings) is None for c in more) == 13
    assert sum(c.failed(SURPLUS) for c in more) == len(surplus) - 1
