"""A table that is read beside the page: its job, what was read of it, and the file with predictions."""

from __future__ import annotations

from functools import partial

import streamlit as st

from matgen_core.files.saving import for_spreadsheet
from matgen_core.workflows.page_work.tables import read_table
from matgen_core.workflows.predict_table import Report
from pages.i18n.language import _
from pages.runs.jobs import submit
from pages.widgets.own_tables.prediction_table import read_back, show_rows

JOB, DONE = "predict-job", "predict-done"


def begin(name: str, data: bytes, using: str | None, judge: bool, admet: bool = False) -> None:
    """Reads the table beside the page."""
    done: dict[str, object] = {}
    st.session_state[DONE] = done

    def take(read: tuple[Report, str]) -> None:
        done["report"], done["text"] = read

    work = partial(read_table, name=name, data=data, using=using, judge=judge, admet=admet)
    st.session_state[JOB] = submit(work, None, "predict-table", of_page=True, take=take)


def show_table(report: Report, text: str) -> None:
    """What was read, what was not, and the file."""
    bad = sum(report.bad.values())
    st.markdown(
        _("{all} rows by {kind}: {good} predicted, {bad} not.").format(
            all=report.rows, kind=_(report.kind), good=report.rows - bad, bad=bad
        )
    )
    for note in report.notes:
        st.caption(_(note))
    for number, reason in report.examples:
        st.caption(_("Row {n}: {reason}").format(n=number, reason=_(reason)))
    shown = read_back(text)
    if len(shown) < report.rows:
        st.caption(_("The first {n:,} rows; the file has all of them.").format(n=len(shown)))
    show_rows(shown, "predict-table")
    table = for_spreadsheet(text)
    st.download_button(_("CSV with predictions"), table, "matgen-predictions.csv", key="predict-csv", on_click="ignore")
