"""Columns that the tables of every kind share: score, predictions with their spreads in the words of the card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from matgen_core.core.goal_probability import chance, costs_of_goals, round_chance
from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate
from matgen_core.kinds.crystals.judge import met_all
from matgen_core.kinds.known_phases import cost_above_hull
from pages.i18n.formatting import (
    CHARGES,
    charge_verdict,
    goal_text,
    is_open,
    mark,
    metal_chance,
    prediction_text,
)
from pages.i18n.language import _
from pages.widgets.found.number_table import Columns
from pages.widgets.found.shown_units import in_shown_unit, shown_places, unit_of

if TYPE_CHECKING:
    from streamlit.elements.lib.column_types import ColumnConfig


#: Behind the key of a property, the columns of its spread, of words instead of a value, and of the second model.
SPREAD, UNDECIDED, JUDGE = "_spread", "_undecided", "_judge"
#: All that stands behind a key, with the value itself, in the order of a table.
PARTS = ("", SPREAD, UNDECIDED, JUDGE)


def score_column(made_of: str) -> ColumnConfig:
    """The column of scores, with what they are made of as its help, in English."""
    return st.column_config.NumberColumn(_("Score"), format="%.2f", width=62, help=_(made_of))


def shared_columns(score: str) -> Columns:
    """Columns of crystals and compositions alike, by the keys of :func:`target_cells` and :func:`charge_cells`.

    Args:
        score: what a score is made of, in English.
    """
    words, numbers = st.column_config.TextColumn, st.column_config.NumberColumn
    chance_help = _(
        "Probability that every target is met, from the whole predicted distribution, including the probability "
        "of a metal"
    )
    metal_help = _("Probability that the gap is zero, from the band-gap model")
    caution_help = _("Radioactive or toxic elements; too few known phases of its elements to assess its stability")
    return {
        "met": words(_("Met"), width=45, help=_("Whether every target is met")),
        "chance": numbers(_("P(met)"), format="percent", width=75, help=chance_help),
        "score": score_column(score),
        "parts": st.column_config.BarChartColumn(
            _("Score by part"),
            y_min=0.0,
            y_max=10.0,
            width=90,
            help=_(
                "What the score is made of, from left to right: each target in the order of the page, then the "
                "energy above hull. A high bar costs most"
            ),
        ),
        "metal": numbers(_("P(metal)"), format="percent", width=75, help=metal_help),
        "charge": words(_("Charges"), width=60, help=_(CHARGES)),
        "cautions": words(_("Caution"), width=120, help=caution_help),
    }


def target_cells(candidate: Candidate[Any], target: Target) -> dict[str, object]:
    """Whether every target is met and how likely that is, where there is a target; the score."""
    met: dict[str, object] = {}
    if target.goals:
        met = {"met": "✓" if met_all(candidate) else "✗", "chance": round_chance(chance(candidate, target))}
    return met | {"score": candidate.score, "parts": score_parts(candidate, target)}


def score_parts(candidate: Candidate[Any], target: Target) -> list[float] | None:
    """What the score is made of: of each target in its order, then of the energy above hull; None before it is scored.

    What takes a candidate off the list, a thousand in the score, is no part.
    """
    if candidate.score is None:
        return None
    return [round(cost, 3) for cost in (*costs_of_goals(candidate, target).values(), cost_above_hull(candidate))]


def charge_cells(candidate: Candidate[Any]) -> dict[str, object]:
    """How likely it is a metal, and whether its charges balance."""
    return {"metal": metal_chance(candidate), "charge": mark(charge_verdict(candidate))}


def property_column(
    key: str, target: Target, text: str, short: str = "", places: int = 2, width: int = 125
) -> ColumnConfig:
    """The column of a property's values.

    Args:
        key: of the property.
        target: what was asked for; the column of a property of it bears a mark and says the goal.
        text: about the property.
        short: its name in the head; the usual one where empty.
        places: decimal places.
        width: pixels.
    """
    goal = target.goals.get(key)
    asked = "" if goal is None else f"  \n{_('Target')}: {goal_text(key, goal)}"
    head = heading(key, short or _(PROPERTIES[key].short), goal is not None)
    places = shown_places(key, places)
    return st.column_config.NumberColumn(head, format=f"%.{places}f", width=width, help=f"{text}{asked}")


def prediction_cells(candidate: Candidate[Any], keys: Iterable[str]) -> dict[str, object]:
    """Value and spread of each property; where a model cannot tell zero from another value, the words of the card.

    Value and spread are numbers, each in a column of its own, so that a click on its head sorts by the number. A number
    of which the model is not sure would be sorted and compared as if it were one, so there is none.
    """
    cells: dict[str, object] = {}
    for key in keys:
        prediction = candidate.predictions.get(key)
        unsure = prediction is not None and is_open(prediction.zero_chance) and prediction.otherwise is not None
        said = None if unsure or prediction is None else prediction
        cells[key] = None if said is None else in_shown_unit(key, said.value)
        cells[key + SPREAD] = None if said is None or said.value is None else in_shown_unit(key, said.spread or None)
        cells[key + UNDECIDED] = prediction_text(prediction) if unsure else None
    return cells


def judge_cells(candidate: Candidate[Any], keys: Iterable[str]) -> dict[str, object]:
    """What a second model says of each property; None where none judged."""
    cells: dict[str, object] = {}
    for key in keys:
        judged = None if (p := candidate.predictions.get(key)) is None else p.judged
        cells[key + JUDGE] = None if judged is None else in_shown_unit(key, judged.value)
    return cells


def prediction_columns(table: pd.DataFrame, key: str, short: str = "", places: int = 2, spread: bool = True) -> Columns:
    """How the columns of uncertainty beside a property's value are shown; None hides one that is empty.

    Args:
        table: with the cells of :func:`prediction_cells`.
        key: of the property.
        short: its name in a head; the usual one where empty.
        places: decimal places of its values.
        spread: whether the spread is shown, too.
    """
    words, numbers = st.column_config.TextColumn, st.column_config.NumberColumn
    head = _("{property}, undecided").format(property=short or _(PROPERTIES[key].short))
    return {
        key + SPREAD: numbers(
            "±", format=f"± %.{shown_places(key, places)}f", width=60, help=_("One standard deviation")
        )
        if spread and table[key + SPREAD].notna().any()
        else None,
        key + UNDECIDED: words(
            head, width=175, help=_("Here the model cannot distinguish zero from another value, and there is no number")
        )
        if table[key + UNDECIDED].notna().any()
        else None,
    }


def judge_column(table: pd.DataFrame, key: str, label: str, unit: str, places: int = 2) -> ColumnConfig | None:
    """The column of what the second model says, right of the property; None, which hides it, where none judged.

    Args:
        table: with the cells.
        key: of the property.
        label: its name.
        unit: that is shown.
        places: decimal places of its values.
    """
    if not table[key + JUDGE].notna().any():
        return None
    return st.column_config.NumberColumn(
        "SevenNet",
        format=f"%.{shown_places(key, places)}f",
        width=80,
        help=_("{label} ({unit}) by SevenNet-l3i5, which judges: it takes no part in generation").format(
            label=label, unit=unit
        ),
    )


def asked_first(table: pd.DataFrame, asked: Iterable[str], names: Sequence[str]) -> pd.DataFrame:
    """The table with its columns in the order of every kind: name, score, what was asked for, then all else.

    Behind the value of a property stand its spread, words instead of it, and what the second model says.

    Args:
        table: of candidates, whose further columns keep their order.
        asked: keys of the properties that were asked for.
        names: columns that say which candidate it is.
    """
    order: dict[Any, None] = {}
    for column in (*names, "score", *asked, *table):
        order |= {name: None for part in PARTS if (name := f"{column}{part}") in table}
    return table[list(order)]


def heading(key: str, short: str, asked: bool) -> str:
    """Head of a property's column: name, unit in brackets, a mark where it is a target."""
    unit = unit_of(key)[0]
    return f"{short}{f' ({unit})' if unit else ''}{' ◎' if asked else ''}"
