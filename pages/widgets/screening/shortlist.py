"""The shortlist of a screening: a diverse few, and files."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from matgen_core.core.records import Candidate
from matgen_core.kinds.registry import load_kind, name_of_kind
from matgen_core.kinds.rules import Rules
from matgen_core.viz.screening import draw_trade_off
from matgen_core.workflows.screening.files import screening_to_csv, screening_to_json
from matgen_core.workflows.screening.pareto import Objective, mean_distance, pick_diverse, trade_off
from matgen_core.workflows.screening.screen import name_of
from pages.i18n.formatting import number
from pages.i18n.language import _, ngettext
from pages.kinds.registry import page_kinds
from pages.widgets.charts import plot_config
from pages.widgets.found.downloads import File, offer
from pages.widgets.found.remembered import remember
from pages.widgets.screening.table import Ranked, tick


def pick_few(ranked: Ranked) -> None:
    """A diverse few, and what diversity costs."""
    # A repeat is never unlike what it repeats.
    once = [entry for entry in ranked if not entry[0].failed("duplicate")]
    whole = [(c, merit) for c, _front, merit in once if merit is not None]
    if len(whole) < 3:
        return
    left, middle, right = st.columns([2, 3, 2], vertical_alignment="bottom")
    count = left.number_input(_("Number to select"), 2, min(50, len(whole)), min(6, len(whole)), key="few")
    spread = middle.slider(_("Desirability ↔ diversity"), 0.0, 1.0, 0.5, 0.05, key="few-spread")
    vectors = _vectors(name_of_kind(whole[0][0].material), tuple(name_of(c) for c, _m in whole))
    merits = [float(merit or 0.0) for _c, merit in whole]
    among = [c for c, _m in whole]
    asked = tuple(merits), int(count)
    chosen = remember(
        "diverse", among, (asked, spread), lambda: pick_diverse(vectors, merits, int(count), float(spread))
    )
    if right.button(_("Tick the selection"), key="few-go", width="stretch"):
        tick([whole[i][0].id for i in chosen])
        st.rerun()
    greedy = remember("greedy", among, asked, lambda: pick_diverse(vectors, merits, int(count), 0.0))

    def describe(numbers: Sequence[int]) -> tuple[str, str]:
        apart = mean_distance(vectors[list(numbers)])
        return number(float(np.mean([merits[i] for i in numbers]))), "–" if apart is None else number(apart)

    st.caption(
        _("Mean desirability {a} and mean distance {b}; selected by desirability only: {c} and {d}.").format(
            a=describe(chosen)[0], b=describe(chosen)[1], c=describe(greedy)[0], d=describe(greedy)[1]
        )
    )
    with st.expander(_("Desirability against diversity"), key="shortlist-trade-panel"):
        points = remember("trade-off", among, asked, lambda: trade_off(vectors, merits, int(count)))
        st.plotly_chart(
            draw_trade_off(points, float(spread), translate=_),
            key="trade-off",
            config=plot_config("trade-off", tools=False),
            alt=_("Mean desirability of the selection against its mean distance, along the slider"),
        )


@st.cache_data(max_entries=20, show_spinner=False)
def _vectors(kind: str, keys: tuple[str, ...]) -> np.ndarray:
    return np.asarray(load_kind(kind).vectors(keys), dtype=float)


def offer_screened(
    picked: Sequence[Candidate[Any]], ranked: Ranked, objectives: Sequence[Objective], rules: Rules, source: str
) -> None:
    """Files of the shortlist, and of everything."""
    shown = list(picked) or [c for c, _front, _merit in ranked]
    chosen = [(c, front, merit) for c, front, merit in ranked if c in picked] or list(ranked)
    files: list[File] = [
        ("CSV", partial(screening_to_csv, chosen, objectives, rules), "csv"),
        (_("JSON with manifest"), partial(screening_to_json, chosen, objectives, source), "json"),
    ]
    for page in page_kinds():
        if of_kind := [c for c in shown if name_of_kind(c.material) == page.name]:
            files += page.screened_files(of_kind)
    st.caption(
        ngettext("Files of the ticked row", "Files of the {n} ticked rows", len(picked)).format(n=len(picked))
        if picked
        else _("Files of all rows shown")
    )
    offer(files, f"matgen-screening-{datetime.now():%Y%m%d-%H%M}", "screen")
