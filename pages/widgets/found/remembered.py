"""Memory of what a page made of thousands of candidates: it is made anew only where something changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from pages.i18n.language import language

T = TypeVar("T")
_KEPT = "remembered"


@dataclass(frozen=True)
class _Made:
    candidates: tuple[Any, ...]
    asked: object
    result: Any


def remember(name: str, candidates: Sequence[Any], asked: object, make: Callable[[], T]) -> T:
    """What ``make`` returns, or returned last time in this session for the same.

    Of each name the last result alone is kept, so that memory does not grow. Nobody may change it.

    Args:
        name: of the result.
        candidates: that it is made of; the same objects in the same order are the same.
        asked: what else it depends on, compared by equality; the language is part of it anyway.
        make: makes it.
    """
    kept: dict[str, _Made] = st.session_state.setdefault(_KEPT, {})
    asked, last = (language(), asked), kept.get(name)
    if (
        last is None
        or last.asked != asked
        or len(last.candidates) != len(candidates)
        or any(a is not b for a, b in zip(last.candidates, candidates, strict=True))
    ):
        last = kept[name] = _Made(tuple(candidates), asked, make())
    result: T = last.result
    return result
