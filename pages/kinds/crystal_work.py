"""Crystals in work: each a row from its draft on, in the stage that it has reached, with the funnel beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import pandas as pd
import streamlit as st

from matgen_core.chem.crystals.structure import formula_counts, reduced_formula
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import DRAFTED, PLACED, RELAXED, Candidate
from matgen_core.kinds.crystals.checks.agreement import RULE as AGREEMENT
from matgen_core.kinds.known_phases import is_judged, is_near_hull
from pages.i18n.formatting import group_symbol, subscript
from pages.i18n.language import _
from pages.widgets.found.facts import show_facts
from pages.widgets.found.number_table import Columns, write_numbers
from pages.widgets.found.prediction_columns import heading

_STABLE = PROPERTIES["e_above_hull"].tolerance
#: Pixels of each property's column: as wide as its head.
_WIDTHS = {"band_gap": 105, "formation_energy": 132, "e_above_hull": 132}
_HEIGHT = 300


def is_confirmed(candidate: Candidate) -> bool:
    """Whether the judge says that it is near the hull, and agrees with the model that steered."""
    return not candidate.stage and is_near_hull(candidate, _STABLE) and not candidate.failed(AGREEMENT)


def state_text(candidate: Candidate) -> str:
    """How far a crystal has come, in a word or two."""
    if candidate.stage:
        return {DRAFTED: _("drafted"), PLACED: _("placed"), RELAXED: _("relaxed")}[candidate.stage]
    if is_confirmed(candidate):
        return _("confirmed")
    prediction = candidate.predictions.get("e_above_hull")
    return _("judged") if prediction is not None and is_judged(prediction) else _("not judged")


def show_in_work(rows: Sequence[Candidate], finished: Sequence[Candidate]) -> None:
    """The rows, and how many of them and of those that were finished before have come how far.

    Args:
        rows: the batch in work, or what a cancelled run left unfinished.
        finished: judged before.
    """
    left, right = st.columns([4, 1], gap="small")
    with left:
        _show_rows(rows)
    with right:
        st.markdown(f"**{_('Progress')}**")
        show_stages((*rows, *finished))


def show_stages(candidates: Sequence[Candidate]) -> None:
    """How many have reached each stage."""
    later = {DRAFTED: 0, PLACED: 1, RELAXED: 2, "": 3}
    reached: dict[str, Callable[[Candidate], bool]] = {
        _("drafted"): lambda c: True,
        _("placed"): lambda c: later[c.stage] >= 1,
        _("relaxed"): lambda c: later[c.stage] >= 2,
        _("judged"): lambda c: not c.stage,
        _("confirmed"): is_confirmed,
    }
    counts = {name: sum(map(has, candidates)) for name, has in reached.items()}
    show_facts(f'<tr><th>{escape(name)}</th><td class="number">{n}</td></tr>' for name, n in counts.items())


def _show_rows(rows: Sequence[Candidate]) -> None:
    cells = [
        {
            "state": state_text(c),
            "formula": subscript(reduced_formula(c.material)),
            "space_group": f"{group_symbol(c.material.space_group)} ({c.material.space_group})",
            "atoms": sum(formula_counts(c.material).values()),
            **{key: c.value(key) for key in _WIDTHS},
            "judge": None if (p := c.predictions.get("e_above_hull")) is None or p.judged is None else p.judged.value,
            "engine": _(c.origin.engine),
            "id": c.id,
        }
        for c in rows
    ]
    words, numbers = st.column_config.TextColumn, st.column_config.NumberColumn
    columns: Columns = {
        "state": words(_("State"), width=75, help=state_help()),
        "formula": words(_("Formula"), width=90),
        "space_group": words(_("Space group"), width=105),
        "atoms": numbers(_("Atoms"), width=55),
        **{
            key: numbers(
                heading(key, _(PROPERTIES[key].short), asked=False),
                format="%.2f",
                width=_WIDTHS[key],
                help=_("Predictions by the steering model: the critic for drafts, CHGNet for geometries"),
            )
            for key in _WIDTHS
        },
        "judge": numbers(
            _("{property} by SevenNet").format(property=_(PROPERTIES["e_above_hull"].short)), format="%.2f", width=140
        ),
        "engine": words(_("Engine"), width=110),
        "id": words("id", width=70),
    }
    written, config = write_numbers(pd.DataFrame(cells), columns)
    st.dataframe(
        written,
        hide_index=True,
        key="in-work",
        placeholder="–",
        height=min(35 * (len(rows) + 1) + 3, _HEIGHT),
        column_config=config,
        alt=_("Unfinished candidates, one per row"),
    )


def state_help() -> str:
    """What the words of the column mean."""
    return _(
        "Drafted: elements on sites, chosen by the critic. Placed: with a geometry. Relaxed: by CHGNet. Confirmed: "
        "near the hull by SevenNet, too, which does not steer; judged: not near it. Earlier stages are not judged "
        "by SevenNet"
    )
