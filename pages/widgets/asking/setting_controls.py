"""Controls and link rules of declared settings: label, help, bounds and default come from the settings themselves."""

from __future__ import annotations

from typing import Any

import streamlit as st

from matgen_core.core.settings import declared
from matgen_core.core.typed_text import plain_text
from pages.i18n.language import _
from pages.widgets.asking.url_settings import URL, OneOf, Real, Rule, Text, Whole

#: More values than this are asked for in a box, where a slider would be too fine to set.
_MOST_STEPS = 100
#: Seeds that can be asked for.
LAST_SEED = 2**31 - 1
#: Characters of a text.
LONGEST = 200


def rule_of(settings: type, name: str) -> Rule:
    """What a setting may be in a link."""
    field, setting = declared(settings)[name]
    if setting.low is not None and setting.high is not None:
        return (
            Whole(int(setting.low), int(setting.high)) if _is_whole(field.default) else Real(setting.low, setting.high)
        )
    if isinstance(field.default, bool):
        return OneOf(("true", "false"))
    return OneOf(setting.choices) if setting.choices else Text(LONGEST)


def ask_setting(settings: type, name: str, key: str, where: Any = st, **more: Any) -> Any:
    """The control of a setting: a toggle, a choice of one or of several, a field of text, a slider or a number box.

    Args:
        settings: class of the settings.
        name: of the field.
        key: of the control, which is its name in the link.
        where: container, such as a column.
        more: of the control, such as ``placeholder``; ``value`` in place of the usual one.
    """
    field, setting = declared(settings)[name]
    usual, text = more.pop("value", field.default), _(setting.help) if setting.help else None
    said = {"key": key, "bind": URL, "help": text, **more}
    if isinstance(usual, bool):
        return bool(where.toggle(_(setting.label), usual, **said))
    if isinstance(usual, tuple):
        chosen = where.pills(
            _(setting.label), setting.choices, selection_mode="multi", default=list(usual), format_func=_, **said
        )
        return tuple(chosen or ())
    if setting.choices:
        index = setting.choices.index(usual)
        return where.selectbox(_(setting.label), setting.choices, index=index, format_func=_, **said)
    if setting.low is None or setting.high is None:
        return plain_text(where.text_input(_(setting.label), usual, max_chars=LONGEST, **said) or "").strip()
    kind = int if _is_whole(usual) else float
    low, high, step = kind(setting.low), kind(setting.high), kind(setting.step)
    if kind is float and setting.step >= 1:  # 60, not 60.00
        said.setdefault("format", "%.0f")
    boxed = (setting.high - setting.low) / setting.step > _MOST_STEPS
    value = (where.number_input if boxed else where.slider)(_(setting.label), low, high, usual, step, **said)
    return kind(usual if value is None else value)


def ask_count(label: str, key: str, usual: int, most: int, about: str, where: Any = st) -> int:
    """How many are to be generated.

    Args:
        label: what is counted, in the reader's language.
        key: of the control, which is its name in the link.
        usual: the number at first.
        most: the largest.
        about: which are counted, in the reader's language.
        where: container, such as a column.
    """
    return int(where.number_input(label, 1, most, usual, key=key, bind=URL, help=about) or 1)


def ask_seed(key: str, about: str, where: Any = st) -> int:
    """The seed of a run.

    Args:
        key: of the control, which is its name in the link.
        about: what follows from a seed, in the reader's language.
        where: container, such as a column.
    """
    return int(where.number_input(_("Seed"), 0, LAST_SEED, 0, key=key, bind=URL, help=about) or 0)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
