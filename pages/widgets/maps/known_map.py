"""The map of known materials: its controls, what is picked on it, and the search beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from matgen_core.core.errors import MatGenError
from matgen_core.files.saving import for_spreadsheet
from matgen_core.viz.embeddings import Colours, draw_map
from matgen_core.workflows.spaces.explore import search
from matgen_core.workflows.spaces.space import Space
from pages.i18n.language import _
from pages.kinds.registry import page_kind
from pages.widgets.asking.refusal import show_error
from pages.widgets.charts import plot_config
from pages.widgets.maps.map_overlay import laid_over
from pages.widgets.maps.map_view import axes_of, groups_of, heading, places_of, show_known_rows, table_of

#: Rows of the selection that are shown; the file has all.
_MOST = 500


@dataclass(frozen=True)
class _Look:
    """How the map is drawn.

    Args:
        slow: by neighbours (t-SNE) instead of principal axes.
        colour: property, or "group".
        groups: how many; 0 where a property colours.
    """

    slow: bool
    colour: str
    groups: int


def show_map(space: Space, controls: st.delta_generator.DeltaGenerator) -> int | None:
    """The map; returns the place of the material that is picked."""
    with controls:
        with st.container():
            look = _ask_look(space)
        with st.container():  # its place is there without a map in work, too: what is asked below stays where it is
            places = places_of(space.kind, look.slow)
        over = laid_over(space.kind, look.slow)
    event = st.plotly_chart(
        _draw(space, look, places, over),
        key=f"map-{space.kind}",
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        alt=_("Map of the known materials"),
        config=plot_config("map"),
    )
    st.caption(
        _("{count} known materials · {method} · click one, or draw a lasso").format(
            count=f"{len(space):,}", method=_(space.method)
        )
        + ("" if look.groups else _say_missing(space.columns[look.colour]))
    )
    chosen = [int(p["customdata"]) for p in event.selection.points if "customdata" in p]
    if len(chosen) == 1 and chosen[0] != st.session_state.get(f"clicked-{space.kind}"):
        st.session_state[f"clicked-{space.kind}"] = st.session_state[f"place-{space.kind}"] = chosen[0]
        st.rerun()
    if len(chosen) > 1:
        _show_chosen(space, chosen)
    return st.session_state.get(f"place-{space.kind}")


def _say_missing(values: NDArray[np.float32]) -> str:
    missing = int(np.isnan(values).sum())
    return " · " + _("{count} grey rings: no value").format(count=f"{missing:,}") if missing else ""


def _ask_look(space: Space) -> _Look:
    names = {"pca": _("PCA"), "neighbours": _("t-SNE")}
    way = st.segmented_control(
        _("Map"),
        list(names),
        default="pca",
        required=True,
        key="map",
        format_func=names.__getitem__,
        help=_("PCA shows the directions of largest variance; t-SNE keeps similar materials together"),
    )
    colour = st.selectbox(
        _("Colour"),
        [*(key for key in space.columns if key != "space_group"), "group"],
        key=f"colour-{space.kind}",
        format_func=lambda key: _("group") if key == "group" else heading(key),
    )
    count = st.slider(_("Groups"), 2, 8, 6, key="groups") if colour == "group" else 0
    return _Look(way == "neighbours", colour, count)


def _draw(space: Space, look: _Look, places: NDArray[np.float32], over: Mapping[str, NDArray[np.float32]]) -> go.Figure:
    """The materials at their places, coloured, with what is laid over them."""
    axes, picked = axes_of(space.kind).explained, st.session_state.get(f"place-{space.kind}")
    if look.groups:
        colours = Colours(groups_of(space.kind, look.groups).astype("float32"), groups=True)
    else:
        colours = Colours(space.columns[look.colour], heading(look.colour))
    return draw_map(
        places,
        list(map(page_kind(space.holds).key_text, space.names)),
        colours,
        laid_over=over,
        marked=() if picked is None else (picked,),
        translate=_,
        axes=("", "") if look.slow else (f"PC1 ({axes[0]:.0%})", f"PC2 ({axes[1]:.0%})"),
    )


def _show_chosen(space: Space, chosen: Sequence[int]) -> None:
    """The materials within a lasso, and a file of them."""
    table = table_of(space, chosen)
    st.write(_("{count} selected").format(count=len(chosen)))
    show_known_rows(space, table[:_MOST], _("The selected materials"), height=220)
    csv = for_spreadsheet(table.to_csv(index=False))
    st.download_button(_("CSV of the selection"), csv, f"matgen-{space.kind}.csv", on_click="ignore")


def ask_search(space: Space) -> None:
    """Picks a material by formula or SMILES."""
    page = page_kind(space.holds)
    text = st.text_input(
        _(page.search_label),
        key=f"search-{space.kind}",
        max_chars=200,
        placeholder=page.example,
    )
    if not text:
        return
    try:
        found = search(space, text)
    except MatGenError as error:
        show_error(_(str(error)))
        return
    table = table_of(space, [i for i, _d in found], [d for _i, d in found])
    alt = _("Search results, nearest first")
    if rows := show_known_rows(space, table, alt, height=215, picks=f"found-{space.kind}-{text}"):
        st.session_state[f"place-{space.kind}"] = found[rows[0]][0]
