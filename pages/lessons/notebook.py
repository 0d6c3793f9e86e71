"""What a student writes, guesses and ticks: kept for the session on every page, exported, and read back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages.i18n.language import _

_KEPT = "lesson-notebook"
_LONGEST = 4000


def notebook() -> dict[str, Any]:
    """What this session's student has entered, by name."""
    kept: dict[str, Any] = st.session_state.setdefault(_KEPT, {})
    return kept


def answer(name: str, label: str, height: int = 110) -> str:
    """A field for an answer in one's own words; what stood in it stands there again."""
    text = st.text_area(label, notebook().get(name, ""), key=f"answer-{name}", height=height, max_chars=_LONGEST)
    notebook()[name] = text or ""
    return text or ""


def tick(name: str, label: str) -> bool:
    """A box of the checklist."""
    done = st.checkbox(label, bool(notebook().get(name, False)), key=f"check-{name}")
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
        index=index,
        format_func=lambda i: options[i],
        key=f"guess-{name}",
        horizontal=whole,
    )
    if chosen is None:
        return None
    notebook()[name] = int(chosen)
    return options[int(chosen)]


def show_outcome(guessed: str | None, outcome: str) -> None:
    """The guess beside what happened."""
    if guessed is None:
        st.markdown(_("You made no guess. What happened: **{outcome}**").format(outcome=outcome))
    else:
        st.markdown(_("You guessed: {guess}. What happened: **{outcome}**").format(guess=guessed, outcome=outcome))


def show_export() -> None:
    """Downloads the notebook, and reads one back."""
    left, right = st.columns(2, gap="medium")
    left.download_button(
        _("Save my answers"),
        json.dumps(notebook(), ensure_ascii=False, indent=1),
        "matgen-answers.json",
        "application/json",
        key="export-notebook",
    )
    file = right.file_uploader(_("Read saved answers"), ["json"], key="import-notebook")
    if file is not None and st.session_state.get("read-notebook") != file.file_id:
        st.session_state["read-notebook"] = file.file_id
        if (read := read_notebook(file.getvalue())) is None:
            st.error(_("This is no file of saved answers; choose one that was saved here."))
            return
        notebook().update(read)
        for key in [key for key in st.session_state if str(key).startswith(("answer-", "check-", "guess-"))]:
            del st.session_state[key]
        st.rerun()


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
