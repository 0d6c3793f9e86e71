"""Every string that a reader sees passes through here, so that a catalogue can answer for it.

English is the language of the code; ``assets/locale/LANGUAGE.po`` holds the others. A session's language is what its
link says (``?lang=ja``), else what its browser speaks; work beside the page speaks English. So does ``matgen_core``:
its errors and verdicts are messages, each a template with values (:mod:`matgen_core.core.messages`), and here the
template is translated and the values are filled in.
"""

from __future__ import annotations

import gettext
import io
import json
import re
from functools import lru_cache
from typing import Any

import streamlit as st
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from streamlit.runtime.scriptrunner import get_script_run_ctx

from matgen_core.core.installation import ASSETS
from matgen_core.core.messages import Message, Verbatim
from pages.runs.drawn_alone import draw_whole_page

LANGUAGES = {"en": "English", "ja": "日本語"}
LOCALE = ASSETS / "locale"
#: The sentence of today by the former one: a run keeps its verdicts and notes as templates, and where the words of one
#: change its placeholders stay, so that an older run is still read in every language.
FORMER: dict[str, str] = json.loads((LOCALE / "former.json").read_text(encoding="utf-8"))
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
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
        keep_choices()
        draw_whole_page()

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


def keep_choices() -> None:
    """Sets what was chosen anew: a browser names a choice by its words, which change with the language."""
    for key, value in st.session_state.items():
        words = isinstance(value, str) or (isinstance(value, list) and all(isinstance(part, str) for part in value))
        if words and value and isinstance(key, str) and not key.startswith("switch-"):
            st.session_state[key] = value


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


#: What joins sentences and words, where a language has a mark of its own.
_MARKS = {"ja": {"; ": "。", ", ": "、"}}


def translate(text: str, code: str) -> str:
    """A text, or a message by its template and its values, in a language; a former sentence in today's words.

    A user's words stay as they are.
    """
    if isinstance(text, Verbatim):
        return text
    if not isinstance(text, Message) or not text.values:
        return catalogue(code).gettext(FORMER.get(text, text)) if text else text
    template = catalogue(code).gettext(FORMER.get(text.template, text.template))
    if template == text.template and not any(map(str.isalpha, _PLACEHOLDER.sub("", template))):
        for mark, own in _MARKS.get(code, {}).items():
            template = template.replace(mark, own)
    return template.format(**{name: _value(value, code) for name, value in text.values.items()})


def _value(value: Any, code: str) -> Any:
    """A value within a sentence: what is quoted is the user's or another program's, and stays as it is."""
    if not isinstance(value, str) or value[:1] == value[-1:] == "'":
        return value
    return translate(value, code)


def _(text: str) -> str:
    """The text in the reader's language, be it a string of a page or a message of ``matgen_core``."""
    code = language()
    return text if code == "en" else translate(text, code)


def ngettext(one: str, many: str, count: int) -> str:
    """The form that fits the count."""
    return catalogue(language()).ngettext(one, many, count)


def N_(text: str) -> str:
    """Marks a text for the catalogue where it stands; ``_`` turns it into the reader's language where it is shown."""
    return text


def translations(text: str) -> dict[str, str]:
    """The text in every language."""
    return {code: catalogue(code).gettext(text) if text else "" for code in LANGUAGES}
