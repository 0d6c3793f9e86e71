"""Results of the loop: the funnel with its reasons, and cost and decomposition of a chosen crystal."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.chem.formulas.hazards import explain_supply, read_supply
from matgen_core.core.goal_probability import chance, round_chance
from matgen_core.core.goals import Target
from matgen_core.core.records import Candidate, Crystal, Formula, M
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.rules import Rules, count_stages
from matgen_core.runs.own_phases import phases_stamp
from matgen_core.viz.design import MOST_ELEMENTS, draw_funnel, draw_hull, list_phases
from pages.i18n.formatting import price_text, rule_text, subscript
from pages.i18n.language import _, language
from pages.kinds.registry import page_kind
from pages.widgets.charts import plot_config
from pages.widgets.found.facts import fact_rows, show_facts
from pages.widgets.found.number_table import Columns, write_numbers

#: Above this a few countries hold the market (U.S. Department of Justice).
_CONCENTRATED = 2500


def stage_names(stable: str) -> dict[str, str]:
    """The stages as the chapter calls them."""
    return {
        "generated": _("generated"),
        "reached": _("targets met"),
        "synthesizable": _("passes the chemical rules"),
        "stable": _(stable),
        "new": _("not in the reference"),
        "unique": _("unique"),
        "listed": _("listed"),
    }


def show_funnel(candidates: Sequence[Candidate[M]], rules: Rules, kind: str, first: str | None = None) -> None:
    """How many got how far, and what stopped the others; ``first`` names those that it begins with."""
    funnel, names = count_stages(candidates, rules), stage_names(page_kind(kind).stable)
    names["generated"] = first or names["generated"]
    left, right = st.columns([3, 2], gap="medium")
    with left:
        spoken = ", ".join(f"{names[stage]} {count}" for stage, count in funnel.counts)
        st.plotly_chart(
            draw_funnel(funnel, names, translate=_), key="funnel", config=plot_config("funnel", tools=False), alt=spoken
        )
    with right:
        st.markdown(f"**{_('Rejected because these checks failed')}**")
        rows = [
            f'<tr><th>{escape(rule_text(rule))}</th><td class="number">{count}</td></tr>'
            for rule, count in funnel.reasons
        ]
        if rows:
            show_facts(rows)
        st.caption(_("Each candidate counts once, for the first check that it fails."))


def show_prospects(candidate: Candidate[Crystal], target: Target) -> None:
    """Chance of being on target, price, supply, and the diagram of its elements."""
    formula = reduced_formula(candidate.material)
    supply, why = read_supply(formula), explain_supply(formula)
    odds = round_chance(chance(candidate, target))
    hazards = candidate.verdict("hazards")
    unknown = _("not known")
    facts = {
        _("Probability that every target is met"): (
            unknown
            if odds is None or not target.goals
            else _("{share}, from the whole predicted distribution").format(share=f"{100 * odds:.2g}%")
        ),
        _("Price of the elements"): (
            _(why["price"]) if supply.price is None else _("{price} USD/kg").format(price=price_text(supply.price))
        ),
        _("Supply (HHI of production, of reserves)"): ", ".join(
            _(why[field])
            if (value := getattr(supply, field)) is None
            else f"{value:,.0f}" + (f" ({_('few countries')})" if value > _CONCENTRATED else "")
            for field in ("production", "reserve")
        ),
        _("Scarcest element"): (
            unknown
            if supply.scarcest is None
            else _("{element}, {amount:g} mg per kg of Earth's crust").format(
                element=supply.scarcest[0], amount=supply.scarcest[1]
            )
        ),
        _("Hazards"): unknown if hazards is None else _(hazards.reason),
    }
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{_('Cost, supply, hazards')}**")
        show_facts(fact_rows(facts))
    with right:
        show_among_known(candidate)


def hull_around(candidate: Candidate[Crystal] | Candidate[Formula]) -> go.Figure | None:
    """The diagram of its elements in the reader's language; None where there is none."""
    return _hull(candidate, language(), phases_stamp())


@st.cache_resource(max_entries=100, show_spinner=False, hash_funcs={Candidate: repr})  # a figure is only read
def _hull(candidate: Candidate[Crystal] | Candidate[Formula], code: str, own: object) -> go.Figure | None:
    # The language and the user's phases are part of what is cached.
    return draw_hull(candidate, load_reference().hull, translate=_)


def show_among_known(candidate: Candidate[Crystal] | Candidate[Formula]) -> None:
    """The diagram of its elements' known phases with the candidate among them."""
    st.markdown(f"**{_('Among the known phases')}**")
    figure = hull_around(candidate)
    if figure is None:
        show_phases(candidate, "phases")
        return
    st.caption(_("The candidate is the diamond; circles are known phases on the hull."))
    st.plotly_chart(
        figure, key="hull", config=plot_config("hull"), alt=_("Convex hull of the known phases with the candidate")
    )


def show_small_hull(candidate: Candidate[Crystal] | Candidate[Formula]) -> None:
    """The diagram, or the table of phases, of one candidate beside others."""
    if (figure := hull_around(candidate)) is None:
        show_phases(candidate, f"phases-{candidate.id}")
    else:
        st.plotly_chart(
            figure,
            key=f"hull-{candidate.id}",
            config=plot_config("hull", tools=False),
            alt=_("Convex hull of the known phases"),
        )


def show_phases(candidate: Candidate[Crystal] | Candidate[Formula], key: str) -> None:
    """The known phases that the candidate competes with, where its elements are too many for a diagram."""
    phases = list_phases(candidate, load_reference().hull)
    if len(phases) == 0:
        st.caption(_("A diagram needs 2 to {n} elements and a predicted energy.").format(n=MOST_ELEMENTS))
        return
    st.caption(_("Known phases of its elements on the hull; its decomposition products come first."))
    rows = [(subscript(p.formula), p.energy, p.share or None) for p in phases]
    columns = [_("Known phase"), _("Formation energy (eV/atom)"), _("Share of atoms")]
    config: Columns = {
        columns[1]: st.column_config.NumberColumn(format="%.3f"),
        columns[2]: st.column_config.NumberColumn(format="percent"),
    }
    written, config = write_numbers(pd.DataFrame(rows, columns=columns), config)
    st.dataframe(
        written,
        hide_index=True,
        key=key,
        height=min(35 * len(rows) + 38, 300),
        placeholder="–",
        alt=_("Known phases, one per row"),
        column_config=config,
    )
