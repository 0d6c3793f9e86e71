"""Controls of what a candidate must pass beyond its targets. Their values live in the URL."""

from __future__ import annotations

from typing import Any

from matgen_core.core.settings import Rules
from matgen_core.kinds.registry import KINDS
from matgen_core.kinds.solid_state import available
from pages.widgets.asking.setting_controls import ask_setting, rule_of
from pages.widgets.asking.url_settings import Rule

#: Rules and their keys in the link of the loop, in the order of their controls.
_KEYS = {
    "known": "known",
    "max_sa": "loop_sa",
    "filters": "loop_filters",
    "max_e_above_hull": "max_hull",
    "toxic": "toxic",
    "radioactive": "radioactive",
    "solid_state": "solid_state",
    "shallow": "shallow",
}
#: What each of the rules of the loop may be in the URL.
RULES: dict[str, Rule] = {key: rule_of(Rules, name) for name, key in _KEYS.items()}


def ask_rule(name: str, key: str, **more: Any) -> Any:
    """The control of one rule; the one whose optional package is missing cannot be set."""
    if name == "solid_state" and not available():
        more["disabled"] = True
    return ask_setting(Rules, name, key, **more)


def ask_rules(kind: str) -> Rules:
    """Rules of the loop for a kind."""
    return Rules(**{name: ask_rule(name, key) for name, key in _keys_of(kind).items()})


def rule_controls(kind: str, rules: Rules) -> dict[str, object]:
    """The values of the controls of :func:`ask_rules` that ask for these rules, by key."""
    values = {key: getattr(rules, name) for name, key in _keys_of(kind).items()}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in values.items()}


def _keys_of(kind: str) -> dict[str, str]:
    return {name: key for name, key in _KEYS.items() if name in KINDS[kind].rules}
