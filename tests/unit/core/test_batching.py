"""Out of memory halves a batch, down to one candidate, and then says so; nothing is lost or drawn twice."""

from __future__ import annotations

import pytest
import torch

from matgen_core.core.batching import TooLarge, split_on_oom
from matgen_core.core.goals import Target
from matgen_core.core.settings import CrystalSettings
from matgen_core.kinds.crystals import predict as prediction
from matgen_core.kinds.crystals.generate import load_engine
from matgen_core.workflows.design import design

SMALL = CrystalSettings(
    engine="symmetry-first", drafts=2, skeletons=1, geometries=2, refined=1, steps=2, relax=0, cap=1
)


@pytest.mark.parametrize("room", [1, 2, 3, 5, 8, 100])
@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
        torch.OutOfMemoryError("CUDA out of memory"),
    ],
    ids=["python", "cpu", "cuda"],
)
def test_every_number_comes_once_and_in_order(room: int, error: Exception) -> None:
    asked = []

    def act(first: int, count: int) -> list[int]:
        asked.append(count)
        if count > room:
            raise error
        return list(range(first, first + count))

    assert split_on_oom(act, 3, 8) == list(range(3, 11))
    assert max(asked) == 8
    assert min(asked) <= room


def test_one_that_does_not_fit_is_a_message() -> None:
    def act(first: int, count: int) -> list[int]:
        raise MemoryError

    with pytest.raises(TooLarge, match="ask for fewer"):
        split_on_oom(act, 0, 4)


def test_other_failures_pass() -> None:
    def act(first: int, count: int) -> list[int]:
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        split_on_oom(act, 0, 4)


def test_crystals_are_drawn_and_read_in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = load_engine("symmetry-first")
    draft, read, sizes = engine.draft, prediction._predict, []

    def short_of_memory(grammar, conditions, *rest):
        sizes.append(len(conditions))
        if len(conditions) > 2:
            raise RuntimeError("[enforce fail at alloc_cpu.cpp:1] DefaultCPUAllocator: can't allocate memory")
        return draft(grammar, conditions, *rest)

    def short_of_memory_too(candidates, *rest):
        if len(candidates) > 1:
            raise MemoryError
        return read(candidates, *rest)

    monkeypatch.setattr(engine, "draft", short_of_memory)
    monkeypatch.setattr(prediction, "_predict", short_of_memory_too)
    found = design("crystals", Target(), 8, seed=5, settings=SMALL)
    assert sizes == [4, 2, 2, 4, 2, 2]
    assert sorted(c.id for c in found) == [f"s5-{i:04d}" for i in range(8)]
    assert all(c.predictions for c in found)


def test_molecules_are_drawn_in_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    import matgen_core.kinds.molecules.kind as module

    write = module.write_strings

    def short_of_memory(network, conditions, *rest, **kept):
        if len(conditions) > 3:
            raise RuntimeError("out of memory")
        return write(network, conditions, *rest, **kept)

    monkeypatch.setattr(module, "write_strings", short_of_memory)
    found = design("molecules", Target(), 8, seed=5)
    assert len({c.id for c in found}) == len(found)
    assert sorted(c.origin.index for c in found) == list(range(len(found)))
