"""Predictions for what the user brings: a few formulas or SMILES typed, or a table; with spreads, methods, domain."""

from __future__ import annotations

import streamlit as st

from matgen_core.core.admet import INSTALL
from matgen_core.core.errors import MatGenError
from matgen_core.kinds.molecules.admet import available
from matgen_core.kinds.registry import KINDS
from matgen_core.workflows.own_properties.own_folder import list_predictors
from matgen_core.workflows.own_properties.predictors import load_predictor
from matgen_core.workflows.predict_table import read_rows
from pages.i18n.language import N_, _
from pages.kinds.registry import page_kinds
from pages.runs.jobs import Job
from pages.runs.progress import catch_up, look, run_place
from pages.widgets.asking.refusal import show_error
from pages.widgets.own_tables.prediction_run import DONE, JOB, begin, show_table
from pages.widgets.own_tables.prediction_table import methods_text, show_rows, table_of_typed
from pages.widgets.tabs import show_tabs

TYPED = "predict-typed"
MOST_TYPED = 100


def ask_predictor(place: str, kind: str | None = None) -> str | None:
    """A predictor that was trained on this machine, of a kind or of any, or None for the shipped ones."""
    fitting = [n for n in list_predictors() if kind is None or load_predictor(n)[0].backbone.kind == kind]
    if not fitting:
        return None
    shipped = _("included models")
    name = st.selectbox(_("Predict with"), [None, *fitting], format_func=lambda n: n or shipped, key=f"using-{place}")
    if name and (doubt := load_predictor(name)[0].doubt):
        st.warning(_(doubt))
    return name


def ask_admet(place: str) -> bool:
    """Whether ADMET is predicted of molecules, too."""
    about = _(
        "Molecules only: 41 endpoints of absorption, distribution, metabolism, excretion and toxicity by admet-ai"
    )
    wanted = st.checkbox(_("ADMET predictions"), key=f"admet-{place}", disabled=not available(), help=about)
    if not available():
        st.caption(_("Needs the package admet-ai. Get it with: {how}").format(how=f"`{INSTALL}`"))
    return wanted and available()


def typed() -> None:
    """A few texts, read at once."""
    pages = {KINDS[page.name].column: page for page in page_kinds() if page.typed_label}
    kind = st.segmented_control(
        _("Kind"),
        list(pages),
        default=next(iter(pages)),
        key="typed-kind",
        required=True,
        format_func=lambda kind: _(pages[kind].typed_label),
    )
    # A control that is not drawn loses what was typed; both texts are kept beside the controls.
    kept = st.session_state.setdefault(TYPED, {})
    st.session_state.setdefault(f"typed-{kind}", kept.get(kind, pages[kind].typed_example))
    text = kept[kind] = st.text_area(_("One per line"), key=f"typed-{kind}", height=130, max_chars=10_000)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    with st.container():  # a place that stays: the table below keeps its order while more is typed
        if len(lines) > MOST_TYPED:
            st.info(_("Only the first {n} are predicted; upload a table for more.").format(n=MOST_TYPED))
    lines = lines[:MOST_TYPED]
    if not lines:
        st.info(_("Enter one per line."))
        return
    with st.container():
        using, admet = ask_predictor(kind, kind), pages[kind].has_endpoints and ask_admet(kind)
    read = read_rows(kind, lines, using, admet=admet)
    show_rows(table_of_typed(lines, read), "typed-table")
    st.caption(methods_text(read))


def table() -> None:
    """A table with a column of formulas, CIFs or SMILES; it comes back with the predictions beside."""
    file = st.file_uploader(  # of any name: a POSCAR has no ending
        _("CSV with a column formula, cif or smiles; or CIF, POSCAR, XYZ or a zip of them"), key="predict-file"
    )
    using = ask_predictor("table")
    judge = st.checkbox(
        _("Check energies with a second potential"),
        value=True,
        key="predict-judge",
        help=_(
            "Crystals only: SevenNet-l3i5 predicts formation energy and energy above hull beside CHGNet; "
            "about 0.2 s per crystal"
        ),
    )
    admet = ask_admet("table")
    job: Job | None = st.session_state.get(JOB)
    seen = None if job is None else look(job)
    busy = seen is not None and seen.busy
    if st.button(_("Predict"), type="primary", disabled=file is None or busy, key="predict") and file is not None:
        begin(file.name, file.getvalue(), using, judge, admet)
        st.rerun()
    if job is None or seen is None:
        return
    with run_place(seen):
        pass
    done = st.session_state.get(DONE, {})
    if "text" in done:
        show_table(done["report"], done["text"])
    catch_up(seen)


st.title(_("Predictions"), anchor=False)
few, many = show_tabs([N_("Paste"), N_("Upload")], "predict-tabs")
try:
    with few:
        typed()
    with many:
        table()
except MatGenError as error:
    show_error(_(str(error)))
