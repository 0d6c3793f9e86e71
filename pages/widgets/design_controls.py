"""Controls of the loop: of which kind, how many, how long. Their values live in the URL."""

from __future__ import annotations

import streamlit as st

from matgen_core.kinds.registry import NAMES
from matgen_core.workflows.loop import Budget
from pages.i18n.language import _
from pages.kinds.registry import page_kinds
from pages.widgets import rule_controls
from pages.widgets.setting_controls import LAST_SEED
from pages.widgets.url_settings import URL, OneOf, Rule, Whole

#: What each setting in the URL may be.
RULES: dict[str, Rule] = {
    **{key: rule for page in page_kinds() for key, rule in page.loop_link.items()},
    "what": OneOf(NAMES),
    "want": Whole(1, 500),
    "seconds": Whole(5, 3600),
    "draws": Whole(32, 20_000),
    "loop_seed": Whole(0, LAST_SEED),
    **rule_controls.RULES,
}


def ask_kind() -> str:
    """Name of the kind that the loop is for."""
    name = st.segmented_control(
        _("What"),
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
