"""Facts above the button that begins a run: known materials, the measured hit rate, how long it takes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.settings import Budget
from matgen_core.runs.store import StoreError, open_store
from matgen_core.workflows.readiness import FEW, Readiness, assess_target, pace_of
from pages.i18n.formatting import duration_text, goal_text
from pages.i18n.language import _, ngettext
from pages.runs.run_names import LOOP
from pages.runs.run_recorder import owner


def show_readiness(
    kind: str, target: Target, settings: Any, count: int | None = None, budget: Budget | None = None
) -> None:
    """What is known of a run before it begins.

    Args:
        kind: of the material.
        target: checked before.
        settings: of the generator.
        count: candidates asked for; None for a run of the loop.
        budget: of a run of the loop; None for a run for a count.
    """
    found = _assessed(kind, repr((target, settings)), target, settings)
    parts = []
    if found.known is not None:
        parts.append(_("Known materials that meet this target: {n:,} of {of:,}.").format(n=found.known, of=found.of))
    if target.goals:
        parts.append(_rate(found))
    parts += _out_of_domain(found, target)
    if count is not None:
        parts.append(_time(kind, count))
    if budget is not None:
        parts.append(_loop_time(kind, budget, found))
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


def _out_of_domain(found: Readiness, target: Target) -> list[str]:
    """What few known materials are like: there the networks extrapolate."""
    if found.is_apart and len(target.goals) > 1:
        return [
            _(
                "Out of domain: each target alone is met by known materials, all of them together by none. "
                "Predictions there are less certain."
            )
        ]
    scarce = [f"{_(PROPERTIES[key].short)} {goal_text(key, target.goals[key])} ({n})" for key, n in found.scarce_goals]
    scarce += [f"{element} ({n})" for element, n in found.scarce_elements]
    if not scarce:
        return []
    text = _("Out of domain, as fewer than {few} known materials are like it: {parts}. Predictions are less certain.")
    return [text.format(few=FEW, parts=", ".join(scarce))]


def _pace(kind: str) -> float | None:
    """Seconds a candidate in the latest runs of a kind; None before any."""
    try:
        return pace_of(open_store().list(owner()), kind)
    except StoreError:  # Runs says what is wrong
        return None


def _time(kind: str, count: int) -> str:
    pace = _pace(kind)
    if pace is None:
        return _("Time on this machine: not known before the first run.")
    return _("Time on this machine: about {time}, as in your latest runs.").format(time=duration_text(pace * count))


def _loop_time(kind: str, budget: Budget, found: Readiness) -> str:
    """How long the loop takes by the measured hit rate and the pace of the latest runs; its limit in any case."""
    limit, pace = duration_text(budget.seconds), _pace(f"{LOOP}{kind}") or _pace(kind)
    if not pace:
        return _("Time on this machine: at most {limit}; not known more closely before the first run.").format(
            limit=limit
        )
    if found.hits is None or not found.hits.share:
        count = min(budget.draws, int(budget.seconds / pace))
        return ngettext(
            "Time on this machine: at most {limit}, in which about {n:,} candidate is generated, as in your latest "
            "runs.",
            "Time on this machine: at most {limit}, in which about {n:,} candidates are generated, as in your latest "
            "runs.",
            count,
        ).format(limit=limit, n=count)
    seconds = budget.want / found.hits.share * pace
    text = _("Time on this machine: about {time} for {n} that meet the target, as measured; at most {limit}.")
    return text.format(time=duration_text(min(seconds, budget.seconds)), n=budget.want, limit=limit)
