"""The endpoints of ADMET of one molecule, beside the approved drugs."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import streamlit as st

from matgen_core.core.admet import BY_KEY, HIGH, INSTALL, KEYS, LOW, PARTS, Endpoint
from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Molecule, Prediction
from matgen_core.kinds.molecules.admet import add_admet, approved_drugs, available
from pages.i18n.formatting import goal_text, number, write_minus
from pages.i18n.language import N_, _
from pages.widgets.found.facts import show_facts

_WISHES = {LOW: N_("low is wanted"), HIGH: N_("high is wanted")}


def show_endpoints(candidate: Candidate[Molecule], target: Target) -> None:
    """All endpoints, part by part: those of the run, the others predicted now where the package is installed."""
    if available():
        with st.spinner(_("Predicting ADMET …")):
            (candidate,) = add_admet([candidate])
    found = {key: candidate.predictions[key] for key in KEYS if key in candidate.predictions}
    if not available():
        st.caption(_("Needs the package admet-ai. Get it with: {how}").format(how=f"`{INSTALL}`"))
    if not found:
        return
    st.caption(
        _(
            "Predicted, not measured, by admet-ai; what it was trained on and its errors are on the page Models. A "
            "percentage without another unit is a probability."
        )
    )
    for part in PARTS:
        st.markdown(f"**{_(part)}**")
        show_facts(_rows({key: p for key, p in found.items() if BY_KEY[key].part == part}, target))


def _rows(found: Mapping[str, Prediction], target: Target) -> list[str]:
    rows = []
    for key, prediction in found.items():
        record, endpoint = PROPERTIES[key], BY_KEY[key]
        if prediction.value is None:
            value, about = "–", write_minus(_(prediction.note))
        else:
            value = _value_text(prediction.value, endpoint)
            about = " · ".join(filter(None, (_(_WISHES.get(endpoint.wish, "")), _beside_drugs(key, prediction.value))))
        asked = f" · {_('target')} {goal_text(key, target.goals[key])}" if key in target.goals else ""
        rows.append(
            f'<tr><th>{escape(_(record.label))}</th><td><span class="number">{escape(value)}</span>{escape(asked)}'
            f'<br><span class="quiet">{escape(about)}</span></td></tr>'
        )
    return rows


def _value_text(value: float, endpoint: Endpoint) -> str:
    return f"{100 * value:.0f} %" if endpoint.is_probability else f"{number(value)} {endpoint.unit}".strip()


def _beside_drugs(key: str, value: float) -> str:
    drugs = approved_drugs(key)
    if not len(drugs):
        return ""
    return _("above {share:.0f} % of approved drugs").format(share=100 * float(np.mean(drugs < value)))
