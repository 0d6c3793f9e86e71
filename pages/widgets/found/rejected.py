"""Rejected candidates of the loop, nearest first: which rule each fails, why, and a button that loosens the rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Verdict
from matgen_core.kinds.rules import Rules, objections
from matgen_core.workflows.loop import DesignRun, resume
from matgen_core.workflows.loosening import judge_again, loosen, nearest_rejected
from pages.i18n.formatting import goal_text, reason_text, rule_text
from pages.i18n.language import _
from pages.kinds.registry import material_text, page_kind, page_kind_of
from pages.widgets.asking.goal_controls import goal_values
from pages.widgets.asking.rule_controls import rule_controls
from pages.widgets.design_run import Asked, Loop
from pages.widgets.found.number_table import Columns
from pages.widgets.found.selection import follow_pick
from pages.widgets.found.side_panel import beside

#: Rows of the table; a reader who wants more takes the CSV of everything.
_MOST = 100
_JUDGE = "loop-judge-again"


def show_rejected(loop: Loop, drawn: Sequence[Candidate[Any]], busy: bool) -> Candidate[Any] | None:
    """The table, and what the picked row fails.

    Args:
        loop: the run.
        drawn: all of it so far.
        busy: whether more may come; rules are loosened when the run has ended.

    Returns:
        the picked candidate; None where nothing was rejected.
    """
    near = nearest_rejected(drawn, loop.rules)
    if not near:
        return None
    st.markdown(f"**{_('Rejected, nearest first')}**")
    pick = follow_pick("rejected", loop.job, near[:_MOST], running=busy)
    table = pd.DataFrame([_row(candidate, loop.rules) for candidate in near[:_MOST]])
    words, numbers = st.column_config.TextColumn, st.column_config.NumberColumn
    columns: Columns = {
        "name": words(_(page_kind(loop.kind).key_label), pinned=True, width=130),
        "space_group": words(_("Space group"), width=100),
        "fails": words(_("Fails"), width=190),
        "why": words(_("First reason"), width=330),
        "count": numbers(_("Checks failed"), width=80),
        "id": words("id", width=75),
    }
    listed, panel = beside("rejected")
    with listed:
        pick.show_table(table, "rejected", 248, columns, _("Rejected candidates, one per row"))
        if len(near) > _MOST:
            text = _("The nearest {n} of {total}; the CSV of all candidates has the rest.")
            st.caption(text.format(n=_MOST, total=len(near)))
    picked = pick.of(near)
    with panel, st.container(key="rejected-rules", gap="small"):
        st.markdown(f"**{material_text(picked.material)}**")
        for verdict in objections(picked, loop.rules):
            _show_rule(loop, picked, verdict, busy)
    return picked


def _row(candidate: Candidate[Any], rules: Rules) -> dict[str, object]:
    failed = objections(candidate, rules)
    name = {"name": material_text(candidate.material)}
    return {
        **name,
        **page_kind_of(candidate.material).cells(candidate.material),
        "fails": ", ".join(rule_text(verdict.rule) for verdict in failed),
        "why": reason_text(failed[0], candidate.material),
        "count": len(failed),
        "id": candidate.id,
    }


def _show_rule(loop: Loop, candidate: Candidate[Any], verdict: Verdict, busy: bool) -> None:
    """One rule that the candidate fails, and the button that loosens it or the reason why there is none."""
    looser = loosen(candidate, verdict.rule, loop.rules, loop.target)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        why = reason_text(verdict, candidate.material)
        st.markdown(f"✗ {rule_text(verdict.rule)}: {why}" if why else rule_text(verdict.rule))
        if looser is None:
            st.caption(_("No setting loosens this check."))
        else:
            st.button(
                _offer(verdict.rule, *looser),
                key=f"loosen-{verdict.rule}",
                disabled=busy,
                on_click=_loosen,
                args=(loop.kind, *looser),
            )
            if busy:
                st.caption(_("when the run has ended"))


def _offer(rule: str, rules: Rules, target: Target) -> str:
    """What the button does, with the number that it sets."""
    if rule.startswith("target:"):
        key = rule.removeprefix("target:")
        return _("Accept {goal}").format(goal=goal_text(key, target.goals[key]))
    if rule == "hull":
        return _("Allow {value:g} eV/atom above the hull").format(value=rules.max_e_above_hull)
    if rule == "sa_score":
        return _("Allow an SA score of {value:g}").format(value=rules.max_sa)
    if rule == "known_phases":
        return _("Allow few known phases")
    if rule == "hazards":
        return _("Allow these elements")
    return _("Include known materials") if rule == "novelty" else _("Remove this filter")


def _loosen(kind: str, rules: Rules, target: Target) -> None:
    """Moves the controls to looser rules and goals; what was generated is checked by them when the page is drawn."""
    st.session_state[_JUDGE] = True
    st.session_state.update(rule_controls(kind, rules))
    st.session_state.update(goal_values({key: goal for key, goal in target.goals.items() if not goal.is_value}))


def follow_loosened(loop: Loop, asked: Asked | None) -> None:
    """Checks what was generated by the controls' rules and goals, where a button has just loosened one."""
    if not st.session_state.pop(_JUDGE, False) or asked is None or asked.kind != loop.kind:
        return
    run: DesignRun[Any] = loop.run or resume(loop.job.candidates, loop.rules, asked.seed)
    judged = judge_again(run.candidates, asked.rules, asked.target)
    loop.rules, loop.target = asked.rules, asked.target
    loop.run = DesignRun(judged, asked.rules, run.seed, run.drawn, run.seconds, run.ended)
