"""What a page says before its first run: what it does, and targets to begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from pages.i18n.language import _


@dataclass(frozen=True)
class Example:
    """Targets to begin with.

    Args:
        key: of its button.
        name: for the reader, in English.
        words: what it asks for, in English.
        settings: values of the controls, by key.
    """

    key: str
    name: str
    words: str
    settings: Mapping[str, object]


def show_examples(invitation: str, examples: Sequence[Example]) -> None:
    """An invitation, and a button for each example."""
    st.markdown(invitation)
    st.caption(_("Or begin with one of these:"))
    for column, example in zip(st.columns(len(examples)), examples, strict=True):
        with column, st.container(border=True, key=f"example-{example.key}"):
            st.markdown(f"**{_(example.name)}**")
            st.caption(_(example.words))
            st.button(_("Set"), key=f"set-{example.key}", on_click=_set, args=(example.settings,), width="stretch")


def _set(settings: Mapping[str, object]) -> None:
    st.session_state.update(settings)
