"""What a page says above the button that begins a run: known materials, the measured hit rate, how long it takes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.runs.store import StoreError, open_store
from matgen_core.workflows.readiness import Readiness, assess_target, pace_of
from pages.i18n.formatting import duration_text
from pages.i18n.language import _
from pages.runs.run_recorder import owner


def show_readiness(kind: str, target: Target, settings: Any, count: int | None = None) -> None:
    """What is known of a run before it begins.

    Args:
        kind: of the material.
        target: checked before.
        settings: of the generator.
        count: candidates asked for; None where the run ends by its time limit.
    """
    found = _assessed(kind, repr((target, settings)), target, settings)
    parts = []
    if found.known is not None:
        parts.append(_("Known materials that meet this target: {n:,} of {of:,}.").format(n=found.known, of=found.of))
    if target.goals:
        parts.append(_rate(found))
    if count is not None:
        parts.append(_time(kind, count))
    if parts:
        st.caption(" ".join(parts))


@st.cache_data(max_entries=500, show_spinner=False)
def _assessed(kind: str, asked: str, _target: Target, _settings: Any) -> Readiness:
    """By the texts of target and settings."""
    return assess_target(kind, _target, _settings)


def _rate(found: Readiness) -> str:
    if found.hits is None:
        return _("Hit rate near it: not measured.")
    near = ", ".join(f"{_(PROPERTIES[key].short)} {value:g}" for key, value in found.hits.target.items())
    return _("Hit rate measured near it ({target}): {share:.0%} of {n}.").format(
        target=near, share=found.hits.share, n=found.hits.of
    )


def _time(kind: str, count: int) -> str:
    try:
        pace = pace_of(open_store().list(owner()), kind)
    except StoreError:  # Runs says what is wrong
        pace = None
    if pace is None:
        return _("Time on this machine: not known before the first run.")
    return _("Time on this machine: about {time}, as in your latest runs.").format(time=duration_text(pace * count))
