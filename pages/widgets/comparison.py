"""Two to six candidates side by side: picture, readings, verdicts, diffraction, hull."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import streamlit as st

from matgen_core.core.records import Candidate, Crystal, Formula, Molecule
from matgen_core.kinds.rules import Rules, objections
from matgen_core.viz.crystals import draw_diffraction
from matgen_core.workflows.screen import name_of
from pages.i18n.formatting import (
    group_markdown,
    label_text,
    mark,
    reading_text,
    reason_text,
    rule_text,
    subscript,
)
from pages.i18n.language import _
from pages.kinds.molecule_view import drawing
from pages.kinds.structure_view import show_structure
from pages.widgets.design_results import hull_around, show_phases

MOST = 6


def show_comparison(candidates: Sequence[Candidate[Any]], rules: Rules) -> None:
    """The candidates in columns, at most MOST of them."""
    shown = candidates[:MOST]
    if len(candidates) > MOST:
        st.caption(_("The first {n} of {all} that are ticked").format(n=MOST, all=len(candidates)))
    per_row = 3 if len(shown) > 2 else 2
    for first in range(0, len(shown), per_row):
        for column, candidate in zip(st.columns(per_row, gap="medium"), shown[first : first + per_row], strict=False):
            with column:
                _show_one(candidate, rules)


def _show_one(candidate: Candidate[Any], rules: Rules) -> None:
    material = candidate.material
    if isinstance(material, Molecule):
        st.html(drawing(material.smiles, 300, 190))
        st.caption(f"`{material.smiles}`")
    elif isinstance(material, Crystal):
        st.markdown(f"**{subscript(name_of(candidate))}** · {group_markdown(material.space_group)}")
        show_structure(material, f"compare-{candidate.id}")
    else:
        st.markdown(f"**{subscript(name_of(candidate))}**")
    rows = [
        f'<tr><th>{escape(label_text(key))}</th><td class="number">{escape(reading_text(reading))}</td></tr>'
        for key, reading in candidate.predictions.items()
    ]
    classes = {"✓": "yes", "✗": "no", "–": "quiet"}
    for verdict in objections(candidate, rules):
        sign = mark(verdict)
        why = escape(reason_text(verdict, material))
        rows.append(
            f'<tr><th>{escape(rule_text(verdict.rule))}</th><td class="{classes[sign]}">{sign} '
            f'<span class="quiet">{why}</span></td></tr>'
        )
    if not objections(candidate, rules):
        rows.append(f'<tr><th>{escape(_("Every rule"))}</th><td class="yes">✓</td></tr>')
    st.html(f'<table class="facts">{"".join(rows)}</table>')
    if isinstance(material, Crystal):
        with st.expander(_("Diffraction and hull")):
            st.plotly_chart(
                draw_diffraction(material, translate=_),
                key=f"xrd-{candidate.id}",
                alt=_("Simulated powder diffraction"),
            )
            _show_hull(candidate)
    elif isinstance(material, Formula):
        with st.expander(_("Hull")):
            _show_hull(candidate)


def _show_hull(candidate: Candidate[Any]) -> None:
    if (figure := hull_around(candidate)) is None:
        show_phases(candidate, f"phases-{candidate.id}")
    else:
        st.plotly_chart(figure, key=f"hull-{candidate.id}", alt=_("Convex hull of the known phases"))
