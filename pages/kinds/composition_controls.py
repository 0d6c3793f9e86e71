"""Controls for compositions: elements, atoms, prompt, sampling. Their values live in the URL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from matgen_core.core.goals import Constraints
from matgen_core.core.settings import CompositionSettings
from matgen_core.kinds.compositions.rows import FORMULA_PROPERTIES, MAX_ATOMS
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from pages.i18n.language import _
from pages.kinds.crystal_controls import formula_help
from pages.widgets.asking.element_picker import LISTS, ask_of_elements, gather, pick_elements
from pages.widgets.asking.element_picker import RULES as OF_ELEMENTS
from pages.widgets.asking.goal_controls import goal_rules
from pages.widgets.asking.setting_controls import LAST_SEED, ask_count, ask_seed, ask_setting, rule_of
from pages.widgets.asking.url_settings import URL, OneOf, Rule, Text, Whole

MOST = 2000
#: Settings and their keys in the link.
_KEYS = {
    "prompt": "prompt",
    "neutral": "neutral",
    "new": "only_new",
    "temperature": "formula_temperature",
    "top_k": "formula_top_k",
    "cap": "formula_cap",
}
#: What each setting in the URL may be.
RULES: dict[str, Rule] = {
    **goal_rules(FORMULA_PROPERTIES),
    **{key: OneOf(ELEMENTS) for key in LISTS},
    **{key: rule_of(CompositionSettings, name) for name, key in _KEYS.items()},
    "formula_atoms": Whole(1, MAX_ATOMS),
    "formulas": Whole(1, MOST),
    "formula_seed": Whole(0, LAST_SEED),
    "formula_type": Text(60),
    **OF_ELEMENTS,
}
#: The same on the page of the loop.
LOOP_RULES = {key: RULES[key] for key in ("formula_atoms", "formula_type", *OF_ELEMENTS)}


def ask_composition(hazards: bool = True) -> Constraints:
    """Elements, type and atoms of the reduced formula; ``hazards``: whether toxic elements are asked about here."""
    picked = pick_elements(ELEMENTS)
    left, right = st.columns(2, gap="small", wrap=False)
    formula = left.text_input(
        _("Type of formula"),
        key="formula_type",
        bind=URL,
        placeholder=_("any; ABX3, Li-P-S"),
        max_chars=60,
        help=formula_help(),
    )
    most = right.number_input(
        _("Maximum atoms"),
        1,
        MAX_ATOMS,
        20,
        key="formula_atoms",
        bind=URL,
        help=_("In the reduced formula: Fe2O3 has 5"),
    )
    states, subsets = ask_of_elements()
    return replace(gather(picked, formula, hazards, ELEMENTS, states, subsets), max_atoms=int(most or 20))


def ask_formula_sampling() -> tuple[int, int, CompositionSettings]:
    """How many, which seed, and how."""
    prompt = _ask("prompt", placeholder="Li, Fe O, …")
    left, right = st.columns(2, gap="small", wrap=False)
    count = ask_count(
        _("Formulas"),
        "formulas",
        50,
        MOST,
        _(
            "Number of formulas to keep: different ones within the constraints, neutral or new if set. Formulas "
            "are generated until so many are kept, up to a limit (Generate at most)."
        ),
        left,
    )
    seed = ask_seed("formula_seed", _("The same seed and settings give the same formulas"), right)
    neutral, new = _ask("neutral", left), _ask("new", right)
    with st.expander(_("Temperature and top-k"), key="sampling-panel"):
        asked = {name: _ask(name) for name in ("temperature", "top_k", "cap")}
    return count, seed, CompositionSettings(prompt=prompt, neutral=neutral, new=new, **asked)


def _ask(name: str, where: Any = st, **more: Any) -> Any:
    return ask_setting(CompositionSettings, name, _KEYS[name], where, **more)
