"""The first page: what MatGen does, examples that run on a click, the last runs, what this machine has."""

from __future__ import annotations

import streamlit as st

from pages.i18n.language import _
from pages.runs.jobs import load_models
from pages.widgets.home import offer_examples, show_last_runs, show_machine, show_what_it_does

load_models()  # while the reader reads
st.title("MatGen", anchor=False)
st.markdown(
    _(
        "Inverse design of materials: you say which properties a crystal, a composition or a molecule shall have, "
        "and MatGen generates candidates, predicts their properties and checks them. Everything is computed on this "
        "machine."
    )
)
show_what_it_does()
st.subheader(_("Run an example"), anchor=False)
offer_examples()
left, right = st.columns([3, 2], gap="large")
with left:
    st.subheader(_("Last runs"), anchor=False)
    show_last_runs()
with right:
    st.subheader(_("This machine"), anchor=False)
    show_machine()
