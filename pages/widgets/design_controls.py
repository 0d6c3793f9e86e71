"""Controls of the loop: how many, how long, and what a candidate must pass. Their values live in the URL."""

from __future__ import annotations

import streamlit as st

from matgen_core.chem.alerts import ALERTS
from matgen_core.core.properties import MOLECULE_CONDITIONS
from matgen_core.kinds.rules import Rules
from matgen_core.kinds.solid_state import available
from matgen_core.workflows.loop import Budget
from pages.i18n.language import N_, _
from pages.kinds.composition_controls import RULES as FORMULA_RULES
from pages.kinds.crystal_controls import RULES as CRYSTAL_RULES
from pages.widgets.goal_controls import goal_rules
from pages.widgets.setting_controls import LAST_SEED
from pages.widgets.url_settings import (
    URL,
    OneOf,
    Real,
    Rule,
    Whole,
)

KINDS = (N_("crystals"), N_("compositions"), N_("molecules"))
_YES = OneOf(("true", "false"))
_USUAL = Rules()
#: What each setting in the URL may be.
RULES: dict[str, Rule] = {
    **{key: rule for key, rule in CRYSTAL_RULES.items() if key != "count"},
    **{key: FORMULA_RULES[key] for key in ("formula_atoms", "formula_type")},
    **goal_rules(MOLECULE_CONDITIONS),
    "what": OneOf(KINDS),
    "want": Whole(1, 500),
    "seconds": Whole(5, 3600),
    "draws": Whole(32, 20_000),
    "loop_seed": Whole(0, LAST_SEED),
    "max_hull": Real(0.0, 1.0),
    "toxic": _YES,
    "radioactive": _YES,
    "known": _YES,
    "solid_state": _YES,
    "shallow": _YES,
    "loop_sa": Real(1.0, 10.0),
    "loop_filters": OneOf(ALERTS),
}


def ask_budget() -> tuple[Budget, int]:
    """When the loop ends, and its seed."""
    left, right = st.columns(2, gap="small", wrap=False)
    want = left.number_input(
        _("Candidates wanted"), 1, 500, 10, key="want", bind=URL, help=_("The loop ends when so many pass everything")
    )
    seconds = right.number_input(_("Seconds, at most"), 5, 3600, 60, key="seconds", bind=URL)
    draws = left.number_input(_("Drawn, at most"), 32, 20_000, 2000, key="draws", bind=URL)
    seed = right.number_input(
        _("Seed"),
        0,
        LAST_SEED,
        0,
        key="loop_seed",
        bind=URL,
        help=_("The same seed and settings draw the same candidates"),
    )
    return Budget(int(want or 1), float(seconds or 5), int(draws or 32)), int(seed or 0)


def ask_rules(kind: str) -> Rules:
    """What a candidate must pass beyond its targets."""
    with st.expander(_("What it must pass")):
        known = st.toggle(_("List what is known already, too"), False, key="known", bind=URL)
        if kind == "molecules":
            max_sa = st.slider(
                _("Synthetic accessibility, at most"),
                1.0,
                10.0,
                _USUAL.max_sa,
                0.1,
                key="loop_sa",
                bind=URL,
                help=_("1 is easy to make, 10 is hard; 10 rejects nothing"),
            )
            filters = st.pills(
                _("Reject alerts"),
                ALERTS,
                selection_mode="multi",
                default=list(_USUAL.filters),
                key="loop_filters",
                bind=URL,
            )
            return Rules(known=known, max_sa=float(max_sa), filters=tuple(filters or ()))
        most = st.slider(
            _("Above the hull, at most (eV/atom)"), 0.0, 0.5, _USUAL.max_e_above_hull, 0.01, key="max_hull", bind=URL
        )
        toxic = st.toggle(
            _("Allow toxic elements"), False, key="toxic", bind=URL, help=_("Pb, Cd, Hg, As, Be, Tl: not even drawn")
        )
        radioactive = st.toggle(
            _("Allow radioactive elements"),
            False,
            key="radioactive",
            bind=URL,
            help=_("Elements without a stable isotope: not even drawn"),
        )
        solid_state = st.toggle(
            _("Makeable from powders in air"),
            False,
            key="solid_state",
            bind=URL,
            disabled=not available(),
            help=_(
                "Strict rules for oxides (matsyngate): states stable in air, volatility, precursors; solid-state "
                "reaction in a box furnace. An optional package: pip install matsyngate"
            ),
        )
        shallow = st.toggle(
            _("Allow few known phases"),
            False,
            key="shallow",
            bind=URL,
            help=_("Too few phases of the elements are known to judge stability, so the hull may be too shallow"),
        )
    return Rules(float(most), toxic, radioactive, known, solid_state=solid_state, shallow=shallow)
