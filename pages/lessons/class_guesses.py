"""Guesses of a class: who wants to shares guesses without a name, and everyone sees how often each was chosen.

Guesses stay in the memory of this server: nothing is written, nothing is sent elsewhere, and they are gone when it
ends or after three hours, so that the next class begins anew. A session has a random number of its own, so that a
changed guess replaces the former one.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from pages.i18n.language import _, language

SHARED, _NUMBER = "class-shared", "class-number"
#: A question is shown from so many guesses on, so that no single one is known.
LEAST = 3
_MOST_QUESTIONS, _MOST_GUESSES = 200, 500
_LASTS = 3 * 3600.0  # s
Words = Mapping[str, tuple[str, tuple[str, ...]]]


@dataclass
class Question:
    """One question of the lessons and the guesses of the class.

    Args:
        words: by language, the question and its options.
        guesses: by the number of a session, the place of its option and when it was chosen (s).
    """

    words: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    guesses: dict[str, tuple[int, float]] = field(default_factory=dict)


@dataclass
class ClassGuesses:
    """The guesses of everyone on this server who shares them."""

    questions: dict[str, Question] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, name: str, who: str, place: int, words: Words, now: float | None = None) -> None:
        """Takes one guess; a later one of the same session replaces it. ``now`` in s, the clock's if None."""
        with self.lock:
            if name not in self.questions and len(self.questions) >= _MOST_QUESTIONS:
                return
            question = self.questions.setdefault(name, Question())
            if who in question.guesses or len(question.guesses) < _MOST_GUESSES:
                question.guesses[who] = (place, time.monotonic() if now is None else now)
                question.words.update(words)

    def counts(self, lang: str, now: float | None = None) -> list[tuple[str, list[tuple[str, int]]]]:
        """Each question that was guessed often enough of late, with how often each of its options was chosen."""
        since = (time.monotonic() if now is None else now) - _LASTS
        shown = []
        with self.lock:
            for question in self.questions.values():
                often = Counter(place for place, when in question.guesses.values() if when >= since)
                if often.total() < LEAST:
                    continue
                asked, options = question.words.get(lang) or next(iter(question.words.values()))
                shown.append((asked, [(option, often[place]) for place, option in enumerate(options)]))
        return shown


@st.cache_resource(show_spinner=False)
def class_guesses() -> ClassGuesses:
    """The guesses on this server."""
    return ClassGuesses()


def share_guess(name: str, place: int, words: Words) -> None:
    """Adds a guess to those of the class, where this session's student shares them."""
    if st.session_state.get(SHARED):
        who = st.session_state.setdefault(_NUMBER, uuid.uuid4().hex)
        class_guesses().put(name, who, place, words)


def show_class() -> None:
    """The switch to share, and how often each option was chosen."""
    st.markdown(
        _(
            "Guess before you press, then see how the class guessed. Guesses stay in the memory of this server, "
            "without names, for three hours; a question is shown from {n} guesses on."
        ).format(n=LEAST)
    )
    st.session_state[SHARED] = st.toggle(
        _("Share my guesses with this class, without a name"), bool(st.session_state.get(SHARED)), key="class-share"
    )
    st.button(_("Look again"), key="class-again")
    found = class_guesses().counts(language())
    if not found:
        st.info(_("No question has {n} guesses yet.").format(n=LEAST))
    for place, (asked, options) in enumerate(found):
        st.markdown(f"**{asked}**")
        every = sum(count for _option, count in options)
        st.dataframe(
            {
                _("Guess"): [option for option, _count in options],
                _("Chosen"): [count / every for _option, count in options],
                _("Guesses"): [count for _option, count in options],
            },
            hide_index=True,
            key=f"class-{place}",
            column_config={
                _("Chosen"): st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)
            },
            alt=_("How the class guessed"),
        )
