"""Readings of what the user brings: a few formulas or SMILES typed, or a table; with spreads, methods, domain."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.records import Candidate, Progress
from matgen_core.workflows.predict_table import Report, check_unpacked, predict_table, read_rows
from matgen_core.workflows.predictors import list_predictors, load_predictor
from pages.i18n.language import N_, _
from pages.runs.jobs import Job, OnProgress, Stop, submit
from pages.runs.progress import catch_up, look, show_progress
from pages.widgets.prediction_table import read_back, show_rows, table_of_typed

JOB, DONE, TYPED = "predict-job", "predict-done", "predict-typed"
MOST_TYPED = 100
_KINDS = {"formula": N_("formulas"), "smiles": N_("SMILES")}


def ask_predictor(kind: str) -> str | None:
    """A predictor that was taught on this machine, or None for the shipped ones."""
    fitting = [name for name in list_predictors() if load_predictor(name)[0].backbone.kind == kind]
    if not fitting:
        return None
    shipped = _("the shipped ones")
    return st.selectbox(_("Read by"), [None, *fitting], format_func=lambda n: n or shipped, key=f"using-{kind}")


def typed() -> None:
    """A few texts, read at once."""
    kind = st.segmented_control(
        _("Kind"), list(_KINDS), default="formula", key="typed-kind", required=True, format_func=lambda k: _(_KINDS[k])
    )
    usual = "Fe2O3\nGaAs\nLiFePO4" if kind == "formula" else "CC(=O)Nc1ccc(O)cc1\nc1ccccc1O"
    # A control that is not drawn loses what was typed; both texts are kept beside the controls.
    kept = st.session_state.setdefault(TYPED, {})
    st.session_state.setdefault(f"typed-{kind}", kept.get(kind, usual))
    text = kept[kind] = st.text_area(_("One a line"), key=f"typed-{kind}", height=130, max_chars=10_000)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_TYPED:
        st.info(_("The first {n} are read; bring a table for more.").format(n=MOST_TYPED))
    lines = lines[:MOST_TYPED]
    if not lines:
        st.info(_("Write one a line."))
        return
    read = read_rows(kind, lines, ask_predictor(kind))
    show_rows(table_of_typed(lines, read), "typed-table")
    methods = sorted({p.method for one in read if not isinstance(one, str) for p in one if p.method != "none"})
    st.caption(" · ".join(map(_, methods)))


def table() -> None:
    """A table with a column of formulas, CIFs or SMILES; it comes back with the readings beside."""
    file = st.file_uploader(  # of any name: a POSCAR has no ending
        _("CSV with a column formula, cif or smiles; or CIF, POSCAR, XYZ or a zip of them"), key="predict-file"
    )
    using = None
    names = list_predictors()
    if names:
        shipped = _("the shipped ones")
        using = st.selectbox(_("Read by"), [None, *names], format_func=lambda n: n or shipped, key="using-table")
    job: Job | None = st.session_state.get(JOB)
    seen = None if job is None else look(job)
    busy = seen is not None and seen.busy
    if (
        st.button(_("Read the table"), type="primary", disabled=file is None or busy, key="predict")
        and file is not None
    ):
        begin(file.name, file.getvalue(), using)
        st.rerun()
    if job is None or seen is None:
        return
    if busy:
        show_progress(job)
    if seen.error:
        st.error(_(seen.error))
    done = st.session_state.get(DONE, {})
    if "text" in done:
        show_table(done["report"], done["text"])
    catch_up(seen)


def begin(name: str, data: bytes, using: str | None) -> None:
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
        _("{all} rows by their {kind}: {good} read, {bad} not.").format(
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
    st.download_button(_("CSV with readings"), text, "matgen-readings.csv", key="predict-csv", on_click="ignore")


st.title(_("Predictions"), anchor=False)
few, many = st.tabs([_("Typed"), _("A table")], key="predict-tabs")
try:
    with few:
        typed()
    with many:
        table()
except MatGenError as error:
    st.error(_(str(error)))
