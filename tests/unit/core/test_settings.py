"""A setting is declared once: its default lies in its bounds, and checks, options and controls say the same."""

from __future__ import annotations

import math
import pickle
import re
from dataclasses import fields, replace
from typing import Any

import pytest

from matgen_core.cli.options import with_settings
from matgen_core.core.errors import BadInput
from matgen_core.core.settings import (
    Budget,
    CompositionSettings,
    CrystalSettings,
    FinetuneConfig,
    MoleculeSettings,
    Rules,
    check_settings,
    declared,
)
from pages.widgets.asking.setting_controls import rule_of

ALL = (CrystalSettings, MoleculeSettings, CompositionSettings, Budget, Rules, FinetuneConfig)
NUMBERS = [(of, name, s) for of in ALL for name, (_f, s) in declared(of).items() if s.low is not None]


@pytest.mark.parametrize("of", ALL)
def test_every_field_is_declared_and_the_usual_settings_may_be(of: type) -> None:
    assert set(declared(of)) == {f.name for f in fields(of)}
    assert all(setting.label for _field, setting in declared(of).values())
    check_settings(of())
    assert pickle.loads(pickle.dumps(of())) == of()


@pytest.mark.parametrize(("of", "name", "setting"), NUMBERS, ids=lambda x: x if isinstance(x, str) else "")
def test_check_and_link_have_the_same_bounds(of: Any, name: str, setting: Any) -> None:
    low, high, rule = setting.low, setting.high, rule_of(of, name)
    whole = isinstance(declared(of)[name][0].default, int)
    for end in (low, high):
        value = int(end) if whole else float(end)
        check_settings(replace(of(), **{name: value}))
        assert rule.problem(str(value)) is None
    for beyond in (low - 1, high + 1, math.nan):
        with pytest.raises(BadInput, match=re.escape(name.replace("_", "-"))):
            check_settings(replace(of(), **{name: beyond}))
        assert rule.problem(str(beyond)) is not None


def test_a_command_gets_an_option_for_each_setting_and_builds_them() -> None:
    found: list[MoleculeSettings] = []

    def command(settings: MoleculeSettings, seed: int = 0) -> None:
        found.append(settings)

    made = with_settings(MoleculeSettings)(command)
    usual = {name: field.default for name, (field, _setting) in declared(MoleculeSettings).items()}
    made(**usual | {"filters": "pains, BRENK", "top_k": 7}, seed=3)
    assert found == [MoleculeSettings(filters=("PAINS", "BRENK"), top_k=7)]


def test_a_choice_that_is_none_names_those_that_are() -> None:
    with pytest.raises(BadInput, match="drawn, valid, unique, novel, passing"):
        check_settings(MoleculeSettings(until="ever"))
