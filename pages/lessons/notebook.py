"""Notebook of a student: answers, guesses and ticks, kept on every page and in the student's own browser.

The server keeps answers for the session only. The browser's local storage holds them beyond a reload, on that computer
and nowhere else; a button there forgets them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages.i18n.language import _, language
from pages.lessons.class_guesses import share_guess

_KEPT, _STORE, _READ, _FORGET = "lesson-notebook", "notebook-store", "notebook-was-read", "notebook-forget"
_LONGEST = 6000
#: Widgets that show an entry; they are drawn anew when entries come from elsewhere.
_SHOWN = ("answer-", "check-", "guess-", "codefield-")


def notebook() -> dict[str, Any]:
    """What this session's student has entered, by name."""
    kept: dict[str, Any] = st.session_state.setdefault(_KEPT, {})
    return kept


@st.cache_resource
def _store() -> st.components.v2.types.ComponentRenderer:
    js = Path(__file__).with_name("notebook_store.js").read_text(encoding="utf-8")
    return st.components.v2.component("matgen_notebook_store", js=js)


def read_from_browser() -> None:
    """Once a session: takes what this browser kept of an earlier one.

    Its place stays when the browser has answered: what stands below would move, and lose what is being typed in it.
    """
    with st.container(key="notebook-read"):
        if not st.session_state.get(_READ):
            _store()(key=_STORE, data={"task": "read"}, on_kept_change=_take_kept)


def _take_kept() -> None:
    store = st.session_state.get(_STORE)
    if store is None:  # the browser has left the page that asked; the next one asks again
        return
    st.session_state[_READ] = True
    kept = read_notebook(str(store.get("kept") or "{}").encode()) or {}
    _take({name: value for name, value in kept.items() if not notebook().get(name)})


def _take(entries: dict[str, Any]) -> None:
    """Takes entries from elsewhere, and has the widgets show them."""
    notebook().update(entries)
    for key in [key for key in st.session_state if str(key).startswith(_SHOWN)] if entries else ():
        del st.session_state[key]


def keep_in_browser(place: str) -> None:
    """Writes the entries to this browser, once what it kept before has been read.

    ``place`` names the place on the page. It stands below what it keeps, within the same fragment.
    """
    if not st.session_state.get(_READ):
        return
    task = "forget" if st.session_state.pop(_FORGET, False) else "write"
    with st.container(key=f"notebook-{place}"):
        data = {"task": task, "entries": json.dumps(notebook(), ensure_ascii=False)}
        _store()(key=f"{_STORE}-{place}", data=data)


def set_widget(key: str, value: object) -> str:
    """Gives a new widget its value; a default alone would not reach a browser that showed it before."""
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def answer(name: str, label: str, height: int = 110) -> str:
    """A field for an answer in one's own words; what stood in it stands there again."""
    key = set_widget(f"answer-{name}", str(notebook().get(name, "")))
    text = st.text_area(label, key=key, height=height, max_chars=_LONGEST)
    notebook()[name] = text or ""
    keep_in_browser(f"answer-{name}")
    return text or ""


def tick(name: str, label: str) -> bool:
    """A box of the checklist."""
    done = st.checkbox(label, key=set_widget(f"check-{name}", bool(notebook().get(name, False))))
    notebook()[name] = done
    return bool(done)


def guess(name: str, question: str, options: Sequence[str], *, whole: bool = True) -> str | None:
    """A question before a button: what will happen?

    Args:
        name: of the question.
        question: to the reader, translated.
        options: translated.
        whole: whether the options stand side by side.

    Returns:
        The chosen option, None before a choice.
    """
    kept = notebook().get(name)
    index = int(kept) if isinstance(kept, int) and 0 <= kept < len(options) else None
    chosen = st.radio(
        question,
        range(len(options)),
        index=None,
        format_func=lambda i: options[i],
        key=set_widget(f"guess-{name}", index),
        horizontal=whole,
    )
    if chosen is None:
        return None
    if notebook().get(name) != int(chosen):
        notebook()[name] = int(chosen)
    share_guess(name, int(chosen), {language(): (question, tuple(options))})
    keep_in_browser(f"guess-{name}")
    return options[int(chosen)]


def show_outcome(guessed: str | None, outcome: str) -> None:
    """The guess beside what happened."""
    if guessed is None:
        st.markdown(_("You made no guess. What happened: **{outcome}**").format(outcome=outcome))
    else:
        st.markdown(_("You guessed: {guess}. What happened: **{outcome}**").format(guess=guessed, outcome=outcome))


def guess_first(name: str, question: str, options: Sequence[str], outcome: Callable[[], str]) -> None:
    """A question to what a slider shows: what happens is computed and said beside the guess, once there is one.

    Args:
        name: of the question.
        question: to the reader, translated.
        options: translated.
        outcome: what happens, translated.
    """
    guessed = guess(name, question, options)
    if guessed is not None:
        show_outcome(guessed, outcome())


def show_export() -> None:
    """Downloads the notebook, reads one back, and forgets it."""
    st.caption(
        _(
            "Answers, guesses and ticks are kept in this browser on this computer, and nowhere else. On a computer "
            "that others use, save them and let the browser forget them."
        )
    )
    left, right = st.columns(2, gap="medium")
    with left, st.container(horizontal=True, gap="small"):
        st.download_button(
            _("Save my answers"),
            json.dumps(notebook(), ensure_ascii=False, indent=1),
            "matgen-answers.json",
            "application/json",
            key="export-notebook",
        )
        st.button(_("Forget my answers here"), key="forget-notebook", on_click=_forget)
    file = right.file_uploader(_("Read saved answers"), ["json"], key="import-notebook")
    if file is not None and st.session_state.get("read-notebook") != file.file_id:
        st.session_state["read-notebook"] = file.file_id
        if (read := read_notebook(file.getvalue())) is None:
            st.error(_("This is not a file of saved answers; choose one that was saved here."))
            return
        _take(read)
        st.rerun()


def _forget() -> None:
    st.session_state[_FORGET] = st.session_state[_READ] = True
    notebook().clear()
    for key in [key for key in st.session_state if str(key).startswith(_SHOWN)]:
        del st.session_state[key]


def read_notebook(data: bytes) -> dict[str, Any] | None:
    """A saved notebook, or None where the bytes are none; entries of other kinds are left out."""
    try:
        found = json.loads(data.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    return {
        str(name)[:80]: value[:_LONGEST] if isinstance(value, str) else value
        for name, value in found.items()
        if isinstance(value, str | bool | int)
    }
