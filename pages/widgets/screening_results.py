"""What was screened: objectives, thresholds, fronts, table, comparison, shortlist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from matgen_core.core.goal_probability import chance, round_chance
from matgen_core.core.goals import Target
from matgen_core.core.properties import PROPERTIES, WHOLE, Property
from matgen_core.core.records import Candidate, Crystal, Molecule
from matgen_core.kinds.crystals.files import to_cif_zip, to_json
from matgen_core.kinds.crystals.first_principles import to_inputs_zip
from matgen_core.kinds.molecules.files import to_sdf, to_smiles
from matgen_core.kinds.registry import load_kind, name_of_kind
from matgen_core.kinds.rules import Rules, objections
from matgen_core.viz.screening import draw_front, draw_parallel, draw_trade_off
from matgen_core.workflows.pareto import (
    Objective,
    losses,
    mean_distance,
    measure_hypervolume,
    pick_diverse,
    trade_off,
)
from matgen_core.workflows.screen import name_of
from matgen_core.workflows.screen_files import screening_to_csv, screening_to_json
from pages.i18n.formatting import given_text, number, rule_text, subscript
from pages.i18n.language import _
from pages.kinds.molecule_view import picture
from pages.widgets.screening_objectives import readable
from pages.widgets.selection import Columns, selected_ids

PICKED = "screen-picked"
#: Rows of which each molecule is drawn in the table; a drawing is some kilobytes.
_MOST_DRAWN = 300
_MOST_VALUES = 6
Ranked = Sequence[tuple[Candidate[Any], int, float | None]]


def show_fronts(ranked: Ranked, objectives: Sequence[Objective]) -> None:
    """The plots; a selection on the first marks rows of the table."""
    whole = [(c, front) for c, front, _merit in ranked if front]
    if len(objectives) < 2 or len(whole) < 2:
        st.info(_("Choose two objectives or more of which at least two candidates have readings."))
        return
    candidates, fronts = [c for c, _front in whole], [front for _c, front in whole]
    share = measure_hypervolume(losses(candidates, objectives))
    st.caption(
        _("{front} of {all} on the first front; it dominates {share} of the box between best and worst.").format(
            front=fronts.count(1), all=len(whole), share="–" if share is None else f"{share:.0%}"
        )
    )
    picked = st.session_state.get(PICKED, [])
    # Only the open one is drawn: thousands of points are work for the browser, too.
    names = [_("Two"), _("Three"), _("All side by side")]
    flat, deep, lines = st.tabs(names, key="front-tabs", on_change="rerun")
    if flat.open:
        with flat:
            axes = _ask_axes(objectives)
        flat.plotly_chart(
            draw_front(candidates, fronts, axes, picked=picked, translate=_),
            key="front",
            on_select=_pick_points,
            selection_mode=("points", "box", "lasso"),
            config={"displaylogo": False},
            alt=_("Candidates over two objectives, the first front filled"),
        )
    if deep.open and len(objectives) < 3:
        deep.info(_("Choose a third objective."))
    elif deep.open:
        deep.plotly_chart(
            draw_front(candidates, fronts, objectives[:3], picked=picked, translate=_),
            key="front-3d",
            alt=_("Candidates over three objectives"),
        )
    if lines.open:
        lines.plotly_chart(
            draw_parallel(candidates, fronts, objectives, translate=_),
            key="parallel",
            alt=_("All objectives side by side, one line a candidate"),
        )


def _ask_axes(objectives: Sequence[Objective]) -> list[Objective]:
    """The two objectives that are drawn, of three or more."""
    if len(objectives) == 2:
        return list(objectives)
    by_key = {o.key: o for o in objectives}

    def named(key: str) -> str:
        return _(by_key[key].property.label)

    left, right = st.columns(2, gap="small", wrap=False)
    across = left.selectbox(_("Across"), list(by_key), format_func=named, key=f"across-{'-'.join(by_key)}")
    others = [key for key in by_key if key != across]
    up = right.selectbox(_("Up"), others, format_func=named, key=f"up-{'-'.join(others)}")
    return [by_key[across], by_key[up]]


def _pick_points() -> None:
    if ids := selected_ids("front"):
        st.session_state[PICKED] = ids
        st.session_state["screen-turn"] = st.session_state.get("screen-turn", 0) + 1


def show_screen_table(ranked: Ranked, objectives: Sequence[Objective], rules: Rules) -> list[Candidate[Any]]:
    """The table, best first; returns the rows that are ticked."""
    # What a user's own predictor reads has no tolerance of a target; chances are of the shipped properties.
    target = Target({o.key: o.goal for o in objectives if o.goal is not None and o.key in PROPERTIES})
    rows, said = [], cache(rule_text)  # some thousand rows, a handful of rules
    further = _further_keys(ranked, objectives)
    drawn = len(ranked) <= _MOST_DRAWN and all(isinstance(c.material, Molecule) for c, _front, _merit in ranked)
    named = any(candidate.name for candidate, _front, _merit in ranked)
    given, tabled = any(given_text(c) for c, _front, _merit in ranked), False
    for candidate, front, merit in ranked:
        row: dict[str, object] = {}
        if drawn:
            row["drawing"] = picture(candidate.material.smiles, 120, 70)
        if named:
            row["name"] = candidate.name
        row["material"] = _shown(candidate)
        if objectives:
            row |= {"front": front or None, "merit": merit}
        if target.goals:
            row["chance"] = round_chance(chance(candidate, target))
        for objective in objectives:
            reading = candidate.predictions.get(objective.key)
            row[objective.key] = candidate.best(objective.key)
            row[f"{objective.key}_spread"] = None if reading is None or reading.known is not None else reading.spread
            tabled |= reading is not None and reading.known is not None
        row |= {key: candidate.best(key) for key in further}
        tabled |= any((p := candidate.predictions.get(key)) is not None and p.known is not None for key in further)
        if given:
            row["given"] = given_text(candidate)
        row["rejected"] = ", ".join(said(verdict.rule) for verdict in objections(candidate, rules))
        row["id"] = candidate.id
        row |= {f"yours:{header}": cell for header, cell in candidate.columns.items()}
        rows.append(row)
    ids = [c.id for c, _front, _merit in ranked]
    st.session_state["screen-ids"] = ids
    words, numbers = st.column_config.TextColumn, st.column_config.NumberColumn
    columns: Columns = {
        "drawing": st.column_config.ImageColumn(_("Drawing"), pinned=True, width=125),
        "name": words(_("Name"), pinned=True, width=_width(c.name for c, _front, _merit in ranked)),
        "material": words(
            _("Material"), pinned=not (drawn or named), width=_width(_shown(c) for c, _front, _merit in ranked)
        ),
        "front": numbers(_("Front"), width=60, help=_("1: no other is better in everything")),
        "merit": numbers(
            _("Desirability"),
            format="%.2f",
            width=95,
            help=_("Weighted geometric mean over the objectives, 0 to 1, as is to be expected with the spreads"),
        ),
        "chance": numbers(
            _("Chance"),
            format="percent",
            width=65,
            help=_("Probability that every range is met, by the whole predicted distribution with its share of metals"),
        ),
        "given": words(
            _("Your values"), width=130, help=_("Properties whose values are from your file, not predicted")
        ),
        "rejected": words(_("Says no"), width=150, help=_("Rules that reject it")),
        "id": words("id", width=80),
    }
    for record in (*(o.property for o in objectives), *further.values()):
        places = "%.3f" if record.unit.endswith("/atom") else "%.0f" if record.key in WHOLE else "%.2f"
        title = f"{_(record.label)} {record.unit}".strip()
        columns[record.key] = numbers(title, format=places, width=_title_width(title))
        columns[f"{record.key}_spread"] = numbers("±", format=places, width=55)
    columns |= {str(key): words(str(key)[6:]) for row in rows for key in row if str(key).startswith("yours:")}
    key = f"screen-table-{st.session_state.get('screen-turn', 0)}"
    chosen = [ids.index(i) for i in st.session_state.get(PICKED, []) if i in ids]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key=key,
        on_select=lambda: _pick_rows(key),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": chosen}},
        column_config=columns,
        placeholder="–",
        height=min((72 if drawn else 35) * len(rows) + 38, 460 if drawn else 390),
        row_height=72 if drawn else None,
        alt=_("Candidates, one a row"),
    )
    if tabled:
        st.caption(_("Where the table of known phases has a value, it stands here instead of the prediction."))
    by_id = {c.id: c for c, _front, _merit in ranked}
    return [by_id[i] for i in st.session_state.get(PICKED, []) if i in by_id]


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


def _shown(candidate: Candidate[Any]) -> str:
    name = name_of(candidate)
    return name if isinstance(candidate.material, Molecule) else subscript(name)


def _pick_rows(key: str) -> None:
    ids = st.session_state["screen-ids"]
    rows = st.session_state[key]["selection"]["rows"]
    st.session_state[PICKED] = [ids[i] for i in rows if i < len(ids)]


def pick_few(ranked: Ranked) -> None:
    """A diverse few, and what diversity costs."""
    # A repeat is never unlike what it repeats.
    once = [entry for entry in ranked if not entry[0].failed("duplicate")]
    whole = [(c, merit) for c, _front, merit in once if merit is not None]
    if len(whole) < 3:
        return
    left, middle, right = st.columns([2, 3, 2], vertical_alignment="bottom")
    count = left.number_input(_("Pick"), 2, min(50, len(whole)), min(6, len(whole)), key="few")
    spread = middle.slider(_("Desirable ↔ unlike one another"), 0.0, 1.0, 0.5, 0.05, key="few-spread")
    vectors = _vectors(name_of_kind(whole[0][0].material), tuple(name_of(c) for c, _m in whole))
    merits = [float(merit or 0.0) for _c, merit in whole]
    chosen = pick_diverse(vectors, merits, int(count), float(spread))
    if right.button(_("Tick these"), key="few-go", width="stretch"):
        st.session_state[PICKED] = [whole[i][0].id for i in chosen]
        st.session_state["screen-turn"] = st.session_state.get("screen-turn", 0) + 1
        st.rerun()
    greedy = pick_diverse(vectors, merits, int(count), 0.0)

    def told(numbers: Sequence[int]) -> tuple[str, str]:
        apart = mean_distance(vectors[list(numbers)])
        return number(float(np.mean([merits[i] for i in numbers]))), "–" if apart is None else number(apart)

    st.caption(
        _("Mean desirability {a} and mean distance {b}; by desirability alone {c} and {d}.").format(
            a=told(chosen)[0], b=told(chosen)[1], c=told(greedy)[0], d=told(greedy)[1]
        )
    )
    with st.expander(_("What diversity costs")):
        st.plotly_chart(
            draw_trade_off(trade_off(vectors, merits, int(count)), float(spread), translate=_),
            key="trade-off",
            config={"displayModeBar": False},
            alt=_("Mean desirability of the picked few against their mean distance, along the slider"),
        )


@st.cache_data(max_entries=20, show_spinner=False)
def _vectors(kind: str, keys: tuple[str, ...]) -> np.ndarray:
    return np.asarray(load_kind(kind).vectors(keys), dtype=float)


def offer_screened(
    picked: Sequence[Candidate[Any]], ranked: Ranked, objectives: Sequence[Objective], rules: Rules, source: str
) -> None:
    """Files of the shortlist, and of everything."""
    stamp = f"matgen-screening-{datetime.now():%Y%m%d-%H%M}"
    every = [c for c, _front, _merit in ranked]
    chosen = [(c, front, merit) for c, front, merit in ranked if c in picked] or list(ranked)
    crystals = [c for c in (picked or every) if isinstance(c.material, Crystal)]
    writers: list[tuple[str, Any, str]] = [
        ("CSV", partial(screening_to_csv, chosen, objectives, rules), "csv"),
        (_("JSON with manifest"), partial(screening_to_json, chosen, objectives, source), "json"),
    ]
    molecules = [c for c in (picked or every) if isinstance(c.material, Molecule)]
    if molecules:
        writers += [
            ("SDF", partial(to_sdf, molecules), "sdf"),
            ("SMILES", partial(to_smiles, molecules), "smi"),
        ]
    if crystals:
        writers += [
            (_("CIFs (zip)"), partial(to_cif_zip, crystals), "cif.zip"),
            ("JSON + CIF", partial(to_json, crystals), "crystals.json"),
            (_("VASP input"), partial(to_inputs_zip, crystals[:100], "vasp"), "vasp.zip"),
            (_("Quantum ESPRESSO input"), partial(to_inputs_zip, crystals[:100], "espresso"), "espresso.zip"),
        ]
    st.caption(
        _("Files of the {n} that are ticked").format(n=len(picked))
        if picked
        else _("Files of everything that is shown")
    )
    with st.container(horizontal=True, gap="small"):
        for label, write, extension in writers:
            # "ignore": a rerun after a click would lose the next click that comes while it lasts.
            st.download_button(label, write, f"{stamp}.{extension}", key=f"screen-{extension}", on_click="ignore")
