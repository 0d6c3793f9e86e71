"""Controls for molecules: properties, what to grow from, filters, sampling. Their values live in the URL."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import streamlit as st

from matgen_core.core.properties import asked_of
from matgen_core.core.settings import MoleculeSettings
from pages.i18n.language import _
from pages.widgets.goal_controls import goal_rules
from pages.widgets.setting_controls import LAST_SEED, LONGEST, ask_count, ask_seed, ask_setting, rule_of
from pages.widgets.url_settings import (
    Rule,
    Whole,
)

MOST = 2000
#: Texts to grow from, with what stands in their empty fields.
_TEXTS = {"prefix": "CC(=O)N", "scaffold": "c1ccc2[nH]ccc2c1", "require": "C(=O)N", "forbid": "[Br]"}
#: Settings and their keys in the link.
_KEYS = {
    **{name: name for name in (*_TEXTS, "temperature", "top_k", "max_sa", "top_p", "filters")},
    "guidance": "strength",
    "grammar": "grammar",
    "until": "until",
    "domain": "domain",
    "cap": "cap",
}
#: What each setting in the URL may be.
RULES: dict[str, Rule] = {
    **goal_rules(asked_of("molecules")),
    **{key: rule_of(MoleculeSettings, name) for name, key in _KEYS.items()},
    "molecules": Whole(1, MOST),
    "molecule_seed": Whole(0, LAST_SEED),
}


def show_domain() -> None:
    """What the generator knows, beside the sliders."""
    st.caption(
        _(
            "Trained on four sets (see Domain): molecules of 50 to 700 g/mol made of C, N, O, S, F, Cl, Br, I, P, B, "
            "Si, Se. Only drug-like ones are charged or have stereochemistry. Metals, salts and polymers lie outside. "
            "Solubility is estimated (ESOL), not measured."
        )
    )


def ask_parts() -> dict[str, Any]:
    """What to grow from, and what must and must not be in it."""
    with st.expander(_("Scaffold, required and forbidden substructures")):
        draw_scaffold()
        left, right = st.columns(2, gap="small")
        return {
            name: _ask(name, left if place % 2 == 0 else right, placeholder=example)
            for place, (name, example) in enumerate(_TEXTS.items())
        }


def draw_scaffold() -> None:
    """Fills the scaffold's field from a drawing, where the optional package for it is installed."""
    if find_spec("streamlit_ketcher") is None:
        return
    if not st.toggle(_("Draw the scaffold"), key="draw-scaffold"):
        return
    from streamlit_ketcher import st_ketcher

    drawn = st_ketcher(st.session_state.get("scaffold") or "", height=420, key="ketcher")
    if drawn and drawn != st.session_state.get("ketcher-drawn"):  # once a drawing: the field can still be typed into
        st.session_state["ketcher-drawn"] = drawn
        st.session_state["scaffold"] = drawn[:LONGEST]


def ask_molecule_sampling() -> tuple[int, int, MoleculeSettings]:
    """How many, which seed, and how."""
    domain = _ask("domain")
    parts = ask_parts()
    left, right = st.columns(2, gap="small", wrap=False)
    count = ask_count(
        _("Molecules"),
        "molecules",
        48,
        MOST,
        _(
            "Number of molecules to keep; the setting 'Count only molecules that are' says which ones count. "
            "Strings are generated until so many are kept, up to a limit (Generate at most)."
        ),
        left,
    )
    seed = ask_seed("molecule_seed", _("The same seed and settings give the same molecules"), right)
    asked = {name: _ask(name) for name in ("temperature", "top_k")}
    with st.expander(_("Filters and sampling")):
        max_sa = _ask("max_sa", value=10.0)
        asked |= {name: _ask(name) for name in ("filters", "top_p", "guidance", "grammar", "until", "cap")}
    settings = MoleculeSettings(domain=domain, **parts, **asked, max_sa=max_sa if max_sa < 10.0 else None)
    return int(count or 1), seed, settings


def _ask(name: str, where: Any = st, **more: Any) -> Any:
    return ask_setting(MoleculeSettings, name, _KEYS[name], where, **more)
