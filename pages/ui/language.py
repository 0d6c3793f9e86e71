"""Every string that a reader sees passes through here, so that a catalogue can answer for it.

English is the language of the code; ``assets/locale/LANGUAGE.po`` holds the others. A session's language is what its
link says (``?lang=ja``), else what its browser speaks; work beside the page speaks English.
"""

from __future__ import annotations

import gettext
import io
from functools import lru_cache
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

LANGUAGES = {"en": "English", "ja": "日本語"}
LOCALE = Path(__file__).parents[2] / "assets" / "locale"
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
    codes = list(LANGUAGES)
    chosen = st.segmented_control(
        "Language / 言語", codes, default=current, format_func=LANGUAGES.__getitem__, key=f"switch-{current}",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    if chosen and chosen != current:
        st.session_state[_CHOICE] = chosen
        st.query_params["lang"] = chosen
        st.rerun()


@lru_cache(maxsize=len(LANGUAGES))
def catalogue(code: str) -> gettext.NullTranslations:
    """The catalogue of a language; English needs none."""
    path = LOCALE / f"{code}.po"
    if code == "en" or not path.is_file():
        return gettext.NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    buffer = io.BytesIO()
    with path.open("rb") as file:
        write_mo(buffer, read_po(file, locale=code))
    buffer.seek(0)
    return gettext.GNUTranslations(buffer)


def _(text: str) -> str:
    """The text in the reader's language."""
    return catalogue(language()).gettext(text) if text else ""


def ngettext(one: str, many: str, count: int) -> str:
    """The form that fits the count."""
    return catalogue(language()).ngettext(one, many, count)


def N_(text: str) -> str:
    """Marks a text for the catalogue where it stands; ``_`` turns it into the reader's language where it is shown."""
    return text


def translations(text: str) -> dict[str, str]:
    """The text in every language."""
    return {code: catalogue(code).gettext(text) if text else "" for code in LANGUAGES}
