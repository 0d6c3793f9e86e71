"""Candidates as shares, a table and a plot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from matgen_core.chem.crystals.structure import formula_counts, reduced_formula
from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES, columns_of
from matgen_core.core.records import Candidate
from matgen_core.kinds.crystals.checks.agreement import RULE as AGREEMENT
from matgen_core.kinds.crystals.judge import base_rates, met_all
from matgen_core.kinds.known_phases import ENERGIES, is_near_hull
from matgen_core.viz.crystals import draw_predictions
from pages.i18n.formatting import (
    cautions,
    charge_verdict,
    goal_text,
    group_symbol,
    mark,
    novelty_text,
    subscript,
)
from pages.i18n.language import N_, _
from pages.kinds.crystal_work import state_help, state_text
from pages.kinds.diffraction_view import match_cells, match_column
from pages.widgets.found.empty_cells import EMPTY, add_reasons, no_prediction
from pages.widgets.found.number_table import Columns
from pages.widgets.found.prediction_columns import (
    JUDGE,
    UNDECIDED,
    asked_first,
    charge_cells,
    judge_cells,
    judge_column,
    prediction_cells,
    prediction_columns,
    property_column,
    shared_columns,
    target_cells,
)
from pages.widgets.found.selection import Pick
from pages.widgets.found.share_boxes import Box, show_boxes
from pages.widgets.found.shown_units import unit_of

_COLUMNS = columns_of("crystals")
#: What a score is made of.
_SCORE = N_(
    "Lower is better; rows are sorted by it. The score is a sum. For each target: its distance in units of the "
    "tolerance (at most 10; 10 without a prediction), plus the probability that it is missed. For the energy "
    "above hull: its value in units of 0.1 eV/atom (at most 10; 1 more if few phases are known). 1000 for each "
    "of: atoms too close, constraints not met, duplicate."
)
_STABLE = PROPERTIES["e_above_hull"].tolerance


def is_stable(candidate: Candidate) -> bool:
    """Whether it lies within the usual tolerance of the hull, and enough phases are known to say so."""
    return is_near_hull(candidate, _STABLE)


def _passed(rule: str) -> Callable[[Candidate], bool]:
    return lambda candidate: candidate.passed(rule)


def _is_balanced(candidate: Candidate) -> bool:
    verdict = charge_verdict(candidate)
    return verdict is not None and verdict.passed is True


# ----------------------------------------------------------------------------------------------------------- shares


def show_shares(candidates: Sequence[Candidate], target: Target) -> None:
    """How many met each goal, beside what chance would reach."""
    rates: Mapping[str, float | None] = base_rates(target)
    total = len(candidates)

    def box(label: str, check: Callable[[Candidate], bool], note: str = "") -> Box:
        return Box(label, sum(map(check, candidates)), total, note)

    boxes = [box(_("Meets every target"), met_all)] if len(target.goals) > 1 else []
    for key, goal in target.goals.items():
        rate = rates.get(key)
        random = _("random: not measured") if rate is None else _("random: {share:.0%}").format(share=rate)
        boxes.append(box(f"{_(PROPERTIES[key].label)} {goal_text(key, goal)}", _passed(f"target:{key}"), random))
    boxes.append(box(_("Below {limit:g} eV/atom above hull").format(limit=_STABLE), is_stable))
    unsure = sum((v := c.verdict("novelty")) is not None and v.passed is None for c in candidates)
    note = _("{n} not compared").format(n=unsure) if unsure else ""
    boxes.append(box(_("Not in the reference"), _passed("novelty"), note))
    with st.container(key="shares", horizontal=True, gap="small"):
        show_boxes(boxes, 142 if len(boxes) < 6 else 118)  # six fit beside the controls on a small laptop


# ------------------------------------------------------------------------------------------------------------ table


def filter_candidates(candidates: Sequence[Candidate], target: Target) -> list[Candidate]:
    """Those that pass what the reader ticks."""
    checks: dict[str, tuple[str, Callable[[Candidate], bool]]] = {
        "target": (_("on target"), met_all),
        "stable": (_("near the hull"), is_stable),
        "new": (_("not in the reference"), _passed("novelty")),
        "charge": (_("charge-balanced"), _is_balanced),
        "unique": (_("unique"), _passed("duplicate")),
    }
    if not target.goals:
        del checks["target"]
    names = {key: name for key, (name, _check) in checks.items()}
    ticked = st.pills(
        _("Show only"),
        list(checks),
        selection_mode="multi",
        key="only",
        format_func=names.__getitem__,
        label_visibility="collapsed",
        wrap=True,
    )
    return [c for c in candidates if c.stage or all(checks[key][1](c) for key in ticked)]


def show_table(candidates: Sequence[Candidate], target: Target, pick: Pick) -> None:
    """One candidate a row; a row picks it."""
    table = pd.DataFrame([_row(c, target) for c in candidates])
    if (matches := match_cells(candidates)) is not None:
        table["xrd"] = pd.Series(matches, dtype=float)
    table = asked_first(table, target.goals, ("formula", "xrd"))
    columns = _columns(table, target)
    columns["xrd"] = match_column()
    names = {key: _(PROPERTIES[key].short) for key in _COLUMNS if columns[key] is not None}
    judged = {key + JUDGE: _("{property} by SevenNet").format(property=_(PROPERTIES[key].short)) for key in ENERGIES}
    names |= {key: name for key, name in judged.items() if columns[key] is not None}
    columns[EMPTY] = add_reasons(table, candidates, names, _why_empty)
    pick.show_table(table, "candidates", 318, columns, _("Candidates, one per row"))


def _why_empty(candidate: Candidate, key: str) -> str:
    """Why a cell of the row is empty."""
    prediction = candidate.predictions.get(key.removesuffix(JUDGE))
    if not key.endswith(JUDGE) or prediction is None:
        return no_prediction(candidate, key)
    return _(prediction.judged.note) if prediction.judged is not None else _("not judged: CHGNet alone")


def _row(candidate: Candidate, target: Target) -> dict[str, object]:
    crystal = candidate.material
    row: dict[str, object] = {"formula": subscript(reduced_formula(crystal))}
    row |= target_cells(candidate, target)
    row |= {
        "state": state_text(candidate) if candidate.origin.is_proposed else None,
        "space_group": f"{group_symbol(crystal.space_group)} ({crystal.space_group})",
        "atoms": sum(formula_counts(crystal).values()),
    }
    row |= prediction_cells(candidate, dict.fromkeys(("e_above_hull", *_COLUMNS)))
    row |= judge_cells(candidate, ENERGIES)
    row["agreement"] = agreement_cell(candidate)
    row["cautions"] = cautions(candidate)
    row["novelty"] = novelty_text(candidate)
    row |= charge_cells(candidate)
    for rule in ("distances", "duplicate"):
        row[rule] = mark(candidate.verdict(rule))
    row["id"] = candidate.id
    return row


def agreement_cell(candidate: Candidate) -> str | None:
    """Whether both potentials agree; None where that was not asked."""
    verdict = candidate.verdict(AGREEMENT)
    words = {True: _("agree"), False: _("disagree"), None: _("CHGNet only")}
    return None if verdict is None else words[verdict.passed]


def _judge_columns(table: pd.DataFrame) -> Columns:
    """The judge's columns; hidden where nothing was judged."""
    config: Columns = {}
    for key in ENERGIES:
        config[key + JUDGE] = judge_column(table, key, _(PROPERTIES[key].label), unit_of(key)[0])
    config["agreement"] = (
        st.column_config.TextColumn(
            _("Potentials"),
            width=105,
            help=_(
                "Whether CHGNet (steers) and SevenNet (judges) agree: both below 0.1 eV/atom above the hull, or "
                "within 0.05 eV/atom of each other. Moments come from CHGNet only, which also labelled the "
                "training data"
            ),
        )
        if table["agreement"].notna().any()
        else None
    )
    return config


def _columns(table: pd.DataFrame, target: Target) -> Columns:
    words, numbers = st.column_config.TextColumn, st.column_config.NumberColumn
    config: Columns = {
        "formula": words(_("Formula"), pinned=True, width=96),
        "space_group": words(_("Space group"), width=105),
        "state": words(_("State"), width=85, help=state_help()) if table["state"].notna().any() else None,
        "atoms": numbers(_("Atoms"), width=55, help=_("In the primitive cell")),
        **shared_columns(_SCORE),
        "novelty": words(
            _("Novelty"),
            width=115,
            help=_(
                "Its structure compared with the known structures of its formula. Not compared: the formula is "
                "known, but not all of its structures are in the reference; look it up in the public databases. "
                "Unlisted: not in the reference"
            ),
        ),
        "distances": words(_("Distances"), width=75, help=_("✓: no two atoms are closer than in known crystals")),
        "duplicate": words(_("Unique"), width=60, help=_("✓: not the same as a better candidate of this run")),
        "id": words("id", width=70),
    }
    config |= _judge_columns(table)
    for key in _COLUMNS:
        record = PROPERTIES[key]
        short = _(record.short)
        text = f"{_(record.label)} ({record.unit}): {_(record.note)}"
        # A column that nothing was read for says nothing, unless it was asked for.
        read = table[[key, key + UNDECIDED]].notna().any(axis=None) or key in target.goals
        config[key] = property_column(key, target, text, short) if read else None
        config |= prediction_columns(table, key)
    return config


# ------------------------------------------------------------------------------------------------------------- plot


def show_plot(candidates: Sequence[Candidate], target: Target, pick: Pick) -> None:
    """Predictions against targets; a click on a point picks it."""
    names = {key: _(PROPERTIES[key].label) for key in _COLUMNS}
    order = list(dict.fromkeys([*target.goals, "formation_energy", "e_above_hull", *_COLUMNS]))
    order.sort(key=lambda key: all(c.value(key) is None for c in candidates))  # what was read first
    left, right = st.columns(2, gap="small", wrap=False)
    x = left.selectbox(_("x axis"), order, format_func=names.__getitem__, key="plot_x")
    y = right.selectbox(_("y axis"), order, index=1, format_func=names.__getitem__, key="plot_y")
    if not any(c.value(x) is not None and c.value(y) is not None and not c.is_draft for c in candidates):
        st.info(_("No candidate has both values. Choose other axes."))
        return
    chart = draw_predictions(
        [c for c in candidates if not c.is_draft],
        x,
        y,
        target.goals,
        picked=pick.shown,
        units={key: unit_of(key) for key in (x, y)},
        translate=_,
    )
    alt = _("{x} against {y} of the candidates, targets as bands").format(x=names[x], y=names[y])
    pick.show_plot(chart, "plot", alt)
