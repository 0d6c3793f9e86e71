"""Numbers that no control should be able to set: asked for in code, by the command or by a client of the websocket."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.goals import Constraints, Goal, Target
from matgen_core.core.settings import CompositionSettings, CrystalSettings, MoleculeSettings
from matgen_core.kinds.compositions.conditions import check_compositions
from matgen_core.kinds.crystals.generate import check_settings
from matgen_core.kinds.crystals.writing.conditions import check_target
from matgen_core.kinds.molecules.conditions import check_molecules
from matgen_core.workflows.loop import Budget, check_brief

NUMBERS = st.one_of(
    st.sampled_from([math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, -0.0, 0, -1, 2**31, 2**63, 10**30]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(),
)


def numeric(settings: Any) -> list[str]:
    return [
        f.name
        for f in fields(settings)
        if isinstance(getattr(settings, f.name), int | float) and not isinstance(getattr(settings, f.name), bool)
    ]


def said(error: MatGenError) -> None:
    assert 0 < len(str(error)) < 500
    assert str(error).isprintable()


@given(st.data())
def test_sampling(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(numeric(CrystalSettings())))
    value = data.draw(NUMBERS)
    try:
        check_settings(replace(CrystalSettings(), **{name: value}))
    except MatGenError as error:
        said(error)
        return
    assert math.isfinite(value), name


@given(st.data())
def test_molecules(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*numeric(MoleculeSettings()), "max_sa", "count"]))
    value = data.draw(NUMBERS)
    count, settings = (
        (value, MoleculeSettings()) if name == "count" else (5, replace(MoleculeSettings(), **{name: value}))
    )
    try:
        check_molecules(Target(), count, settings)
    except MatGenError as error:
        said(error)
        return
    assert math.isfinite(value), name


@given(st.data())
def test_compositions(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*numeric(CompositionSettings()), "count"]))
    value = data.draw(NUMBERS)
    count, settings = (
        (value, CompositionSettings()) if name == "count" else (5, replace(CompositionSettings(), **{name: value}))
    )
    try:
        check_compositions(Target(), count, settings)
    except MatGenError as error:
        said(error)
        return
    assert math.isfinite(value), name


@given(st.sampled_from([f.name for f in fields(Budget)]), NUMBERS)
def test_budgets(name: str, value: float) -> None:
    try:
        check_brief(Target(), replace(Budget(), **{name: value}))
    except MatGenError as error:
        said(error)
        return
    assert math.isfinite(value)


@given(st.sampled_from(["min_atoms", "max_atoms"]), NUMBERS)
def test_constraints(name: str, value: int) -> None:
    try:
        check_target(Target({}, replace(Constraints(), **{name: value})))
    except MatGenError as error:
        said(error)
        return
    assert math.isfinite(value)


@given(NUMBERS, NUMBERS)
def test_goals(low: float, high: float) -> None:
    try:
        goal = Goal(low, high)
        check_target(Target({"band_gap": goal}))
    except MatGenError as error:
        said(error)
        return
    assert math.isfinite(low)
    assert math.isfinite(high)


@pytest.mark.parametrize("value", [math.nan, math.inf, -1])
def test_a_count_that_cannot_be_is_refused(value: float) -> None:
    from matgen_core.kinds.registry import NAMES
    from matgen_core.workflows.design import design

    for kind in NAMES:
        with pytest.raises(MatGenError):
            design(kind, Target(), value)  # type: ignore[arg-type]
