"""Introduction of a page before its first run: what it does, and examples that run on a click."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import streamlit as st

from matgen_core.core.goals import Goal
from matgen_core.core.properties import asked_of
from pages.i18n.language import _
from pages.runs.run_recorder import begin_again
from pages.widgets.asking.goal_controls import goal_values


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


def show_examples(kind: str, invitation: str, examples: Sequence[Example]) -> None:
    """An invitation, and a button for each example, which begins its run.

    Args:
        kind: whose page it is.
        invitation: in the reader's language.
        examples: of it.
    """
    st.markdown(invitation)
    st.caption(_("Or run an example:"))
    for column, example in zip(st.columns(len(examples)), examples, strict=True):
        with column, example_card(example):
            st.button(_("Run"), key=f"run-{example.key}", on_click=begin_example, args=(kind, example), width="stretch")


@contextmanager
def example_card(example: Example, border: bool = False) -> Iterator[None]:
    """Name and words of an example, then the block's button, which stands level with those of the cards beside it.

    Args:
        example: of the card.
        border: whether a line is drawn around it.
    """
    with st.container(border=border, height="stretch", vertical_alignment="distribute"):
        with st.container():
            st.markdown(f"**{_(example.name)}**")
            st.caption(_(example.words))
        yield


def link_of(example: Example) -> dict[str, str | list[str]]:
    """The settings of an example as the address of its page has them."""
    values = {**goal_values(example.goals), **example.settings}
    return {key: value if isinstance(value, list) else str(value) for key, value in values.items()}


def begin_example(kind: str, example: Example) -> None:
    """Sets the controls of the page of a kind to an example, and has it begin; a goal set before is taken away."""
    nothing = {f"{key}_ask": "any" for key in asked_of(kind)}
    st.session_state.update({**nothing, **goal_values(example.goals), **example.settings})
    begin_again(kind, link_of(example))
