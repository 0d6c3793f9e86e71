"""Fronts of a screening as plots; a selection on the first marks rows of the table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from matgen_core.viz.screening import draw_front, draw_parallel
from matgen_core.workflows.screening.pareto import Objective, losses, measure_hypervolume
from pages.i18n.language import N_, _
from pages.widgets.charts import plot_config
from pages.widgets.found.remembered import remember
from pages.widgets.found.selection import selected_ids
from pages.widgets.found.shown_units import shown_unit
from pages.widgets.screening.table import PICKED, Ranked, tick
from pages.widgets.tabs import show_tabs

#: Share of the range below which it is not told: a front of the best of each objective alone covers none of it.
_LEAST = 0.005
_HYPERVOLUME = N_(
    "On the first Pareto front no other is better in everything. The hypervolume is the share of the range of the "
    "objectives that some candidate beats in everything; 100 % where one is best in all"
)


def show_fronts(ranked: Ranked, objectives: Sequence[Objective]) -> None:
    """The plots; a selection on the first marks rows of the table."""
    whole = [(c, front) for c, front, _merit in ranked if front]
    if len(objectives) < 2 or len(whole) < 2:
        st.info(_("Choose at least two objectives for which two or more candidates have predictions."))
        return
    candidates, fronts = [c for c, _front in whole], [front for _c, front in whole]
    asked = tuple(objectives), tuple(fronts)
    share = remember("hypervolume", candidates, asked, lambda: measure_hypervolume(losses(candidates, objectives)))
    said = [_("{front} of {all} on the first Pareto front.").format(front=fronts.count(1), all=len(whole))]
    if share is not None and share >= _LEAST:
        said.append(_("Hypervolume: {share} of the range between best and worst.").format(share=f"{share:.0%}"))
    st.caption(" ".join(said), help=_(_HYPERVOLUME))
    picked, units = st.session_state.get(PICKED, []), {o.key: shown_unit(o.property.unit) for o in objectives}
    # Only the open one is drawn: thousands of points are work for the browser, too.
    names = [N_("Two objectives"), N_("Three objectives"), N_("All objectives")]
    flat, deep, lines = show_tabs(names, "front-tabs")
    if flat.open:
        with flat:
            axes = _ask_axes(objectives)
        figure = remember(
            "front",
            candidates,
            (asked, axes, tuple(picked), units),
            lambda: draw_front(candidates, fronts, axes, picked=picked, units=units, translate=_),
        )
        flat.plotly_chart(
            figure,
            key="front",
            on_select=_pick_points,
            selection_mode=("points", "box", "lasso"),
            config=plot_config("pareto"),
            alt=_("Candidates over two objectives, the first Pareto front filled"),
        )
    if deep.open and len(objectives) < 3:
        deep.info(_("Choose a third objective."))
    elif deep.open:
        deep.plotly_chart(
            draw_front(candidates, fronts, objectives[:3], picked=picked, units=units, translate=_),
            key="front-3d",
            config=plot_config("pareto-3d"),
            alt=_("Candidates over three objectives"),
        )
    if lines.open:
        lines.plotly_chart(
            draw_parallel(candidates, fronts, objectives, translate=_),
            key="parallel",
            config=plot_config("objectives", tools=False),
            alt=_("All objectives, one line per candidate"),
        )


def _ask_axes(objectives: Sequence[Objective]) -> list[Objective]:
    """The two objectives that are drawn, of three or more."""
    if len(objectives) == 2:
        return list(objectives)
    by_key = {o.key: o for o in objectives}

    def named(key: str) -> str:
        return _(by_key[key].property.label)

    left, right = st.columns(2, gap="small", wrap=False)
    across = left.selectbox(_("x axis"), list(by_key), format_func=named, key=f"across-{'-'.join(by_key)}")
    others = [key for key in by_key if key != across]
    up = right.selectbox(_("y axis"), others, format_func=named, key=f"up-{'-'.join(others)}")
    return [by_key[across], by_key[up]]


def _pick_points() -> None:
    if ids := selected_ids("front"):
        tick(ids)
