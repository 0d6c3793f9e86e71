"""Controls of the loop: of which kind, how many, how long. Their values live in the URL."""

from __future__ import annotations

import streamlit as st

from matgen_core.core.settings import Budget
from matgen_core.kinds.registry import NAMES
from pages.i18n.language import _
from pages.kinds.registry import page_kinds
from pages.widgets.asking import rule_controls
from pages.widgets.asking.setting_controls import LAST_SEED, ask_seed, ask_setting, rule_of
from pages.widgets.asking.url_settings import URL, OneOf, Rule, Whole

#: What each setting in the URL may be.
RULES: dict[str, Rule] = {
    **{key: rule for page in page_kinds() for key, rule in page.loop_link.items()},
    "what": OneOf(NAMES),
    **{name: rule_of(Budget, name) for name in ("want", "seconds", "draws")},
    "loop_seed": Whole(0, LAST_SEED),
    **rule_controls.RULES,
}


def ask_kind() -> str:
    """Name of the kind that the loop is for."""
    name = st.segmented_control(
        _("Material"),
        NAMES,
        default=NAMES[0],
        key="what",
        bind=URL,
        format_func=_,
        required=True,
        label_visibility="collapsed",
    )
    return name or NAMES[0]  # a link that names two gets neither


def ask_budget() -> tuple[Budget, int]:
    """When the loop ends, and its seed."""
    left, right = st.columns(2, gap="small", wrap=False)
    want = ask_setting(Budget, "want", "want", left)
    seconds = ask_setting(Budget, "seconds", "seconds", right, value=60.0)
    draws = ask_setting(Budget, "draws", "draws", left)
    seed = ask_seed("loop_seed", _("The same seed and settings give the same candidates"), right)
    return Budget(want, seconds, draws), seed
