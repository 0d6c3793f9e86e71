"""Facts of a material as rows of a small table: predictions, verdicts, and what else is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import streamlit as st

from matgen_core.core.records import Candidate, Verdict
from pages.i18n.formatting import judged_text, label_text, mark, prediction_text, reason_text, rule_text, source_text
from pages.i18n.language import _

#: Class of the style sheet for a mark.
MARKS = {"✓": "yes", "✗": "no", "–": "quiet"}


def show_facts(rows: Iterable[str]) -> None:
    """Rows of a table whose cells are already escaped."""
    st.html(f'<table class="facts">{"".join(rows)}</table>')


def fact_rows(facts: Mapping[str, str], marked: bool = False) -> list[str]:
    """Name and text of each; ``marked``: whether an empty cell stands before, as the mark of a verdict does."""
    before = "<td></td>" if marked else ""
    return [f"<tr>{before}<th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in facts.items()]


def prediction_rows(candidate: Candidate[Any]) -> list[str]:
    """Every prediction with its spread, which model makes it, and whether the material is unlike what that learnt."""
    rows = []
    for key, prediction in candidate.predictions.items():
        warning = f'<br><span class="no">{_("out of domain")}</span>' if prediction.in_domain is False else ""
        name, value, about = (
            escape(f) for f in (label_text(key), prediction_text(prediction), source_text(prediction))
        )
        text = f'<span class="number">{value}</span>{warning}<br><span class="quiet">{about}</span>'
        if judged := judged_text(prediction):
            text += f"<br>{escape(judged)}"
        rows.append(f"<tr><th>{name}</th><td>{text}</td></tr>")
    return rows


def short_rows(candidate: Candidate[Any]) -> list[str]:
    """Every prediction with its spread, and what the judge says of it, in one row each."""
    rows = []
    for key, prediction in candidate.predictions.items():
        both = " · ".join(filter(None, (prediction_text(prediction), judged_text(prediction))))
        rows.append(f'<tr><th>{escape(label_text(key))}</th><td class="number">{escape(both)}</td></tr>')
    return rows


def verdict_row(verdict: Verdict, material: object = None, name: str = "") -> str:
    """Mark, name and reason of a verdict.

    Args:
        verdict: to be shown.
        material: of which it is; formulas in the reason of a molecule stay as they are.
        name: of the rule; the usual one where empty.
    """
    sign = mark(verdict)
    why = escape(reason_text(verdict, material) or _("yes"))
    return (
        f'<tr><td class="{MARKS[sign]}">{sign}</td><th>{escape(name or rule_text(verdict.rule))}</th>'
        f'<td><span class="quiet">{why}</span></td></tr>'
    )


def show_origin(candidate: Candidate[Any]) -> None:
    """Which engine drew it, by which seed and weights, as far as it was drawn."""
    origin = candidate.origin
    seed = "" if origin.seed is None else f"{_('seed')} {origin.seed}"
    st.caption(" · ".join(filter(None, (candidate.id, _(origin.engine), seed, origin.checkpoint))))
