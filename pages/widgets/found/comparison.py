"""Two to six candidates side by side: picture, predictions, verdicts, diffraction, hull."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import streamlit as st

from matgen_core.core.records import Candidate
from matgen_core.kinds.rules import Rules, objections
from pages.i18n.formatting import mark, reason_text, rule_text
from pages.i18n.language import _
from pages.kinds.registry import page_kind_of
from pages.widgets.found.facts import MARKS, short_rows, show_facts

MOST = 6


def show_comparison(candidates: Sequence[Candidate[Any]], rules: Rules) -> None:
    """The candidates in columns, at most MOST of them."""
    shown = candidates[:MOST]
    if len(candidates) > MOST:
        st.caption(_("The first {n} of {all} ticked rows").format(n=MOST, all=len(candidates)))
    per_row = min(3, len(shown))
    for first in range(0, len(shown), per_row):
        for column, candidate in zip(st.columns(per_row, gap="medium"), shown[first : first + per_row], strict=False):
            with column:
                _show_one(candidate, rules)


def _show_one(candidate: Candidate[Any], rules: Rules) -> None:
    material = candidate.material
    page = page_kind_of(material)
    page.show_small(candidate)
    rows = short_rows(candidate)
    for verdict in objections(candidate, rules):
        sign = mark(verdict)
        why = escape(reason_text(verdict, material))
        rows.append(
            f'<tr><th>{escape(rule_text(verdict.rule))}</th><td class="{MARKS[sign]}">{sign} '
            f'<span class="quiet">{why}</span></td></tr>'
        )
    if not objections(candidate, rules):
        rows.append(f'<tr><th>{escape(_("Every check"))}</th><td class="yes">✓</td></tr>')
    show_facts(rows)
    page.show_small_more(candidate)
