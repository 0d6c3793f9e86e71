"""A question to public databases about the chosen few, on request only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.records import Candidate
from matgen_core.kinds.registry import record_of
from matgen_core.workflows.optimade import ask_elsewhere, chosen_databases, elsewhere_verdict
from matgen_core.workflows.screening.screen import name_of
from pages.i18n.formatting import reason_text, subscript
from pages.i18n.language import _
from pages.widgets.asking.refusal import show_error

ELSEWHERE = "elsewhere"
#: Formulas that are asked about at once: each is a question to every database.
MOST = 10


def show_elsewhere(candidates: Sequence[Candidate[Any]]) -> None:
    """Are the chosen formulas known to public databases? Off until it is asked."""
    asked = [c for c in candidates if record_of(c.material).has_formula][:MOST]
    if not asked:
        return
    with st.expander(_("Ask public databases"), key="elsewhere-panel"):
        try:
            names = ", ".join(chosen_databases())
        except MatGenError as error:
            show_error(_(str(error)))
            return
        formulas = list(dict.fromkeys(name_of(c) for c in asked))
        st.caption(
            _("Sends {formulas} over the network to {names}. Nothing is sent before you press the button.").format(
                formulas=", ".join(map(subscript, formulas)), names=names
            )
        )
        key = st.text_input(
            _("Materials Project key, if you have one"),
            type="password",
            key="mp-key",
            help=_(
                "With it, the answer also says what was observed in experiments. The key is sent only to the "
                "Materials Project and is not stored"
            ),
        )
        if st.button(_("Ask"), key="ask-elsewhere"):
            with st.spinner(_("Asking …")):
                answers = ask_elsewhere(formulas, key.strip())
            st.session_state[ELSEWHERE] = {formula: elsewhere_verdict(found) for formula, found in answers.items()}
        for formula, verdict in st.session_state.get(ELSEWHERE, {}).items():
            sign = "✓" if verdict.passed else "–"
            st.markdown(f"{sign} **{subscript(formula)}**")
            st.caption(reason_text(verdict))
