"""Controls for compositions: elements, atoms, prompt, sampling. Their values live in the URL."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from matgen_core.core.goals import Constraints
from matgen_core.core.settings import CompositionSettings
from matgen_core.kinds.compositions.conditions import MOST_CAP
from matgen_core.kinds.compositions.rows import FORMULA_PROPERTIES, MAX_ATOMS
from matgen_core.kinds.crystals.rows import ELEMENTS
from pages.i18n.language import _
from pages.kinds.crystal_controls import LAST_SEED, formula_help
from pages.widgets.element_picker import LISTS, gather, pick_elements
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
_YES = OneOf(("true", "false"))
_USUAL = CompositionSettings()
#: What each setting in the URL may be.
RULES: dict[str, Rule] = {
    **{f"{key}_ask": OneOf(_ASK) for key in FORMULA_PROPERTIES},
    **{f"{key}_{end}": Real() for key in FORMULA_PROPERTIES for end in ("value", "low", "high")},
    **{key: OneOf(ELEMENTS) for key in LISTS},
    "prompt": Text(60), "formula_atoms": Whole(1, MAX_ATOMS), "formulas": Whole(1, MOST),
    "formula_seed": Whole(0, LAST_SEED), "formula_temperature": Real(0.1, 2.0), "formula_top_k": Whole(0, 60),
    "neutral": _YES, "only_new": _YES, "formula_cap": Whole(1, MOST_CAP),
    "formula_type": Text(60), "no_toxic": _YES, "no_radioactive": _YES,
}  # fmt: skip


def ask_composition(hazards: bool = True) -> Constraints:
    """Elements, type and atoms of the reduced formula; ``hazards``: whether toxic elements are asked about here."""
    picked = pick_elements(ELEMENTS)
    left, right = st.columns(2, gap="small", wrap=False)
    formula = left.text_input(
        _("Type of formula"), key="formula_type", bind=URL, placeholder=_("any; ABX3, Li-P-S"), max_chars=60,
        help=formula_help(),
    )  # fmt: skip
    most = right.number_input(
        _("Atoms, at most"), 1, MAX_ATOMS, 20, key="formula_atoms", bind=URL,
        help=_("In the reduced formula: Fe2O3 has 5"),
    )  # fmt: skip
    return replace(gather(picked, formula, hazards, ELEMENTS), max_atoms=int(most or 20))


def ask_formula_sampling() -> tuple[int, int, CompositionSettings]:
    """How many, which seed, and how."""
    prompt = st.text_input(
        _("Begin with"), key="prompt", bind=URL, max_chars=60, placeholder="Li, Fe O, …",
        help=_("Atoms that every formula begins with; the model goes on from there"),
    )  # fmt: skip
    left, right = st.columns(2, gap="small", wrap=False)
    count = left.number_input(_("Formulas"), 1, MOST, 50, key="formulas", bind=URL)
    seed = right.number_input(
        _("Seed"), 0, LAST_SEED, 0, key="formula_seed", bind=URL,
        help=_("The same seed and settings give the same formulas"),
    )  # fmt: skip
    neutral = left.toggle(
        _("Charge-neutral only"), _USUAL.neutral, key="neutral", bind=URL,
        help=_("Neutral with common oxidation states; one element may have two. Intermetallics are left out."),
    )  # fmt: skip
    new = right.toggle(_("New formulas only"), _USUAL.new, key="only_new", bind=URL)
    with st.expander(_("Temperature and top-k")):
        temperature = st.slider(
            _("Temperature"), 0.1, 2.0, _USUAL.temperature, 0.05, key="formula_temperature", bind=URL,
            help=_("Below 1: surer and less varied; above 1: more varied, more of it implausible"),
        )  # fmt: skip
        top_k = st.slider(
            _("Top-k"), 0, 60, _USUAL.top_k, key="formula_top_k", bind=URL,
            help=_("Only the k likeliest elements may come; 0: all"),
        )  # fmt: skip
        cap = st.number_input(
            _("At most so many drawn for each"), 1, MOST_CAP, _USUAL.cap, key="formula_cap", bind=URL,
            help=_("The run stops there even if it has not found enough"),
        )  # fmt: skip
    settings = CompositionSettings(
        float(temperature), int(top_k), (prompt or "").strip(), bool(neutral), bool(new), int(cap or 1)
    )
    return int(count or 1), int(seed or 0), settings
