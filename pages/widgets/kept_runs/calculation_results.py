"""Results of calculations of a run's candidates, beside what was predicted of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from matgen_core.core.environment import read_environment
from matgen_core.core.errors import MatGenError
from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate
from matgen_core.files.refused import Refused
from matgen_core.files.saving import for_spreadsheet
from matgen_core.runs.store import Run, Store
from pages.i18n.formatting import write_minus
from pages.i18n.language import _, ngettext
from pages.widgets.asking.refusal import show_error
from pages.widgets.kept_runs.own_phases import show_own_phases

#: Why results of the last upload could not be used, until they are shown.
_REFUSED = "results-refused"


def show_calculations(store: Store, run: Run, candidates: tuple[Candidate[Any], ...]) -> None:
    """An upload of results, the comparison with the predictions, and the errors of the predictors."""
    done = [candidate for candidate in candidates if candidate.computed]
    with st.expander(_("Results of calculations"), expanded=bool(done), key="calculations-panel"):
        st.caption(
            _(
                "A table with the columns id and band_gap, formation_energy, …; vasprun.xml in the folders that "
                "matgen follow-up wrote, as a zip; JSON of atomate2."
            )
        )
        files = st.file_uploader(
            _("Results"),
            ["csv", "tsv", "json", "gz", "zip", "xml"],
            accept_multiple_files=True,
            key=f"results-{run.id}",
        )
        with st.container():  # of what is said once: the tables below stay where they are
            if files and st.button(_("Read the results"), key="read-results"):
                _read(store, run, candidates, [(file.name, file.getvalue()) for file in files])
            for reason in st.session_state.pop(_REFUSED, ()):
                st.warning(_(reason))
        if done:
            _compare(candidates)
        if not read_environment().separate_runs:  # one hull for all users would change the results of others
            show_own_phases()


def _read(store: Store, run: Run, candidates: tuple[Candidate[Any], ...], files: list[tuple[str, bytes]]) -> None:
    from matgen_core.runs.own_phases import add_phases
    from matgen_core.workflows.calculations.computed_phases import computed_phases
    from matgen_core.workflows.calculations.results import add_results, read_results, unpack

    with tempfile.TemporaryDirectory() as folder:
        try:
            items = list(read_results(unpack(files, Path(folder)), candidates))
        except MatGenError as error:
            show_error(_(error.message))
            return
    refused = [item for item in items if isinstance(item, Refused)]
    places = [item.place.removeprefix(folder).lstrip("/\\") for item in refused]
    st.session_state[_REFUSED] = [
        Message("{place}: {reason}", place=place, reason=item.reason)
        for place, item in zip(places, refused, strict=True)
    ]
    found = [item for item in items if not isinstance(item, Refused)]
    store.update(run.id, [c for c in add_results(candidates, found) if c.computed])
    if not read_environment().separate_runs:
        phases, useless = computed_phases(candidates, found, run.id)
        add_phases(phases)
        st.session_state[_REFUSED] += [Message("{place}: {reason}", place=r.place, reason=r.reason) for r in useless]
    st.rerun()


def _compare(candidates: tuple[Candidate[Any], ...]) -> None:
    from matgen_core.workflows.calculations.results import differences, predictor_errors, to_comparison_csv

    apart = differences(candidates)
    st.markdown(
        "\n".join(
            "- "
            + _(
                Message(
                    "{property} by {method}: mean absolute error {error} {unit}, mean difference {bias} {unit}",
                    property=_(PROPERTIES[one.property].label),
                    method=_(one.method),
                    error=f"{one.mean_absolute:.3f}",
                    bias=write_minus(f"{one.bias:+.3f}"),
                    unit=PROPERTIES[one.property].unit,
                )
            )
            + " ("
            + ngettext("{n} candidate", "{n} candidates", one.count).format(n=one.count)
            + ")"
            for one in predictor_errors(apart)
        )
    )
    rows = [
        {
            _("Candidate"): one.id,
            _("Property"): _(PROPERTIES[one.property].label),
            _("Computed"): one.computed,
            _("Predicted"): one.predicted,
            _("Difference"): one.predicted - one.computed,
            _("Model"): _(one.method),
        }
        for one in apart
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="computed", alt=_("Computed values beside predictions"))
    table = for_spreadsheet(to_comparison_csv(candidates))
    st.download_button("CSV", table, "comparison.csv", "text/csv", key="comparison-csv")
