"""What the molecules' page says before the first run: what it does, and targets to begin with."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.i18n.language import N_, _

#: Key, name, what it asks for in words, settings.
_EXAMPLES: tuple[tuple[str, str, str, Mapping[str, object]], ...] = (
    (
        "soluble",
        N_("More soluble"),
        N_("log S of at least −2.5 (estimated), logP of 0.5 to 2"),
        {
            "solubility_ask": "range",
            "solubility_low": -2.5,
            "solubility_high": 0.0,
            "logp_ask": "range",
            "logp_low": 0.5,
            "logp_high": 2.0,
        },
    ),
    (
        "lead",
        N_("Lead-like"),
        N_("logP 2, 300 to 340 g/mol, 2 donors, without PAINS and BRENK alerts"),
        {
            "logp_ask": "value",
            "logp_value": 2.0,
            "weight_ask": "range",
            "weight_low": 300.0,
            "weight_high": 340.0,
            "donors_ask": "value",
            "donors_value": 2.0,
            "filters": ["PAINS", "BRENK"],
        },
    ),
    (
        "indole",
        N_("Grown from indole"),
        N_("Contains indole, at most 1 donor, easy to make"),
        {
            "scaffold": "c1ccc2[nH]ccc2c1",
            "donors_ask": "range",
            "donors_low": 0.0,
            "donors_high": 1.0,
            "max_sa": 3.0,
        },
    ),
)


def show_molecule_examples() -> None:
    """An invitation, and a button for each example."""
    st.markdown(
        _(
            "Choose what you want of a molecule, turn temperature and top-k, and press **Generate**. Each molecule "
            "comes with its drawing, its properties beside your targets, its 3D shape, and whether it is new."
        )
    )
    st.caption(_("Or begin with one of these:"))
    for column, (key, name, words, settings) in zip(st.columns(len(_EXAMPLES)), _EXAMPLES, strict=True):
        with column, st.container(border=True, key=f"example-{key}"):
            st.markdown(f"**{_(name)}**")
            st.caption(_(words))
            st.button(_("Set"), key=f"set-{key}", on_click=_set, args=(settings,), width="stretch")


def _set(settings: Mapping[str, object]) -> None:
    st.session_state.update(settings)
