"""Candidates as shares, a table and a plot; picking one anywhere picks it everywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from matgen_core.chem.structure import formula_counts, reduced_formula
from matgen_core.pipeline import base_rates
from matgen_core.properties import CRYSTAL_CONDITIONS, PROPERTIES
from matgen_core.stages.assess import met_all
from matgen_core.stages.likelihood import chance
from matgen_core.types import Candidate, Target
from matgen_core.viz.crystals import draw_readings
from pages.ui.language import N_, _
from pages.ui.wording import goal_text, group_symbol, mark, newness_text, subscript

#: State of the page: id of the picked candidate, ids in the table's order, number of the table's selection.
PICKED, _SHOWN, _TURN = "picked", "table-ids", "table-selection"
#: Column headings.
_SHORT = {
    "band_gap": N_("Gap"), "formation_energy": N_("E form."), "magnetic_moment": N_("Moment"),
    "e_above_hull": N_("E hull"),
}  # fmt: skip
_STABLE = PROPERTIES["e_above_hull"].tolerance


def is_stable(candidate: Candidate) -> bool:
    """Whether it lies within the usual tolerance of the hull of known phases."""
    value = candidate.value("e_above_hull")
    return value is not None and value < _STABLE


def _passed(rule: str) -> Callable[[Candidate], bool]:
    def check(candidate: Candidate) -> bool:
        verdict = candidate.verdict(rule)
        return verdict is not None and verdict.passed is True

    return check


# ----------------------------------------------------------------------------------------------------------- shares


def show_shares(candidates: Sequence[Candidate], target: Target) -> None:
    """How many met each goal, beside what chance would reach."""
    rates: Mapping[str, float | None] = base_rates(target)
    boxes = []
    if len(target.goals) > 1:
        boxes.append((_("On every target"), met_all, ""))
    for key, goal in target.goals.items():
        rate = rates.get(key)
        chance = _("random: not measured") if rate is None else _("random: {share:.0%}").format(share=rate)
        boxes.append((f"{_(PROPERTIES[key].label)} {goal_text(key, goal)}", _passed(f"target:{key}"), chance))
    boxes.append((_("Below {limit:g} eV/atom above hull").format(limit=_STABLE), is_stable, ""))
    boxes.append((_("New structure or formula"), _passed("newness"), ""))
    width = 142 if len(boxes) < 6 else 118  # six fit beside the controls on a small laptop
    with st.container(key="shares", horizontal=True, gap="small"):
        for label, check, chance in boxes:
            met = sum(map(check, candidates))
            share = f"{met / len(candidates):.0%}"
            st.metric(
                label, f"{met} / {len(candidates)}", f"{share} · {chance}" if chance else share, delta_color="off",
                delta_arrow="off", width=width,
            )  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ table


def filter_candidates(candidates: Sequence[Candidate], target: Target) -> list[Candidate]:
    """Those that pass what the reader ticks."""
    checks = {
        "target": (_("on target"), met_all), "stable": (_("near the hull"), is_stable),
        "new": (_("new"), _passed("newness")), "charge": (_("charge-balanced"), _passed("charge_balance")),
        "unique": (_("unique"), _passed("duplicate")),
    }  # fmt: skip
    if not target.goals:
        del checks["target"]
    names = {key: name for key, (name, _check) in checks.items()}
    ticked = st.pills(
        _("Show only"), list(checks), selection_mode="multi", key="only", format_func=names.__getitem__,
        label_visibility="collapsed", wrap=True,
    )  # fmt: skip
    return [c for c in candidates if all(checks[key][1](c) for key in ticked)]


def show_table(candidates: Sequence[Candidate], target: Target) -> Candidate:
    """The table; returns the candidate that is picked (the best if none was)."""
    ids = [c.id for c in candidates]
    st.session_state[_SHOWN] = ids
    table = pd.DataFrame([_row(c, target) for c in candidates])
    turn = st.session_state.setdefault(_TURN, 0)
    key = f"candidates-{turn}"
    st.dataframe(
        table, hide_index=True, key=key, on_select=lambda: _pick_row(key), selection_mode="single-row-required",
        height=min(35 * (len(table) + 1) + 3, 318), column_config=_columns(table, target), placeholder="–",
        selection_default={"selection": {"rows": [_place(ids)]}}, alt=_("Candidates, one a row"),
    )  # fmt: skip
    return candidates[_place(ids)]


def _place(ids: Sequence[str]) -> int:
    picked = st.session_state.get(PICKED)
    return ids.index(picked) if picked in ids else 0


def _pick_row(key: str) -> None:
    rows, ids = st.session_state[key]["selection"]["rows"], st.session_state[_SHOWN]
    if rows and rows[0] < len(ids):
        st.session_state[PICKED] = ids[rows[0]]


def _row(candidate: Candidate, target: Target) -> dict[str, object]:
    crystal = candidate.material
    row: dict[str, object] = {
        "formula": subscript(reduced_formula(crystal)),
        "space_group": f"{group_symbol(crystal.space_group, overline=False)} ({crystal.space_group})",
        "atoms": sum(formula_counts(crystal).values()),
    }
    if target.goals:
        row["met"] = "✓" if met_all(candidate) else "✗"
        row["chance"] = chance(candidate, target)
    for key in dict.fromkeys((*target.goals, "e_above_hull", *CRYSTAL_CONDITIONS)):
        prediction = candidate.predictions.get(key)
        row[key] = None if prediction is None else prediction.value
        row[f"{key}_spread"] = None if prediction is None else prediction.spread
    row["newness"] = newness_text(candidate)
    for rule in ("charge_balance", "distances", "duplicate"):
        row[rule] = mark(candidate.verdict(rule))
    row["id"] = candidate.id
    return row


def _columns(table: pd.DataFrame, target: Target) -> dict[str, object]:
    words, numbers = st.column_config.TextColumn, st.column_config.NumberColumn
    config: dict[str, object] = {
        "formula": words(_("Formula"), pinned=True, width=110),
        "space_group": words(_("Space group"), width=105),
        "atoms": numbers(_("Atoms"), width=55, help=_("In the primitive cell")),
        "met": words(_("Met"), width=45, help=_("Whether every target is met")),
        "chance": numbers(
            _("Chance"),
            format="percent",
            width=65,
            help=_("Probability that every target is met, if errors are normal with the spreads shown"),
        ),
        "newness": words(_("Newness"), width=115),
        "charge_balance": words(_("Charge"), width=60, help=_("SMACT validity: whether charges can balance")),
        "distances": words(_("Distances"), width=75, help=_("Whether no two atoms overlap")),
        "duplicate": words(_("Unique"), width=60, help=_("Whether no better candidate of this run is the same")),
        "id": words("id", width=70),
    }
    for key in CRYSTAL_CONDITIONS:
        record = PROPERTIES[key]
        asked = f"  \n{_('Target')}: {goal_text(key, target.goals[key])}" if key in target.goals else ""
        help_text = f"{_(record.label)} ({record.unit}): {_(record.note)}{asked}"
        heading = f"{_(_SHORT[key])}, {record.unit}{' ◎' if asked else ''}"
        # A column that nothing was read for says nothing, unless it was asked for.
        read = table[key].notna().any() or key in target.goals
        config[key] = numbers(heading, format="%.2f", width=118, help=help_text) if read else None
        known = table[f"{key}_spread"].notna().any()
        config[f"{key}_spread"] = numbers("±", format="%.2f", width=50) if known else None
    return config


# ------------------------------------------------------------------------------------------------------------- plot


def show_plot(candidates: Sequence[Candidate], target: Target, picked: Candidate) -> None:
    """Readings against targets; a click on a point picks it."""
    names = {key: _(PROPERTIES[key].label) for key in CRYSTAL_CONDITIONS}
    order = list(dict.fromkeys([*target.goals, "formation_energy", "e_above_hull", *CRYSTAL_CONDITIONS]))
    order.sort(key=lambda key: all(c.value(key) is None for c in candidates))  # what was read first
    left, right = st.columns(2, gap="small", wrap=False)
    x = left.selectbox(_("Across"), order, format_func=names.__getitem__, key="plot_x")
    y = right.selectbox(_("Up"), order, index=1, format_func=names.__getitem__, key="plot_y")
    if not any(c.value(x) is not None and c.value(y) is not None for c in candidates):
        st.info(_("No candidate has a reading of both. Choose other axes."))
        return
    chart = draw_readings(candidates, x, y, target.goals, picked=picked.id, translate=_)
    st.plotly_chart(
        chart, key="plot", on_select=_pick_point, selection_mode="points", config={"displayModeBar": False},
        alt=_("{x} against {y} of the candidates, targets as bands").format(x=names[x], y=names[y]),
    )  # fmt: skip


def _pick_point() -> None:
    points = st.session_state["plot"]["selection"]["points"]
    if points:
        data = points[0]["customdata"]
        st.session_state[PICKED] = str(data[0] if isinstance(data, list | tuple) else data)
        st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1  # a new table, whose selection follows the click
