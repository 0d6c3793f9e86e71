"""Controls of what a candidate must pass beyond its targets. Their values live in the URL."""

from __future__ import annotations

import streamlit as st

from matgen_core.chem.alerts import ALERTS
from matgen_core.core.settings import Rules
from matgen_core.kinds.solid_state import available
from pages.i18n.language import _
from pages.widgets.url_settings import URL, OneOf, Real, Rule

_USUAL = Rules()
_YES = OneOf(("true", "false"))
#: What each of the rules of the loop may be in the URL.
RULES: dict[str, Rule] = {
    "max_hull": Real(0.0, 1.0),
    **dict.fromkeys(("toxic", "radioactive", "known", "solid_state", "shallow"), _YES),
    "loop_sa": Real(1.0, 10.0),
    "loop_filters": OneOf(ALERTS),
}


def ask_known(key: str = "known", usual: bool = False) -> bool:
    """Whether what is known already passes, too."""
    return st.toggle(_("List what is known already, too"), usual, key=key, bind=URL)


def ask_hull(key: str = "max_hull") -> float:
    """The highest energy above the hull that passes, eV/atom."""
    most = st.slider(_("Above the hull, at most (eV/atom)"), 0.0, 0.5, _USUAL.max_e_above_hull, 0.01, key=key, bind=URL)
    return float(most)


def ask_solid_state(key: str = "solid_state") -> bool:
    """Whether a candidate must be makeable from powders in air."""
    return st.toggle(
        _("Makeable from powders in air"),
        False,
        key=key,
        bind=URL,
        disabled=not available(),
        help=_(
            "Strict rules for oxides (matsyngate): states stable in air, volatility, precursors; solid-state "
            "reaction in a box furnace. An optional package: pip install matsyngate"
        ),
    )


def ask_solid_rules() -> Rules:
    """Rules of the loop for crystals and compositions."""
    known, most = ask_known(), ask_hull()
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
    solid_state = ask_solid_state()
    shallow = st.toggle(
        _("Allow few known phases"),
        False,
        key="shallow",
        bind=URL,
        help=_("Too few phases of the elements are known to judge stability, so the hull may be too shallow"),
    )
    return Rules(most, toxic, radioactive, known, solid_state=solid_state, shallow=shallow)


def solid_controls(rules: Rules) -> dict[str, object]:
    """The values of the controls of :func:`ask_solid_rules` that ask for these rules."""
    return {
        "max_hull": rules.max_e_above_hull,
        "toxic": rules.toxic,
        "radioactive": rules.radioactive,
        "known": rules.known,
        "solid_state": rules.solid_state,
        "shallow": rules.shallow,
    }


def ask_molecule_rules() -> Rules:
    """Rules of the loop for molecules."""
    known = ask_known()
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


def molecule_controls(rules: Rules) -> dict[str, object]:
    """The values of the controls of :func:`ask_molecule_rules` that ask for these rules."""
    return {"known": rules.known, "loop_sa": rules.max_sa, "loop_filters": list(rules.filters)}
