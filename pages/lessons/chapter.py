"""The chapter's code by its names: the table, and each entry run, with the code that runs."""

from __future__ import annotations

import inspect

import streamlit as st

from matgen_core.chem.energies.chgnet import one_thread
from matgen_core.core.registry import load
from matgen_core.lessons.chapter.questions import QUESTIONS
from matgen_core.lessons.chapter.table import TABLE, Entry
from pages.i18n.language import _
from pages.lessons.notebook import guess, show_outcome
from pages.lessons.numbers import option_text
from pages.lessons.path import link_to
from pages.widgets.asking.url_settings import URL

#: The example that this session ran last, and what it printed.
_RAN = "example-ran"
#: Holds the longest name, pixels.
_NAME_WIDTH = 235


def table() -> None:
    st.markdown(
        _(
            "Every class and function of the chapter, where it stands here under the same name, and what the "
            "app itself "
            "runs for it. What the chapter leaves out is filled in, and what would fail is mended."
        )
    )
    rows = {
        _("Section"): [_(entry.section) for entry in TABLE],
        _("The chapter's name"): [entry.name for entry in TABLE],
        _("Here, by the same name"): [_module(entry.place) for entry in TABLE],
        _("The app runs"): [entry.ours.replace(":", ".").removeprefix("matgen_core.") for entry in TABLE],
        _("Lesson"): [_(entry.lesson) for entry in TABLE],
        _("Changed"): [_(entry.changed) if entry.changed else "–" for entry in TABLE],
    }
    st.dataframe(
        rows,
        hide_index=True,
        key="chapter-table",
        height="content",
        alt=_("The chapter's names and ours"),
        column_config={_("The chapter's name"): st.column_config.TextColumn(width=_NAME_WIDTH)},
    )


def _module(place: str) -> str:
    return place.split(":")[0].removeprefix("matgen_core.lessons.").replace(".", "/") + ".py"


def run_it() -> None:
    names = [entry.name for entry in TABLE]
    name = st.selectbox(_("Class or function of the chapter"), names, key="chapter-name", bind=URL)
    entry = TABLE[names.index(name)]
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.code(inspect.getsource(entry.load()), language="python", wrap_lines=True)  # type: ignore[arg-type]
    with right:
        st.markdown(_("Chapter: {section}").format(section=_(entry.section)))
        if entry.changed:
            st.caption(_("Changed: {what}").format(what=_(entry.changed)))
        link_to(entry.lesson, f"→ {_(entry.lesson)}")
        _run(entry)
        st.code(inspect.getsource(entry.example), language="python", wrap_lines=True)
    with st.expander(_("What the app runs for it"), key="ours-panel"):
        st.code(inspect.getsource(load(entry.ours)), language="python", wrap_lines=True)


def _run(entry: Entry) -> None:
    """The guess, the button, and what the example printed beside the guess."""
    question, called = QUESTIONS[entry.example], getattr(entry.example, "__name__", entry.name)
    options = [option_text(option) for option in question.options]
    guessed = guess(f"example-{called}", _(question.asks), options)
    if st.button(_("Run the chapter's example"), type="primary", key="run-example"):
        with st.spinner(_("Running …")), one_thread():
            st.session_state[_RAN] = (called, entry.example())
    ran: tuple[str, str] | None = st.session_state.get(_RAN)
    if ran is not None and ran[0] == called:
        st.code(ran[1], language=None)
        show_outcome(guessed, option_text(question.outcome(ran[1])))
