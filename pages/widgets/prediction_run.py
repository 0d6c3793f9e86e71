"""A table that is read beside the page: its job, what was read of it, and the file with predictions."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import streamlit as st

from matgen_core.core.records import Candidate, Progress
from matgen_core.workflows.predict_table import Report, check_unpacked, predict_table
from pages.i18n.language import _
from pages.runs.jobs import OnProgress, Stop, submit
from pages.widgets.prediction_table import read_back, show_rows

JOB, DONE = "predict-job", "predict-done"


def begin(name: str, data: bytes, using: str | None, judge: bool) -> None:
    """Reads the table beside the page."""
    done: dict[str, object] = {}
    st.session_state[DONE] = done
    total = max(1, data.count(b"\n"))

    def work(report: OnProgress, stop: Stop) -> tuple[Candidate, ...]:
        with tempfile.TemporaryDirectory() as folder:
            source, out = Path(folder) / "in" / _plain(name), Path(folder) / "out.csv"
            source.parent.mkdir()
            source.write_bytes(data)
            check_unpacked(source)
            read = predict_table(
                source,
                out,
                using=using,
                judge=judge,
                on_progress=lambda n: report(Progress("predict", min(n, total), total)),
                cancelled=stop,
            )
            done["report"], done["text"] = read, out.read_text(encoding="utf-8")
        return ()

    st.session_state[JOB] = submit(work, total, "predict-table", of_page=True)


def _plain(name: str) -> str:
    """The name of a file without what a file system may not take."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", Path(name).name)[-80:].lstrip(".-") or "table.csv"


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
    st.download_button(_("CSV with predictions"), text, "matgen-readings.csv", key="predict-csv", on_click="ignore")
