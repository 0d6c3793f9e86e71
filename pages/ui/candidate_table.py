"""Candidates as a table, plots and a share that met the target; picking one anywhere picks it everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from matgen_core.chem.structure import formula_counts, reduced_formula
from matgen_core.chem.symmetry import symbol
from matgen_core.pipeline import base_rates
from matgen_core.properties import PROPERTIES
from matgen_core.stages.assess import met_all
from matgen_core.types import Candidate, Target
from matgen_core.viz import draw_readings
from pages.ui.language import _

_SHOWN = ("band_gap", "formation_energy", "magnetic_moment", "e_above_hull")
_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def pretty_formula(candidate: Candidate) -> str:
    """The reduced formula with subscripts."""
    return reduced_formula(candidate.material).translate(_DIGITS)


def show_shares(candidates: Sequence[Candidate], target: Target) -> None:
    """How many met each goal, beside what chance would reach."""
    rates: Mapping[str, float | None] = base_rates(target)
    boxes = st.columns(len(target.goals) + 2) if target.goals else st.columns(2)
    for box, (key, goal) in zip(boxes, target.goals.items(), strict=False):
        record = PROPERTIES[key]
        read = [c.verdict(f"target:{key}") for c in candidates]
        met = sum(v is not None and v.passed is True for v in read)
        rate = rates[key]
        chance = _("random: not measured") if rate is None else _("random: {share:.0%}").format(share=rate)
        slack = f" ± {record.tolerance:g}" if goal.is_value else ""
        box.metric(f"{_(record.label)} {goal}{slack}", f"{met} / {len(candidates)}", chance, delta_color="off")
    stable = sum((c.value("e_above_hull") or 9.0) < 0.1 for c in candidates)
    new = sum((v := c.verdict("newness")) is not None and v.passed is True for c in candidates)
    boxes[-2].metric(_("Within 0.1 eV/atom of the hull"), f"{stable} / {len(candidates)}")
    boxes[-1].metric(_("New structure or formula"), f"{new} / {len(candidates)}")


def show_candidates(candidates: Sequence[Candidate], target: Target) -> Candidate | None:
    """Table and plot; returns the one that was picked (the best if none was)."""
    only = st.toggle(_("Only those that meet every target"), key="only_met") if target.goals else False
    shown = [c for c in candidates if met_all(c)] if only else list(candidates)
    if not shown:
        st.info(_("None met every target. Turn the filter off to see the nearest."))
        return None
    table = pd.DataFrame([_row(c, target) for c in shown])
    chosen = st.dataframe(
        table, hide_index=True, key="table", on_select="rerun", selection_mode="single-row",
        height=min(38 * (len(table) + 1), 360), column_config=_columns(target),
    )  # fmt: skip
    rows = chosen["selection"]["rows"] if chosen else []
    picked = shown[rows[0]] if rows and rows[0] < len(shown) else None
    pointed = _show_plot(shown, target)
    return picked or next((c for c in shown if c.id == pointed), shown[0])


def _row(candidate: Candidate, target: Target) -> dict[str, object]:
    crystal = candidate.material
    row: dict[str, object] = {
        "formula": pretty_formula(candidate),
        "space_group": f"{symbol(crystal.space_group)} ({crystal.space_group})",
        "atoms": sum(formula_counts(crystal).values()),
    }
    if target.goals:
        row["met"] = "✓" if met_all(candidate) else "✗"
    for key in _SHOWN:
        prediction = candidate.predictions.get(key)
        row[key] = None if prediction is None else prediction.value
        if key in target.goals and prediction is not None:
            row[f"{key}_spread"] = prediction.spread
    for rule in ("charge_balance", "distances", "duplicate"):
        verdict = candidate.verdict(rule)
        row[rule] = "–" if verdict is None or verdict.passed is None else ("✓" if verdict.passed else "✗")
    newness = candidate.verdict("newness")
    row["newness"] = newness.reason if newness else ""
    row["id"] = candidate.id
    return row


def _columns(target: Target) -> dict[str, object]:
    config: dict[str, object] = {
        "formula": st.column_config.TextColumn(_("Formula"), pinned=True),
        "space_group": _("Space group"),
        "atoms": _("Atoms"),
        "met": _("On target"),
        "charge_balance": st.column_config.TextColumn(_("Charge"), help=_("SMACT validity")),
        "distances": _("Distances"),
        "duplicate": st.column_config.TextColumn(_("Unique")),
        "newness": st.column_config.TextColumn(_("Newness"), width="large"),
        "id": "id",
    }
    for key in _SHOWN:
        record = PROPERTIES[key]
        asked = f", {_('target')} {target.goals[key]}" if key in target.goals else ""
        config[key] = st.column_config.NumberColumn(f"{_(record.label)} ({record.unit}){asked}", format="%.3f")
        config[f"{key}_spread"] = st.column_config.NumberColumn("±", format="%.2f")
    return config


def _show_plot(candidates: Sequence[Candidate], target: Target) -> str | None:
    asked = [key for key in target.goals if key in _SHOWN]
    order = [*asked, *(key for key in ("formation_energy", "e_above_hull", *_SHOWN) if key not in asked)]
    order = list(dict.fromkeys(order))
    left, right = st.columns(2)
    names = {key: _(PROPERTIES[key].label) for key in _SHOWN}
    x = left.selectbox(_("Across"), order, format_func=names.__getitem__, key="plot_x")
    y = right.selectbox(_("Up"), order, index=1, format_func=names.__getitem__, key="plot_y")
    chart = draw_readings(candidates, x, y, dict(target.goals))
    event = st.plotly_chart(chart, key="plot", on_select="rerun", selection_mode="points")
    points = event["selection"]["points"] if event else []
    if not points:
        return None
    pointed = points[0]["customdata"]
    return str(pointed[0] if isinstance(pointed, (list, tuple)) else pointed)
