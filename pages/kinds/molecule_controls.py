"""Controls for molecules: properties, what to grow from, filters, sampling. Their values live in the URL."""

from __future__ import annotations

from typing import Any

import streamlit as st

from matgen_core.core.properties import asked_of
from matgen_core.core.settings import DOMAINS, MoleculeSettings
from pages.i18n.language import N_, _
from pages.kinds.molecule_generator import ask_generator
from pages.widgets.asking.goal_controls import goal_rules
from pages.widgets.asking.setting_controls import LAST_SEED, ask_count, ask_seed, ask_setting, rule_of
from pages.widgets.asking.sketcher import draw_into
from pages.widgets.asking.url_settings import Rule, Text, Whole

MOST = 2000
#: Texts to start from, with what stands in their empty fields.
_TEXTS = {
    "near": "CC(=O)Nc1ccc(O)cc1",
    "replace": "C(=O)N",
    "scaffold": "c1ccc2[nH]ccc2c1",
    "fragments": "c1ccccc1*.*N1CCOCC1",
    "prefix": "CC(=O)N",
    "require": "C(=O)N",
    "forbid": "[Br]",
}
#: Texts that can be drawn.
_DRAWN = {"near": N_("Molecule"), "scaffold": N_("Scaffold"), "fragments": N_("Fragments")}
#: Settings and their keys in the link.
_KEYS = {
    **{name: name for name in (*_TEXTS, "similarity", "temperature", "top_k", "max_sa", "top_p", "filters")},
    "guidance": "strength",
    "grammar": "grammar",
    "until": "until",
    "domain": "domain",
    "cap": "cap",
    "admet": "admet",
}
#: What each setting in the URL may be.
RULES: dict[str, Rule] = {
    **goal_rules(asked_of("molecules")),
    **{key: rule_of(MoleculeSettings, name) for name, key in _KEYS.items()},
    "generator": Text(40),
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


def chosen_domain() -> str:
    """The domain as its control stands, or as the link asks for it before the control is drawn."""
    asked = st.session_state.get("domain") or st.query_params.get("domain", "")
    return next((domain for domain in DOMAINS if asked in {domain, _(domain)}), MoleculeSettings().domain)


def ask_parts() -> dict[str, Any]:
    """What to start from, and what must and must not be in a molecule."""
    with st.expander(_("Start from a molecule, scaffold or fragments; substructures"), key="start-from-panel"):
        draw_into({name: _(_DRAWN[name]) for name in _DRAWN})
        asked: dict[str, Any] = {}
        for pair in (("near", "similarity"), ("replace", "fragments"), ("scaffold", "prefix"), ("require", "forbid")):
            for name, column in zip(pair, st.columns(2, gap="small"), strict=True):
                more = {"placeholder": _TEXTS[name]} if name in _TEXTS else {}
                asked[name] = _ask(name, column, **more)
        return asked


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
    with st.expander(_("Filters and sampling"), key="sampling-panel"):
        max_sa = _ask("max_sa", value=10.0)
        asked |= {name: _ask(name) for name in ("filters", "top_p", "guidance", "grammar", "until", "cap", "admet")}
    most = max_sa if max_sa < 10.0 else None
    settings = MoleculeSettings(domain=domain, **parts, **asked, max_sa=most, generator=ask_generator())
    return int(count or 1), seed, settings


def _ask(name: str, where: Any = st, **more: Any) -> Any:
    return ask_setting(MoleculeSettings, name, _KEYS[name], where, **more)
