"""Which endpoints of ADMET get a control: the most used always, others once they are chosen, what a link asks for."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from matgen_core.core.admet import INSTALL, MOST_USED
from matgen_core.core.properties import PROPERTIES
from matgen_core.kinds.molecules.admet import available
from pages.i18n.language import _, translations

_CHOSEN = "endpoints-chosen"


def choose_endpoints(keys: Sequence[str]) -> list[str]:
    """The endpoints that are shown; of a package that is not installed those alone that the link asks for.

    Args:
        keys: of all endpoints.
    """
    asked = [key for key in keys if is_asked(key)]
    if not available():
        st.caption(_("Needs the package admet-ai. Get it with: {how}").format(how=f"`{INSTALL}`"))
        return asked
    st.caption(
        _(
            "Predicted by admet-ai for every generated molecule. A target only filters and ranks. The bars behind a "
            "slider are approved drugs."
        )
    )
    further = [key for key in keys if key not in MOST_USED]
    chosen = st.multiselect(
        _("Further endpoints"),
        further,
        [key for key in further if key in asked],
        key=_CHOSEN,
        format_func=lambda key: _(PROPERTIES[key].label),
        placeholder=_("none"),
        on_change=_forget,
        args=(further,),
    )
    return [key for key in keys if key in MOST_USED or key in chosen or key in asked]


def is_asked(key: str) -> bool:
    """Whether its control, or the link before the control is drawn, asks for a value or a range."""
    name = f"{key}_ask"
    word = st.session_state[name] if name in st.session_state else st.query_params.get(name, "")
    return any(word in {way, *translations(way).values()} for way in ("value", "range"))


def _forget(further: Sequence[str]) -> None:
    """What was taken from the list is asked for no longer."""
    for key in further:
        if key not in st.session_state[_CHOSEN]:
            st.session_state[f"{key}_ask"] = "any"
