"""Settings in the URL: which there are, and a word to the reader about those that a link got wrong.

The widgets read and write the URL themselves (``bind="query-params"``) and fall back on their defaults without a word;
this looks at the link first, so that nobody takes a default for what the link asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import streamlit as st

from pages.i18n.language import _, language, translations

URL: Final = "query-params"
_SEEN = "link-problems"
#: Settings that an older link asked for: by the key of today, the older key and what was written.
_ASKED = "link-older"
#: Keys of older links: what each is called now, and what is added to its number. The guidance of crystals was the
#: weight of the conditional network, 1 for the model as trained; now it is 0 for that, as it always was for molecules.
_OLDER = {"guidance": ("strength", -1.0), "heed": ("strength", 0.0)}


@dataclass(frozen=True)
class Whole:
    """A whole number from ``low`` to ``high``."""

    low: int
    high: int

    def problem(self, text: str) -> str | None:
        try:
            fits = self.low <= int(text) <= self.high
        except ValueError:
            fits = False
        return None if fits else _("write a whole number from {low} to {high}").format(low=self.low, high=self.high)


@dataclass(frozen=True)
class Real:
    """A number from ``low`` to ``high``."""

    low: float = -1e6
    high: float = 1e6

    def problem(self, text: str) -> str | None:
        try:
            fits = math.isfinite(float(text)) and self.low <= float(text) <= self.high
        except ValueError:
            fits = False
        return None if fits else _("write a number from {low:g} to {high:g}").format(low=self.low, high=self.high)


@dataclass(frozen=True)
class OneOf:
    """One of some words.

    Args:
        options: as they are in English.
        shown: what a control makes of a word, which stands in the link.
    """

    options: Sequence[str]
    shown: Callable[[str], str] = str

    def words(self) -> dict[str, str]:
        """What a link may hold for an option in any language, with the option."""
        written = {self.shown(word): o for o in self.options for word in translations(o).values()}
        return written | {option: option for option in self.options}

    def word(self, option: str, code: str) -> str:
        """What a control writes for an option into the link, in a language."""
        return self.shown(translations(option)[code])

    def problem(self, text: str) -> str | None:
        if text in self.words():
            return None
        shown = ", ".join(self.options) if len(self.options) < 12 else ", ".join(self.options[:4]) + ", …"
        return _("choose from: {options}").format(options=shown)


@dataclass(frozen=True)
class Text:
    """Any text of at most so many characters; what it means is checked where it is used."""

    longest: int

    def problem(self, text: str) -> str | None:
        return None if len(text) <= self.longest else _("write at most {n} characters").format(n=self.longest)


Rule = Whole | Real | OneOf | Text


def check_link(rules: Mapping[str, Rule], report: Callable[[str], object] = st.warning, page: str = "crystals") -> None:
    """Names what the link of this session asked for that cannot be, once read and until it is dismissed.

    Args:
        rules: what each setting may be.
        report: shows one message.
        page: whose settings these are; each page has its own link.
    """
    _follow_older(rules)
    localise_link(rules)
    seen = f"{_SEEN}-{page}"
    if seen not in st.session_state:
        st.session_state[seen] = [
            _refusal(key, text, hint)
            for key, rule in rules.items()
            for text in st.query_params.get_all(key)
            if (hint := rule.problem(text)) is not None
        ]
    _drop_numbers(rules)
    for message in st.session_state[seen]:
        report(message)


def _refusal(key: str, text: str, hint: str) -> str:
    """What the link asks for in vain and what to write instead; of an older link by the key that it has."""
    older, written = st.session_state.get(_ASKED, {}).get(key, (key, text))
    if older != key:
        hint = _("write `{key}` in its place, {hint}").format(key=key, hint=hint)
    return _("The link sets {key} = {text}, which is not possible; the default is used. To correct it: {hint}.").format(
        key=f"`{older}`", text=_quoted(written), hint=hint
    )


def _follow_older(rules: Mapping[str, Rule]) -> None:
    """Turns keys of older links and runs into those of today, so that their numbers keep their meaning."""
    older = [key for key, (now, _plus) in _OLDER.items() if key in st.query_params and now in rules]
    for key in older:
        now, plus = _OLDER[key]
        text = written = st.query_params.pop(key)
        with suppress(ValueError):
            text = f"{round(float(text) + plus, 6):g}"
        if now not in st.query_params:
            st.query_params[now] = text
            st.session_state.setdefault(_ASKED, {})[now] = (key, written)
    if older:
        st.rerun()


def _drop_numbers(rules: Mapping[str, Rule]) -> None:
    """Takes numbers that cannot be out of the link and begins anew: widgets fail on infinity before they can refuse."""
    wrong = [
        key
        for key, rule in rules.items()
        if isinstance(rule, Whole | Real) and any(rule.problem(text) for text in st.query_params.get_all(key))
    ]
    if wrong:
        for key in wrong:
            del st.query_params[key]
        st.rerun()


def localise_link(rules: Mapping[str, Rule]) -> None:
    """Turns words of a link into the reader's language: widgets write and read their labels there, not their values.

    Widgets read the link as it was when the script began, so the script begins anew where a word was turned.
    """
    code, turned = language(), False
    for key, rule in rules.items():
        # What a widget has read already is the widget's, and so is its part of the link.
        if not isinstance(rule, OneOf) or key not in st.query_params or key in st.session_state:
            continue
        written, words = st.query_params.get_all(key), rule.words()
        meant = [rule.word(words[text], code) if text in words else text for text in written]
        if meant != written:
            st.query_params[key], turned = meant, True
    if turned:
        st.rerun()


def without_language(settings: Mapping[str, Sequence[str]], rules: Mapping[str, Rule]) -> dict[str, list[str]]:
    """Settings of an address with the words of the code instead of a reader's language, as they are kept and shared.

    >>> without_language({"what": ["分子"], "seed": ["3"]}, {"what": OneOf(("crystals", "molecules"))})
    {'what': ['molecules'], 'seed': ['3']}
    """
    words = {key: rule.words() for key, rule in rules.items() if key in settings and isinstance(rule, OneOf)}
    return {key: [words.get(key, {}).get(text, text) for text in texts] for key, texts in settings.items()}


def _quoted(text: str) -> str:
    """As code, so that no markup in it is read; nothing in it can end the code."""
    shown = "".join(c if c.isprintable() and c != "`" else "·" for c in text)
    return f"`{shown[:40] + '…' if len(shown) > 40 else shown or ' '}`"
