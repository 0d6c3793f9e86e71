"""A formula that one page hands to another: the other page sets it and begins with it at once."""

from __future__ import annotations

import streamlit as st

from matgen_core.chem.formulas.composition import fitting_cell
from pages.i18n.language import _

#: Of what a page is handed, before the name of its kind.
_HANDED = "handed-"


def hand_over(formula: str) -> None:
    """Goes to the crystals with a formula, in a cell that fits it; the run begins there."""
    st.session_state[f"{_HANDED}crystals"] = formula
    link = {"formula": formula, "max_atoms": str(fitting_cell(formula))}
    st.switch_page("pages/design/crystals.py", query_params=link)


def handed_over(name: str, busy: bool) -> bool:
    """Whether the page of a kind was handed a formula, once; says that it waits where a run goes on."""
    formula = st.session_state.pop(f"{_HANDED}{name}", None)
    if formula and busy:
        st.info(_("{formula} is set. Press Generate when the run has ended.").format(formula=formula))
    return formula is not None
