"""Every network that can be trained has one record, whose module and function are there, and whose name is shipped."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from matgen_core.core.errors import BadInput
from matgen_core.core.registry import load
from matgen_core.learning.checkpoints import available
from matgen_core.learning.recipes.registry import RECIPES, train
from matgen_core.learning.trainer import TrainingConfig


@pytest.mark.parametrize("name", RECIPES)
def test_a_record_names_what_is_there_and_takes_what_it_is_given(name: str) -> None:
    record = RECIPES[name]
    assert bool(record.run) != bool(record.build), "one of two ways"
    taken = list(inspect.signature(load(record.run or record.build)).parameters)
    if record.run:
        assert taken == ["job"]
    else:
        assert taken[1 + len(record.needs) :][:2] == ["folder", "training"]
        assert callable(load(record.rows))
        assert set(record.needs) <= set(RECIPES)


def test_every_shipped_network_can_be_trained_again() -> None:
    assert set(available()) <= set(RECIPES)


def test_only_some_begin_from_other_weights(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="only smiles-gpt can"):
        train("matgpt", tmp_path, tmp_path, TrainingConfig(), start=tmp_path)
    with pytest.raises(BadInput, match="no recipe 'crystal-gtp'; choose from: crystal-gpt"):
        train("crystal-gtp", tmp_path, tmp_path, TrainingConfig())
