"""Every string that a reader sees passes through here, so that a catalogue can answer for it.

English is the language of the code; ``assets/locale/LANGUAGE.po`` holds the others. A session's language is what its
link says (``?lang=ja``), else what its browser speaks; work beside the page speaks English. So does ``matgen_core``:
its errors and verdicts are English sentences with values in them, which are recognised here by their templates.
"""

from __future__ import annotations

import gettext
import io
import re
import string
from functools import lru_cache

import streamlit as st
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from streamlit.runtime.scriptrunner import get_script_run_ctx

from matgen_core.core.installation import ASSETS

LANGUAGES = {"en": "English", "ja": "日本語"}
LOCALE = ASSETS / "locale"
#: The context in the catalogues of what ``matgen_core`` says.
MESSAGE = "message"
_CHOICE = "language"


def language() -> str:
    """The session's language, one of LANGUAGES."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    for wanted in (st.query_params.get("lang"), st.session_state.get(_CHOICE), st.context.locale):
        code = str(wanted or "")[:2].lower()
        if code in LANGUAGES:
            return code
    return "en"


def choose_language() -> None:
    """The switch of the frame; what was chosen stands in the link and holds on every page."""
    current = language()
    st.session_state[_CHOICE] = current
    if current != "en" or "lang" in st.query_params:
        st.query_params["lang"] = current
    codes, key = list(LANGUAGES), f"switch-{current}"

    def take() -> None:  # before the page is drawn, which is then drawn once
        st.session_state[_CHOICE] = st.query_params["lang"] = st.session_state[key] or current

    st.segmented_control(
        "Language / 言語",
        codes,
        default=current,
        format_func=LANGUAGES.__getitem__,
        key=key,
        on_change=take,
        label_visibility="collapsed",
        required=True,
    )


@lru_cache(maxsize=len(LANGUAGES))
def entries(code: str) -> Catalog:
    """What the catalogue of a language holds; nothing for English."""
    path = LOCALE / f"{code}.po"
    if code == "en" or not path.is_file():
        return Catalog(code)
    with path.open("rb") as file:
        return read_po(file, locale=code)


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(code: str) -> gettext.NullTranslations:
    """The catalogue of a language; English needs none."""
    if not len(entries(code)):
        return gettext.NullTranslations()
    buffer = io.BytesIO()
    write_mo(buffer, entries(code))
    buffer.seek(0)
    return gettext.GNUTranslations(buffer)


@lru_cache(maxsize=len(LANGUAGES))
def templates(code: str) -> list[tuple[re.Pattern[str], re.Pattern[str], str]]:
    """Sentences of ``matgen_core`` with values in them, and what they are in a language; the most telling first.

    Each comes as two patterns: one whose values hold no "; ", which joins sentences, and one of any values.
    """
    found = []
    for entry in entries(code):
        if entry.context == MESSAGE and isinstance(entry.id, str) and isinstance(entry.string, str) and entry.string:
            parts = list(string.Formatter().parse(entry.id))
            narrow, wide = (
                "".join(re.escape(text) + ("" if name is None else value) for text, name, _form, _turn in parts)
                for value in ("((?:(?!; ).)*?)", "(.*?)")
            )
            telling = sum(len(text) for text, *_rest in parts)
            found.append((telling, re.compile(narrow, re.DOTALL), re.compile(wide, re.DOTALL), entry.string))
    return [tuple(rest) for _telling, *rest in sorted(found, key=lambda entry: -entry[0])]  # type: ignore[misc]


@lru_cache(maxsize=4096)
def say(text: str, code: str) -> str:
    """A sentence of ``matgen_core`` in a language: recognised by its template, its values kept, its parts said too."""
    for pattern, _wide, translated in templates(code):
        if found := pattern.fullmatch(text):
            return translated.format(*(_say_value(part, code) for part in found.groups()))
    sentences = text.split("; ")
    said = [say(part, code) for part in sentences] if len(sentences) > 1 else sentences
    if len(said) > 1 and all(new != old for new, old in zip(said, sentences, strict=True) if old):
        return "。".join(said)
    for _narrow, pattern, translated in templates(code):
        if found := pattern.fullmatch(text):
            return translated.format(*(_say_value(part, code) for part in found.groups()))
    for mark, new_mark in (("; ", "。"), (": ", ": "), (", ", "、")):
        parts = text.split(mark)
        said = [say(part, code) for part in parts] if len(parts) > 1 else parts
        if said != parts:
            return new_mark.join(said)
    return text


def _say_value(text: str, code: str) -> str:
    """A value within a sentence: what is quoted is the user's or another program's, and stays as it is."""
    quoted = len(text) > 1 and text[0] == text[-1] == "'" and "', '" not in text and "' and '" not in text
    return text if quoted else say(text, code)


def _(text: str) -> str:
    """The text in the reader's language, be it a string of a page or a sentence that ``matgen_core`` put together."""
    code = language()
    if code == "en" or not text:
        return text
    found = catalogue(code).gettext(text)
    return say(text, code) if found == text else found


def ngettext(one: str, many: str, count: int) -> str:
    """The form that fits the count."""
    return catalogue(language()).ngettext(one, many, count)


def N_(text: str) -> str:
    """Marks a text for the catalogue where it stands; ``_`` turns it into the reader's language where it is shown."""
    return text


def translations(text: str) -> dict[str, str]:
    """The text in every language."""
    return {code: catalogue(code).gettext(text) if text else "" for code in LANGUAGES}
