"""What a page says before its first run: what it does, and targets to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from matgen_core.core.goals import Goal
from pages.i18n.language import _
from pages.widgets.goal_controls import goal_values


@dataclass(frozen=True)
class Example:
    """Targets to begin with.

    Args:
        key: of its button.
        name: for the reader, in English.
        words: what it asks for, in English.
        goals: by property.
        settings: values of the other controls, by key.
    """

    key: str
    name: str
    words: str
    goals: Mapping[str, Goal]
    settings: Mapping[str, object] = field(default_factory=dict)


def show_examples(invitation: str, examples: Sequence[Example]) -> None:
    """An invitation, and a button for each example."""
    st.markdown(invitation)
    st.caption(_("Or start with an example:"))
    for column, example in zip(st.columns(len(examples)), examples, strict=True):
        with column, st.container(border=True, key=f"example-{example.key}"):
            st.markdown(f"**{_(example.name)}**")
            st.caption(_(example.words))
            st.button(_("Set"), key=f"set-{example.key}", on_click=_set, args=(example,), width="stretch")


def _set(example: Example) -> None:
    st.session_state.update({**goal_values(example.goals), **example.settings})
