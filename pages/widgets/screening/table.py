"""The table of a screening, best first; its rows are ticked for comparison and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd
import streamlit as st

from matgen_core.core.goal_probability import chance, round_chance
from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES, WHOLE, Property
from matgen_core.core.records import Candidate
from matgen_core.kinds.rules import Rules, objections
from matgen_core.workflows.screening.pareto import Objective
from pages.i18n.formatting import given_text, label_text, rule_text
from pages.i18n.language import _
from pages.kinds.registry import material_text, page_kind_of
from pages.widgets.found.empty_cells import EMPTY, add_reasons
from pages.widgets.found.number_table import Columns, write_numbers
from pages.widgets.found.prediction_columns import (
    JUDGE,
    SPREAD,
    UNDECIDED,
    asked_first,
    judge_cells,
    judge_column,
    prediction_cells,
    prediction_columns,
)
from pages.widgets.found.remembered import remember
from pages.widgets.found.shown_units import in_shown_unit, shown_places, shown_unit, unit_of
from pages.widgets.found.table_columns import choose_columns
from pages.widgets.screening.objectives import readable

#: Ids of the rows that are ticked; the number of the table, which rises where they are ticked elsewhere.
PICKED, _TURN = "screen-picked", "screen-turn"
#: Rows of which each is drawn in the table; a drawing is some kilobytes.
_MOST_DRAWN = 300
_MOST_VALUES = 6
#: Candidates with the number of their front and their desirability.
Ranked = Sequence[tuple[Candidate[Any], int, float | None]]


@dataclass(frozen=True)
class _Layout:
    """What the table shows.

    Args:
        objectives: with their values and spreads.
        further: properties beside the objectives.
        target: of which the probability is shown.
        rules: of which the failed are named.
        drawn: whether each material is drawn.
        named: whether any has a name of its own.
        given: whether any brings values of its own.
    """

    objectives: Sequence[Objective]
    further: Mapping[str, Property]
    target: Target
    rules: Rules
    drawn: bool
    named: bool
    given: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """Of the properties that are shown."""
        return (*(objective.key for objective in self.objectives), *self.further)


def tick(ids: Sequence[str]) -> None:
    """Ticks rows from elsewhere than the table."""
    st.session_state[PICKED] = list(ids)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def show_screen_table(ranked: Ranked, objectives: Sequence[Objective], rules: Rules) -> list[Candidate[Any]]:
    """The table, best first; returns the rows that are ticked."""
    candidates = [candidate for candidate, _front, _merit in ranked]
    layout = _Layout(
        objectives,
        _further_keys(ranked, objectives),
        # What a user's own predictor predicts has no tolerance of a target; chances are of the shipped properties.
        Target({o.key: o.goal for o in objectives if o.goal is not None and o.key in PROPERTIES}),
        rules,
        len(ranked) <= _MOST_DRAWN and all(page_kind_of(c.material).drawn_in_tables for c in candidates),
        any(candidate.name for candidate in candidates),
        any(map(given_text, candidates)),
    )
    asked = layout, [(front, merit) for _candidate, front, merit in ranked], [unit_of(key) for key in layout.keys]
    table, columns = remember("screen-table", candidates, asked, lambda: _make(ranked, layout))
    ids = [candidate.id for candidate in candidates]
    st.session_state["screen-ids"] = ids
    key = f"screen-table-{st.session_state.get(_TURN, 0)}"
    chosen = [ids.index(i) for i in st.session_state.get(PICKED, []) if i in ids]
    drawn = layout.drawn
    order = choose_columns("screening", table, columns)
    written, columns = write_numbers(table[order], columns)
    st.dataframe(
        written,
        hide_index=True,
        key=key,
        on_select=lambda: _pick_rows(key),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": chosen}},
        column_config=columns,
        column_order=order,
        placeholder="–",
        height=min((72 if drawn else 35) * len(ids) + 38, 460 if drawn else 390),
        row_height=72 if drawn else None,
        alt=_("Candidates, one per row"),
    )
    if any(
        (p := c.predictions.get(key)) is not None and p.known is not None for c in candidates for key in layout.keys
    ):
        st.caption(_("If the table of known phases has a value, it is shown instead of the prediction."))
    by_id = {c.id: c for c in candidates}
    return [by_id[i] for i in st.session_state.get(PICKED, []) if i in by_id]


def _make(ranked: Ranked, layout: _Layout) -> tuple[pd.DataFrame, Columns]:
    """The table and how its columns are shown."""
    said = cache(rule_text)  # some thousand rows, a handful of rules
    candidates = [candidate for candidate, _front, _merit in ranked]
    rows = [_row(candidate, front, merit, layout, said) for candidate, front, merit in ranked]
    asked = [objective.key for objective in layout.objectives]
    table = asked_first(pd.DataFrame(rows), asked, ("drawing", "name", "material", "merit"))
    columns = _columns(candidates, table, layout)
    columns[EMPTY] = add_reasons(table, candidates, {key: label_text(key) for key in layout.keys})
    return table, columns


def _row(
    candidate: Candidate[Any], front: int, merit: float | None, layout: _Layout, said: Callable[[str], str]
) -> dict[str, object]:
    row: dict[str, object] = {}
    if layout.drawn:
        row["drawing"] = page_kind_of(candidate.material).picture(candidate.material)
    if layout.named:
        row["name"] = candidate.name
    row["material"] = material_text(candidate.material)
    if layout.objectives:
        row |= {"front": front or None, "merit": merit}
    if layout.target.goals:
        row["chance"] = round_chance(chance(candidate, layout.target))
    for key in layout.keys:
        row |= _cells(candidate, key)
    if layout.given:
        row["given"] = given_text(candidate)
    row["rejected"] = ", ".join(said(verdict.rule) for verdict in objections(candidate, layout.rules))
    row["id"] = candidate.id
    return row | {f"yours:{header}": cell for header, cell in candidate.columns.items()}


def _cells(candidate: Candidate[Any], key: str) -> dict[str, object]:
    """Value and spread of a property: the table's value where a phase is known, words where the model cannot tell.

    Beside them the value of the second model, where one judged; it is the one that counts.
    """
    prediction, judged = candidate.predictions.get(key), judge_cells(candidate, (key,))
    if prediction is not None and prediction.known is not None:
        return {key: in_shown_unit(key, candidate.best(key)), key + SPREAD: None, key + UNDECIDED: None} | judged
    return prediction_cells(candidate, (key,)) | judged


def _columns(candidates: Sequence[Candidate[Any]], table: pd.DataFrame, layout: _Layout) -> Columns:
    words, numbers = st.column_config.TextColumn, st.column_config.NumberColumn
    columns: Columns = {
        "drawing": st.column_config.ImageColumn(_("Drawing"), pinned=True, width=125),
        "name": words(_("Name"), pinned=True, width=_width(c.name for c in candidates)),
        "material": words(
            _("Material"),
            pinned=not (layout.drawn or layout.named),
            width=_width(material_text(c.material) for c in candidates),
        ),
        "front": numbers(
            _("Front"), width=75, help=_("1: Pareto-optimal, no other candidate is better in every objective")
        ),
        "merit": numbers(
            _("Desirability"),
            format="%.2f",
            width=95,
            help=_("Weighted geometric mean over the objectives, 0 to 1, averaged over the uncertainties"),
        ),
        "chance": numbers(
            _("P(met)"),
            format="percent",
            width=75,
            help=_(
                "Probability that every range is met, from the whole predicted distribution, including the "
                "probability of a metal"
            ),
        ),
        "given": words(
            _("Your values"), width=130, help=_("Properties whose values are from your file, not predicted")
        ),
        "rejected": words(_("Fails"), width=150, help=_("Checks that it fails")),
        "id": words("id", width=80),
    }
    for record in (*(o.property for o in layout.objectives), *layout.further.values()):
        digits = 3 if record.unit.endswith("/atom") else 0 if record.key in WHOLE else 2
        label, short = _(record.label), _(record.short)
        places, unit = f"%.{shown_places(record.key, digits)}f", shown_unit(record.unit)[0]
        title = f"{label} ({unit})" if unit else label
        columns[record.key] = numbers(title, format=places, width=_title_width(title))
        # Of what is no objective only the words are shown, so that the table stays narrow.
        asked = any(o.key == record.key for o in layout.objectives)
        columns |= prediction_columns(table, record.key, short, digits, spread=asked)
        columns[record.key + JUDGE] = judge_column(table, record.key, label, unit, digits)
    columns |= {str(key): words(str(key)[6:]) for key in table if str(key).startswith("yours:")}
    return columns


def _further_keys(ranked: Ranked, objectives: Sequence[Objective]) -> dict[str, Property]:
    """Properties that are shown beside the objectives: of each there is a value; a few, so that the table is one."""
    asked = {o.key for o in objectives}
    found = {key: record for key, record in readable([c for c, _front, _merit in ranked]).items() if key not in asked}
    return dict(list(found.items())[: max(0, _MOST_VALUES - len(asked))])


def _width(texts: Iterable[str]) -> int:
    """Pixels for the longest text, within what leaves room for another column."""
    return min(560, max(110, 24 + 8 * max(map(len, texts), default=0)))


def _title_width(title: str) -> int:
    """Pixels in which the title of a column stands whole; a letter that is not Latin is twice as wide."""
    return max(70, 32 + 7 * sum(1 if letter < "\u2e80" else 2 for letter in title))


def _pick_rows(key: str) -> None:
    ids = st.session_state["screen-ids"]
    rows = st.session_state[key]["selection"]["rows"]
    st.session_state[PICKED] = [ids[i] for i in rows if i < len(ids)]
