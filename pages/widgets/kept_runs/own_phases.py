"""The phases that were computed for the user: which join the hull, and the way to take them out again."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.runs.own_phases import list_phases, remove_phases
from matgen_core.workflows.calculations.computed_phases import above_hull
from pages.i18n.language import _
from pages.widgets.asking.refusal import show_error

#: Key of the phases that are to be removed.
_GONE = "phases-gone"


def show_own_phases() -> None:
    """A table of the phases with their distance to the hull, and a choice of those to remove."""
    try:
        own = list_phases()
        if not own:
            return
        hull = load_reference().hull
        st.markdown(f"**{_('Your computed phases')}**")
        st.caption(_("They join the known phases of the hull. Later runs measure energies above hull against them."))
        rows = [(phase.formula, phase.energy, above_hull(hull, phase), phase.name, phase.added) for phase in own]
        columns = [
            _("Phase"),
            _("Formation energy (eV/atom)"),
            _("Energy above hull (eV/atom)"),
            _("Candidate"),
            _("Added"),
        ]
        st.dataframe(
            pd.DataFrame(rows, columns=columns), hide_index=True, key="own-phases", alt=_("Your computed phases")
        )
        names = {phase.name: f"{phase.formula} · {phase.name}" for phase in own}
        gone = st.multiselect(_("Remove from the hull"), list(names), format_func=names.__getitem__, key=_GONE)
        if gone:
            st.button(_("Remove"), key="remove-phases", on_click=_remove)
    except MatGenError as error:
        show_error(_(error.message))


def _remove() -> None:
    """Before the page is drawn, so that the choice does not name what is gone."""
    try:
        remove_phases(st.session_state.pop(_GONE, ()))
    except MatGenError as error:
        st.toast(_(error.message))
