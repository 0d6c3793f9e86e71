"""A registry keeps entries by name, in order; an unknown name is refused with the names that are there."""

from __future__ import annotations

import pytest

from matgen_core.core.errors import BadInput, BadTarget
from matgen_core.core.registry import Registry, load


@pytest.fixture
def engines() -> Registry[int]:
    made = Registry[int]("engine", BadTarget)
    made.add("second", 2)
    made.add("first", 1)
    return made


def test_names_stand_in_the_order_in_which_they_were_added(engines: Registry[int]) -> None:
    assert engines.names == ("second", "first") == tuple(engines)
    assert dict(engines.items()) == {"second": 2, "first": 1}
    assert len(engines) == 2
    assert "first" in engines


def test_an_unknown_name_is_refused_with_those_that_are_there(engines: Registry[int]) -> None:
    with pytest.raises(BadTarget, match="no engine 'third'; choose from: second, first"):
        engines["third"]
    with pytest.raises(BadInput):
        Registry[int]("recipe").check("any")


def test_a_name_is_taken_once(engines: Registry[int]) -> None:
    with pytest.raises(ValueError, match="two entries 'first'"):
        engines.add("first", 3)


def test_what_is_heavy_is_imported_when_asked_for() -> None:
    assert load("matgen_core.core.errors:BadTarget") is BadTarget
