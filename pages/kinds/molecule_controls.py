"""Controls for molecules: properties, what to grow from, filters, sampling. Their values live in the URL."""

from __future__ import annotations

from importlib.util import find_spec

import streamlit as st

from matgen_core.chem.alerts import ALERTS
from matgen_core.core.properties import MOLECULE_CONDITIONS
from matgen_core.core.settings import MoleculeSettings
from matgen_core.kinds.molecules.conditions import UNTIL
from pages.i18n.language import _
from pages.kinds.crystal_controls import LAST_SEED
from pages.widgets.url_settings import (
    URL,
    OneOf,
    Real,
    Rule,
    Text,
    Whole,
)

MOST = 2000
_ASK = ("any", "value", "range")
_USUAL = MoleculeSettings()
_TEXTS = ("prefix", "scaffold", "require", "forbid")
_LONGEST = 200
#: What each setting in the URL may be.
RULES: dict[str, Rule] = {
    **{f"{key}_ask": OneOf(_ASK) for key in MOLECULE_CONDITIONS},
    **{f"{key}_{end}": Real() for key in MOLECULE_CONDITIONS for end in ("value", "low", "high")},
    **{key: Text(_LONGEST) for key in _TEXTS},
    "filters": OneOf(ALERTS), "max_sa": Real(1.0, 10.0), "molecules": Whole(1, MOST), "until": OneOf(UNTIL),
    "molecule_seed": Whole(0, LAST_SEED), "temperature": Real(0.1, 2.0), "top_k": Whole(0, 30),
    "top_p": Real(0.05, 1.0), "cap": Whole(1, 100), "heed": Real(0.0, 3.0),
}  # fmt: skip


def show_domain() -> None:
    """What the generator knows, beside the sliders."""
    st.caption(
        _(
            "Learnt from MOSES: neutral molecules of 250 to 350 g/mol from C, N, O, S, F, Cl, Br, without stereo. "
            "Benzene, aspirin or most drugs lie outside. Solubility is estimated (ESOL), not measured."
        )
    )


def ask_parts() -> dict[str, str]:
    """What to grow from, and what must and must not be in it."""
    with st.expander(_("Grow from, require, forbid")):
        draw_scaffold()
        left, right = st.columns(2, gap="small")
        texts = {
            "prefix": left.text_input(
                _("Prefix (SMILES)"), key="prefix", bind=URL, max_chars=_LONGEST, placeholder="CC(=O)N",
                help=_("Every string begins with it; it may stop inside a ring or branch"),
            ),
            "scaffold": right.text_input(
                _("Scaffold (SMILES)"), key="scaffold", bind=URL, max_chars=_LONGEST, placeholder="c1ccc2[nH]ccc2c1",
                help=_("Grown onto at an open end, or where a * stands (c1ccncc1*); every molecule must contain it"),
            ),
            "require": left.text_input(
                _("Require (SMARTS)"), key="require", bind=URL, max_chars=_LONGEST, placeholder="C(=O)N"
            ),
            "forbid": right.text_input(
                _("Forbid (SMARTS)"), key="forbid", bind=URL, max_chars=_LONGEST, placeholder="[Br]"
            ),
        }  # fmt: skip
    return {key: (text or "").strip() for key, text in texts.items()}


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
        st.session_state["scaffold"] = drawn[:_LONGEST]


def ask_molecule_sampling() -> tuple[int, int, MoleculeSettings]:
    """How many, which seed, and how."""
    parts = ask_parts()
    left, right = st.columns(2, gap="small", wrap=False)
    count = left.number_input(_("Molecules"), 1, MOST, 48, key="molecules", bind=URL)
    seed = right.number_input(
        _("Seed"), 0, LAST_SEED, 0, key="molecule_seed", bind=URL,
        help=_("The same seed and settings give the same molecules"),
    )  # fmt: skip
    temperature = st.slider(
        _("Temperature"), 0.1, 2.0, _USUAL.temperature, 0.05, key="temperature", bind=URL,
        help=_("Below 1: surer and less varied; above 1: more varied, more of it no molecule"),
    )  # fmt: skip
    top_k = st.slider(
        _("Top-k"), 0, 30, _USUAL.top_k, key="top_k", bind=URL, help=_("Only the k likeliest tokens may come; 0: all")
    )
    with st.expander(_("Filters and sampling")):
        filters = st.pills(_("Reject alerts"), ALERTS, selection_mode="multi", key="filters", bind=URL)
        max_sa = st.slider(
            _("Synthetic accessibility, at most"), 1.0, 10.0, 10.0, 0.1, key="max_sa", bind=URL,
            help=_("1 is easy to make, 10 is hard; 10 rejects nothing"),
        )  # fmt: skip
        top_p = st.slider(
            _("Top-p"), 0.05, 1.0, _USUAL.top_p, 0.05, key="top_p", bind=URL,
            help=_("Only the likeliest tokens that together reach this share may come"),
        )  # fmt: skip
        heed = st.slider(
            _("Guidance"), 0.0, 3.0, _USUAL.guidance, 0.1, key="heed", bind=URL,
            help=_("How much more than told the network heeds the targets; 0 is as told, and twice as fast"),
        )  # fmt: skip
        grammar = st.toggle(
            _("Only what can become a molecule"), _USUAL.grammar, key="grammar", bind=URL,
            help=_("A string after which no molecule can be written is begun anew; off: the network on its own"),
        )  # fmt: skip
        until = st.selectbox(
            _("Count those that are"), UNTIL, index=UNTIL.index(_USUAL.until), key="until", bind=URL, format_func=_,
            help=_("Each includes those before it; passing: every target and filter too"),
        )  # fmt: skip
        cap = st.number_input(
            _("At most so many strings for each"), 1, 100, _USUAL.cap, key="cap", bind=URL,
            help=_("The run stops there even if it has not found enough"),
        )  # fmt: skip
    settings = MoleculeSettings(
        temperature=float(temperature), top_k=int(top_k), top_p=float(top_p), **parts, filters=tuple(filters or ()),
        max_sa=float(max_sa) if max_sa < 10.0 else None, until=until, cap=int(cap or 1),
        grammar=bool(grammar), guidance=float(heed),
    )  # fmt: skip
    return int(count or 1), int(seed or 0), settings
