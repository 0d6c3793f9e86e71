"""Controls for crystals: elements, cell, sampling. Their values live in the URL."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from matgen_core.chem.crystals.prototypes import known_as, prototype_names
from matgen_core.chem.crystals.symmetry import CRYSTAL_SYSTEMS, read_space_groups
from matgen_core.core.declaring import declared
from matgen_core.core.goals import Constraints
from matgen_core.core.properties import asked_of
from matgen_core.core.settings import ConstraintTexts, CrystalSettings
from matgen_core.diffusion.samplers import METHODS
from matgen_core.kinds.crystals.generate import trained_engines
from matgen_core.kinds.crystals.known.rows import ELEMENTS
from pages.i18n.language import _
from pages.widgets.asking.element_picker import LISTS, ask_of_elements, gather, pick_elements
from pages.widgets.asking.element_picker import RULES as OF_ELEMENTS
from pages.widgets.asking.goal_controls import goal_rules
from pages.widgets.asking.setting_controls import LAST_SEED, ask_count, ask_seed, ask_setting, rule_of
from pages.widgets.asking.url_settings import URL, OneOf, Rule, Text, Whole

MOST = 1000
_USUAL = CrystalSettings()
#: Settings that are asked for by a control of their own kind: their keys in the link.
_KEYS = {
    "guidance": "strength",
    "steps": "steps",
    "skeletons": "skeletons",
    "drafts": "drafts",
    "geometries": "geometries",
    "templates": "templates",
    "relax": "relax",
    "prefer_stable": "stable",
    "novel": "novel",
    "engine_share": "engine_share",
    "cap": "crystal_cap",
    "judge": "judge",
}
#: What each setting in the URL may be.
RULES: dict[str, Rule] = {
    **goal_rules(asked_of("crystals")),
    **{key: OneOf(ELEMENTS) for key in LISTS},
    "formula": Text(60),
    "min_atoms": Whole(1, 40),
    "max_atoms": Whole(1, 40),
    "crystal_system": OneOf(("any", *CRYSTAL_SYSTEMS)),
    "count": Whole(1, MOST),
    "seed": Whole(0, LAST_SEED),
    "engine": OneOf(trained_engines()),
    "sampler": OneOf(METHODS),
    **{key: rule_of(CrystalSettings, name) for name, key in _KEYS.items()},
    **OF_ELEMENTS,
    **{key: rule_of(ConstraintTexts, key) for key in ("space_group", "dimensionality")},
    "structure_type": OneOf(("any", *prototype_names()), known_as),
}
#: The same on the page of the loop.
LOOP_RULES = {key: rule for key, rule in RULES.items() if key != "count"}


def formula_help() -> str:
    """What may be written where a formula is asked for."""
    return _(
        "A formula (Fe3O4), a type of formula (ABX3, ABO3, A2BX6) or a chemical system (Li-P-S). In a type, the "
        "letters A, E, G, J, L, M, Q, R, X and Z stand for any element; so do B if A is present, C if A and B "
        "are present, and Y if X and Z are present. Every other symbol is its element: O in ABO3 is oxygen. "
        "Different letters are different elements."
    )


def ask_constraints(hazards: bool = True) -> Constraints:
    """Elements, formula, cell; ``hazards``: whether toxic and radioactive elements are asked about here."""
    picked = pick_elements(ELEMENTS)
    one, two = st.columns(2, gap="small", wrap=False)
    formula = one.text_input(
        _("Formula"),
        key="formula",
        bind=URL,
        placeholder=_("any; Fe3O4, ABX3, Li-P-S"),
        max_chars=60,
        help=formula_help(),
    )
    crystal_system = two.selectbox(
        _("Crystal system"), ["any", *CRYSTAL_SYSTEMS], key="crystal_system", bind=URL, format_func=_
    )
    low = one.number_input(_("Atoms from"), 1, 40, 1, key="min_atoms", bind=URL)
    high = two.number_input(_("to"), 1, 40, 20, key="max_atoms", bind=URL, help=_("In the primitive cell"))
    groups = ask_setting(ConstraintTexts, "space_group", "space_group", one, placeholder=_("any; Pm-3m, 225"))
    dimensionality = ask_setting(ConstraintTexts, "dimensionality", "dimensionality", two)
    structure_type = st.selectbox(
        _("Structure type"),
        ["any", *prototype_names()],
        key="structure_type",
        bind=URL,
        format_func=lambda name: known_as(_(name)),
        help=_(declared(ConstraintTexts)["structure_type"][1].help),
    )
    states, subsets = ask_of_elements()
    return replace(
        gather(picked, formula, hazards, ELEMENTS, states, subsets),
        min_atoms=int(low or 1),
        max_atoms=int(high or 20),
        crystal_system=None if crystal_system == "any" else crystal_system,
        space_groups=read_space_groups(groups),
        dimensionality=None if dimensionality == "any" else int(dimensionality),
        structure_type=None if structure_type == "any" else structure_type,
    )


def ask_sampling() -> tuple[int, int, CrystalSettings]:
    """How many, which seed, and how."""
    left, right = st.columns(2, gap="small", wrap=False)
    count = ask_count(
        _("Candidates"),
        "count",
        16,
        MOST,
        _(
            "Number of candidates to keep: atoms not too close, within the constraints, no duplicates. "
            "Candidates are generated until so many are kept, up to a limit (Generate at most)."
        ),
        left,
    )
    seed = ask_seed("seed", _("The same seed and settings give the same candidates"), right)
    with st.expander(_("Engine and sampling"), key="sampling-panel"):
        engine = ask_engine()
        sampler = st.selectbox(_("Sampler"), METHODS, index=METHODS.index(_USUAL.sampler), key="sampler", bind=URL)
        asked = {name: ask_setting(CrystalSettings, name, key) for name, key in _KEYS.items()}
    settings = CrystalSettings(engine=engine, sampler=sampler, **asked)
    return count, seed, settings


def ask_engine() -> str:
    """The engine that generates the crystals."""
    names = trained_engines()
    usual = names.index(_USUAL.engine)  # the first where nothing is chosen, as by command
    return st.selectbox(_("Engine"), names, index=usual, key="engine", bind=URL, format_func=_)
