"""Compositions as shares, table, plot, and one of them in full."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from matgen_core.chem.formulas.hazards import explain_supply, read_supply
from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES, columns_of
from matgen_core.core.records import Candidate, Formula
from matgen_core.kinds.compositions.judge import nearest_known
from matgen_core.kinds.crystals.judge import met_all
from matgen_core.viz.compositions import draw_compositions
from matgen_core.workflows.evidence import Repeat
from pages.i18n.formatting import (
    cautions,
    charge_verdict,
    mark,
    price_text,
    subscript,
)
from pages.i18n.language import N_, _
from pages.widgets.found.empty_cells import EMPTY, add_reasons, no_prediction
from pages.widgets.found.evidence import offer_evidence
from pages.widgets.found.facts import fact_rows, prediction_rows, show_facts, show_origin, verdict_row
from pages.widgets.found.number_table import Columns
from pages.widgets.found.prediction_columns import (
    asked_first,
    charge_cells,
    prediction_cells,
    prediction_columns,
    property_column,
    shared_columns,
    target_cells,
)
from pages.widgets.found.selection import Pick
from pages.widgets.found.share_boxes import Box, show_boxes
from pages.widgets.found.shown_units import unit_of
from pages.widgets.hand_over import hand_over

_COLUMNS = tuple(key for key in columns_of("compositions") if key != "measured_gap")
#: What a score is made of.
_SCORE = N_(
    "Lower is better; rows are sorted by it. The score is a sum. For each target: its distance in units of the "
    "tolerance (at most 10; 10 without a prediction), plus the probability that it is missed. For the energy "
    "above hull: its value in units of 0.1 eV/atom (at most 10; 1 more if few phases are known)."
)


def show_formula_shares(
    drawn: Sequence[Candidate[Formula]], found: Sequence[Candidate[Formula]], target: Target
) -> None:
    """How many were drawn, and how many passed what."""

    def passed(rule: str, of: Sequence[Candidate[Formula]]) -> int:
        return sum(c.passed(rule) for c in of)

    boxes = [Box(_("Kept of generated"), len(found), len(drawn))]
    if target.goals:
        boxes.append(Box(_("Meets every target"), sum(map(met_all, found)), len(found)))
    boxes += [
        Box(_("Charge-balanced, of generated"), sum(mark(charge_verdict(c)) == "✓" for c in drawn), len(drawn)),
        Box(_("Not a known formula"), passed("novelty", found), len(found)),
        Box(_("Unique, of generated"), passed("duplicate", drawn), len(drawn)),
    ]
    with st.container(horizontal=True, gap="small", key="formula-shares"):
        show_boxes(boxes, 142)


def show_formula_table(found: Sequence[Candidate[Formula]], target: Target, pick: Pick) -> None:
    """One composition a row; a row picks it."""
    table = asked_first(pd.DataFrame([_row(c, target) for c in found]), target.goals, ("formula",))
    names = {key: _(PROPERTIES[key].short) for key in _COLUMNS} | {"price": _("USD/kg"), "hhi": "HHI"}
    columns = {**_columns(table, target), EMPTY: add_reasons(table, found, names, _why_empty)}
    pick.show_table(table, "formula-table", 390, columns, _("Compositions, one per row"))


def _why_empty(candidate: Candidate[Formula], key: str) -> str:
    """Why a cell of the row is empty."""
    fields = {"price": "price", "hhi": "production"}
    if key in fields:
        return _(explain_supply(candidate.material.reduced)[fields[key]])
    return no_prediction(candidate, key)


@st.cache_data(max_entries=20_000, show_spinner=False)
def _nearest(formula: str) -> tuple[str, float]:
    return nearest_known(formula)[0]


def _row(candidate: Candidate[Formula], target: Target) -> dict[str, object]:
    formula = candidate.material.reduced
    row: dict[str, object] = {"formula": subscript(formula)}
    row |= target_cells(candidate, target)
    row |= prediction_cells(candidate, _COLUMNS)
    row |= charge_cells(candidate)
    novelty = candidate.verdict("novelty")
    row["new"] = _("new") if novelty is not None and novelty.passed else _("known")
    row["cautions"] = cautions(candidate)
    near, share = _nearest(formula)
    row["nearest"], row["far"] = subscript(near), share
    supply = read_supply(formula)
    row["price"], row["hhi"] = None if supply.price is None else float(f"{supply.price:.3g}"), supply.production
    row["id"] = candidate.id
    return row


def _columns(table: pd.DataFrame, target: Target) -> Columns:
    words, numbers = st.column_config.TextColumn, st.column_config.NumberColumn
    config: Columns = {
        "formula": words(_("Formula"), pinned=True, width=120),
        **shared_columns(_SCORE),
        "new": words(_("Novelty"), width=70, help=_("Whether the formula is in the reference of known formulas")),
        "nearest": words(_("Nearest known"), width=110, help=_("The known formula that differs in fewest atoms")),
        "far": numbers(_("differs by"), format="percent", width=75, help=_("Share of the atoms that differ")),
        "price": numbers(
            _("USD/kg"),
            format="%g",
            width=75,
            help=_("Price of the elements, from pymatgen's cost table"),
        ),
        "hhi": numbers(
            "HHI", format="%.0f", width=65, help=_("Production: above 2,500 it is concentrated in few countries")
        ),
        "id": words("id", width=75),
    }
    for key in _COLUMNS:
        record = PROPERTIES[key]
        config[key] = property_column(key, target, f"{_(record.label)} ({record.unit})")
        config |= prediction_columns(table, key)
    return config


def show_formula_plot(found: Sequence[Candidate[Formula]], target: Target, pick: Pick) -> None:
    """Gap against formation energy with spreads; a click picks."""
    names = {key: _(PROPERTIES[key].label) for key in _COLUMNS}
    left, right = st.columns(2, gap="small", wrap=False)
    x = left.selectbox(_("x axis"), _COLUMNS, index=1, format_func=names.__getitem__, key="formula_x")
    y = right.selectbox(_("y axis"), _COLUMNS, index=0, format_func=names.__getitem__, key="formula_y")
    units = {key: unit_of(key) for key in (x, y)}
    chart = draw_compositions(found, x, y, target.goals, picked=pick.shown, units=units, translate=_)
    pick.show_plot(chart, "formula-plot", _("{x} against {y} of the compositions").format(x=names[x], y=names[y]))


def show_formula(candidate: Candidate[Formula], repeat: Repeat) -> None:
    """Everything that is known of one composition, and the way to structures of it.

    Args:
        candidate: the composition.
        repeat: what its run was asked for.
    """
    formula = candidate.material.reduced
    with st.container(key="formula-title"):
        st.subheader(subscript(formula), anchor=False)
    if st.button(_("Generate structures of this formula"), key="find-structures", type="primary", width="stretch"):
        hand_over(formula)
    show_facts(prediction_rows(candidate))
    supply, unknown = read_supply(formula), explain_supply(formula)
    facts = {
        _("Price of the elements"): _(unknown["price"])
        if supply.price is None
        else f"{price_text(supply.price)} USD/kg",
        _("HHI of production, reserves"): " · ".join(
            _(unknown[field]) if (value := getattr(supply, field)) is None else f"{value:,.0f}"
            for field in ("production", "reserve")
        ),
        _("Scarcest element"): _(unknown["scarcest"])
        if supply.scarcest is None
        else f"{supply.scarcest[0]}, {supply.scarcest[1]:g} mg/kg",
        _("Nearest known formulas"): ", ".join(f"{subscript(f)} ({d:.0%})" for f, d in nearest_known(formula, 3)),
    }
    show_facts([*map(verdict_row, candidate.verdicts), *fact_rows(facts, marked=True)])
    offer_evidence(candidate, repeat, f"{formula}-{candidate.id}")
    show_origin(candidate)
