"""Runs that were kept: open, rename, run again, compare, delete, export."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Crystal, Formula
from matgen_core.core.settings import MoleculeSettings
from matgen_core.runs.store import Run, Store, StoreError, open_store
from matgen_core.workflows.screen import name_of
from pages.i18n.formatting import rule_text
from pages.i18n.language import N_, _, ngettext
from pages.kinds.composition_results import show_formula, show_formula_table
from pages.kinds.crystal_card import show_details, show_picture
from pages.kinds.crystal_table import show_table
from pages.kinds.molecule_card import show_molecule
from pages.kinds.molecule_results import keep_molecules, show_grid
from pages.runs.run_recorder import begin_again, owner
from pages.widgets.downloads import offer_files
from pages.widgets.selection import Columns, follow_pick

#: Ids of the runs that are ticked.
OPEN = "runs-open"
_PAGES = {
    "crystals": "pages/design/crystals.py",
    "molecules": "pages/design/molecules.py",
    "compositions": "pages/design/compositions.py",
    "screening": "pages/design/screening.py",
    "design-crystals": "pages/design/inverse_design.py",
    "design-molecules": "pages/design/inverse_design.py",
    "design-compositions": "pages/design/inverse_design.py",
}
_STATES = {
    "running": N_("running"),
    "finished": N_("finished"),
    "cancelled": N_("cancelled"),
    "failed": N_("failed"),
    "interrupted": N_("interrupted"),
}
_KINDS = {
    "crystals": N_("Crystals"),
    "molecules": N_("Molecules"),
    "compositions": N_("Compositions"),
    "screening": N_("Screening"),
    "design-crystals": N_("Inverse design, crystals"),
    "design-molecules": N_("Inverse design, molecules"),
    "design-compositions": N_("Inverse design, compositions"),
}


def pick_runs(runs: Sequence[Run]) -> list[Run]:
    """The table of all runs; those that are ticked."""
    table = pd.DataFrame(
        {
            "name": [run.name for run in runs],
            "kind": [_(_KINDS.get(run.kind, run.kind)) for run in runs],
            "state": [_(_STATES.get(run.state, run.state)) for run in runs],
            "count": [run.count for run in runs],
            "seed": [run.seed for run in runs],
            "created": [run.created for run in runs],
        }
    )
    columns: Columns = {
        "name": _("Name"),
        "kind": _("Made by"),
        "state": _("State"),
        "count": _("Candidates"),
        "seed": _("Seed"),
        "created": st.column_config.DatetimeColumn(_("Begun"), format="YYYY-MM-DD HH:mm", help="UTC"),
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
        alt=_("Runs, one a row"),
        selection_default={"selection": {"rows": [i for i, run in enumerate(ids) if run in chosen]}},
    )
    return [run for run in runs if run.id in chosen]


def _choose(key: str, ids: Sequence[str]) -> None:
    st.session_state[OPEN] = [ids[row] for row in st.session_state[key]["selection"]["rows"] if row < len(ids)]


def _rename(store: Store, run: Run, key: str) -> None:
    """On Enter, or when the field is left."""
    try:
        store.rename(run.id, st.session_state[key])
    except StoreError as error:
        st.session_state[key] = run.name
        st.error(_(str(error)))


def change(store: Store, run: Run) -> None:
    """Name, the way back to its page, deletion."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"name-{run.id}"
        st.text_input(_("Name"), run.name, key=key, max_chars=80, on_change=_rename, args=(store, run, key))
        page = _PAGES.get(run.kind)
        again = page and run.kind != "screening"  # files are not kept, only what was found in them
        if (
            page
            and again
            and st.button(_("Run again"), key="again", help=_("The same settings and seed give the same candidates"))
        ):
            begin_again(Path(page).stem)
            st.switch_page(page, query_params=_link(run))
        sure = st.toggle(_("Delete"), key=f"sure-{run.id}", disabled=run.state == "running")
        if sure and st.button(_("Yes, for good"), key="delete", type="primary"):
            store.delete(run.id)
            st.session_state[OPEN] = []
            st.rerun()
    if page and again:
        st.caption(_("A link with these settings, to share"))
        st.code(link_to(run, page), language=None)
    known = ", ".join(f"{package} {version}" for package, version in run.versions.items())
    st.caption(f"{run.id} · {_('seed')} {run.seed}")
    with st.expander(_("Versions and checkpoints")):
        st.caption(known)
    if run.message:
        st.error(_(run.message))
    if run.state == "interrupted":
        st.info(_("The server stopped while this ran. What had arrived is here; run it again for the rest."))
    resumable = run.kind.startswith("design-") and run.count and run.state != "running"
    with st.container(horizontal=True, gap="small"):
        if resumable and st.button(_("Go on with this run"), key="resume"):
            st.switch_page(_PAGES[run.kind], query_params={**_link(run), "resume": run.id})
        if run.count and st.button(_("Screen these candidates"), key="to-screening"):
            st.switch_page(_PAGES["screening"], query_params={"run": run.id})


def _link(run: Run) -> dict[str, Any]:
    """The settings as its page's address has them."""
    return {key: value if len(value) > 1 else value[0] for key, value in run.settings.items() if value}


def link_to(run: Run, page: str) -> str:
    """The address of a run's page with its settings."""
    here = str(st.context.url or "").rsplit("/", 1)[0]
    place = page.removesuffix(".py").rsplit("/", 1)[1]
    place = "" if place == "crystals" else place  # the first page has no name in the address
    return f"{here}/{place}?{urlencode(_link(run), doseq=True)}"


def show(store: Store, run: Run) -> None:
    """One run with its candidates, as its page shows them."""
    change(store, run)
    candidates = store.candidates(run.id)
    if not candidates:
        st.info(_("Nothing had arrived yet."))
        return
    kinds = {type(candidate.material): candidate for candidate in candidates}
    if len(kinds) > 1:
        st.info(_("Materials of several kinds; screen them to see them all. Here are those that are the most."))
        most = max(kinds, key=lambda kind: sum(isinstance(c.material, kind) for c in candidates))
        candidates = tuple(c for c in candidates if isinstance(c.material, most))
    if isinstance(candidates[0].material, Formula):
        offer_files(candidates, "compositions", candidates)
        pick = follow_pick("runs", run.id, candidates)
        show_formula_table(candidates, Target(), pick)
        show_formula(pick.of(candidates))
    elif isinstance(candidates[0].material, Crystal):
        offer_files(candidates, "crystals", candidates)
        pick = follow_pick("runs", run.id, candidates)
        show_table(candidates, Target(), pick)
        show_picture(pick.of(candidates))
        show_details(pick.of(candidates))
    else:
        offer_files(candidates, "molecules", candidates)
        molecules = keep_molecules(candidates)
        if not molecules:
            st.info(_("No string of this run is a molecule."))
            return
        pick = follow_pick("runs", run.id, molecules)
        show_grid(molecules, Target(), MoleculeSettings(), pick)
        show_molecule(pick.of(molecules), Target(), MoleculeSettings(), run.id)


def compare(store: Store, runs: Sequence[Run]) -> None:
    """Some figures of several runs side by side."""
    columns: dict[str, dict[str, Any]] = {}
    for run in runs:
        found = store.candidates(run.id)
        verdicts = sorted({verdict.rule for c in found for verdict in c.verdicts})
        column: dict[str, Any] = {_("Candidates"): str(len(found))}
        for rule in verdicts:
            passed = sum(c.passed(rule) for c in found)
            column[rule_text(rule)] = f"{passed} ({passed / len(found):.0%})"
        for key in PROPERTIES:
            values = [value for c in found if (value := c.value(key)) is not None]
            if values:
                median = f"{pd.Series(values).median():.3g} {PROPERTIES[key].unit}".strip()
                column[_("{label}, median").format(label=_(PROPERTIES[key].label))] = median
        column[_("Different formulas or molecules")] = str(len({name_of(c) for c in found}))
        columns[f"{run.name} ({run.id[:4]})"] = column
    st.dataframe(pd.DataFrame(columns).fillna("–"), key="comparison", alt=_("Runs side by side"))


st.title(_("Runs"), anchor=False)
try:
    kept = open_store()
    every = kept.list(owner())
    if not every:
        st.info(_("No run yet. Every run of the design pages is kept here as it goes."))
    else:
        st.caption(_("Tick one to open it, several to compare them."))
        chosen = pick_runs(every)
        if len(chosen) == 1:
            show(kept, chosen[0])
        elif chosen:
            st.markdown(ngettext("{n} run", "{n} runs", len(chosen)).format(n=len(chosen)))
            compare(kept, chosen)
except StoreError as error:
    st.error(_(str(error)))
