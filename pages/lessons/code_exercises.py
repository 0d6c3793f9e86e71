"""Functions of the chapter that the student writes: the field, the checks, and what each of them found."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.lessons.code.sandbox import LONGEST, SECONDS, Checked, Examined, run_answer, task_named
from matgen_core.lessons.code.tasks import TASKS
from pages.i18n.language import _
from pages.lessons.notebook import guess, keep_in_browser, notebook, set_widget, show_outcome
from pages.runs.drawn_alone import drawn_alone
from pages.widgets.asking.refusal import show_error
from pages.widgets.asking.url_settings import URL


@drawn_alone
def write_code() -> None:
    """One task at a time: what is asked, the student's code, and its checks."""
    st.markdown(
        _(
            "Write the function, then run it against its checks. Your code runs in a process of its own, which can "
            "neither open files nor reach the network, for at most {n} s."
        ).format(n=SECONDS)
    )
    names = [task.name for task in TASKS]
    name = st.segmented_control(
        _("Function"), names, default=names[0], key="code-task", required=True, bind=URL, wrap=True
    )
    task = task_named(str(name))
    st.markdown(_(task.asks))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        kept = str(notebook().get(f"code-{task.name}", task.starter))
        key = set_widget(f"codefield-{task.name}", kept)
        code = st.text_area(_("Your code"), key=key, height=210, max_chars=LONGEST) or ""
        if code.strip() and code != task.starter:
            notebook()[f"code-{task.name}"] = code
        guessed = guess(
            f"checks-{task.name}",
            _("Before you press: will it pass every check?"),
            [_("yes, every check"), _("no, not every check")],
        )
        if st.button(_("Run it against the checks"), type="primary", key="run-code"):
            st.session_state["code-run"] = (task.name, code)
        keep_in_browser("code")
    with right:
        ran: tuple[str, str] | None = st.session_state.get("code-run")
        if ran is not None and ran[0] == task.name:
            _show_run(*ran, guessed)
        if st.toggle(_("Show an answer"), key=f"show-code-{task.name}"):
            st.code(task.answer, language="python", wrap_lines=True)


@st.cache_data(max_entries=200, show_spinner=False)
def _examined(name: str, code: str) -> Examined:
    return run_answer(name, code)


def _show_run(name: str, code: str, guessed: str | None) -> None:
    try:
        with st.spinner(_("Running …")):
            found = _examined(name, code)
    except MatGenError as error:
        show_error(_(str(error)))
        return
    if found.failure is not None:
        show_error(_(found.failure))
    every = len(task_named(name).checks)
    st.markdown(_("{passed} of {all} checks passed.").format(passed=found.passed, all=every))
    show_outcome(guessed, _("yes, every check") if found.passed == every else _("no, not every check"))
    if found.checked:
        rows = {
            _("Passed"): ["✓" if one.passed else "✗" for one in found.checked],
            _("Check"): [_(one.asks) for one in found.checked],
            _("It returned"): [_returned(one) for one in found.checked],
            _("Right is"): [one.right or "–" for one in found.checked],
        }
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="code-checks", alt=_("What each check found"))
    if found.printed:
        st.caption(_("It printed:"))
        st.code(found.printed, language=None, wrap_lines=True)


def _returned(one: Checked) -> str:
    return one.got if one.failure is None else _(one.failure)
