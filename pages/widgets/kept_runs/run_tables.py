"""Tables of kept runs: all of them with ticks, and figures of several side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from matgen_core.core.properties import PROPERTIES
from matgen_core.runs.store import Run, Store
from matgen_core.workflows.screening.screen import name_of
from pages.i18n.formatting import rule_text
from pages.i18n.language import N_, _
from pages.runs.run_names import made_by, run_name
from pages.widgets.found.number_table import Columns
from pages.widgets.kept_runs.run_part import LONG, sample

#: Ids of the runs that are ticked.
OPEN = "runs-open"
#: How a run stands, for the reader.
STATES = {
    "running": N_("running"),
    "finished": N_("finished"),
    "cancelled": N_("cancelled"),
    "failed": N_("failed"),
    "interrupted": N_("interrupted"),
}


def pick_runs(runs: Sequence[Run]) -> list[Run]:
    """The table of all runs; those that are ticked."""
    table = pd.DataFrame(
        {
            "name": [run_name(run) for run in runs],
            "kind": [made_by(run.kind) for run in runs],
            "state": [_(STATES.get(run.state, run.state)) for run in runs],
            "count": [run.count for run in runs],
            "seed": [run.seed for run in runs],
            "created": [run.created for run in runs],
        }
    )
    columns: Columns = {
        "name": _("Name"),
        "kind": _("Created by"),
        "state": _("State"),
        "count": _("Candidates"),
        "seed": _("Seed"),
        "created": st.column_config.DatetimeColumn(_("Started"), format="YYYY-MM-DD HH:mm", help="UTC"),
    }
    ids = [run.id for run in runs]
    chosen = st.session_state.setdefault(OPEN, [run for run in st.query_params.get_all("run") if run in ids])
    # A tick belongs to a row; a table of other runs is therefore another table, with the ticks where the runs are now.
    key = f"runs-{hashlib.sha256(' '.join(ids).encode()).hexdigest()[:12]}"
    st.dataframe(
        table,
        hide_index=True,
        key=key,
        on_select=lambda: _choose(key, ids),
        selection_mode="multi-row",
        column_config=columns,
        height=min(35 * (len(table) + 1) + 3, 318),
        alt=_("Runs, one per row"),
        selection_default={"selection": {"rows": [i for i, run in enumerate(ids) if run in chosen]}},
    )
    return [run for run in runs if run.id in chosen]


def _choose(key: str, ids: Sequence[str]) -> None:
    st.session_state[OPEN] = [ids[row] for row in st.session_state[key]["selection"]["rows"] if row < len(ids)]


def compare(store: Store, runs: Sequence[Run]) -> None:
    """Some figures of several runs side by side."""
    columns: dict[str, dict[str, Any]] = {}
    for run in runs:
        found = sample(store, run, LONG)
        verdicts = sorted({verdict.rule for c in found for verdict in c.verdicts})
        column: dict[str, Any] = {_("Candidates"): str(run.count)}
        for rule in verdicts:
            passed = sum(c.passed(rule) for c in found)
            column[rule_text(rule)] = f"{passed} ({passed / len(found):.0%})"
        for key in PROPERTIES:
            values = [value for c in found if (value := c.value(key)) is not None]
            if values:
                median = f"{pd.Series(values).median():.3g} {PROPERTIES[key].unit}".strip().replace("-", "−", 1)
                column[_("{label}, median").format(label=_(PROPERTIES[key].label))] = median
        column[_("Unique formulas or molecules")] = str(len({name_of(c) for c in found}))
        columns[f"{run_name(run)} ({run.id[:4]})"] = column
    st.dataframe(pd.DataFrame(columns).fillna("–"), key="comparison", height="content", alt=_("Runs side by side"))
    st.caption(_("–: not predicted or not judged in that run."))
    if any(run.count > LONG for run in runs):
        st.caption(_("Figures of runs with more than {n:,} candidates are of an even sample.").format(n=LONG))
