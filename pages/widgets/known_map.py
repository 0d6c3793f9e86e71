"""The map of known materials: its controls, what is picked on it, and the search beside it."""

from __future__ import annotations

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.viz.embeddings import draw_map
from matgen_core.workflows.explore import search
from matgen_core.workflows.spaces import Space
from pages.i18n.language import _
from pages.kinds.registry import page_kind
from pages.widgets.map_overlay import laid_over
from pages.widgets.map_view import axes_of, groups_of, heading, places_of, table_of

#: Rows of the selection that are shown; the file has all.
_MOST = 500


def show_map(space: Space, controls: st.delta_generator.DeltaGenerator) -> int | None:
    """The map; returns the place of the material that is picked."""
    keys = [key for key in space.columns if key != "space_group"]
    with controls:
        slow = (
            st.segmented_control(
                _("Map"),
                ["pca", "neighbours"],
                default="pca",
                required=True,
                key="map",
                format_func={"pca": _("PCA"), "neighbours": _("neighbours (t-SNE)")}.__getitem__,
                help=_("PCA keeps the directions in which they differ most; t-SNE keeps neighbours together"),
            )
            == "neighbours"
        )
        colour = st.selectbox(
            _("Colour"),
            [*keys, "group"],
            key=f"colour-{space.kind}",
            format_func=lambda key: _("group") if key == "group" else heading(key),
        )
        count = st.slider(_("Groups"), 2, 8, 6, key="groups") if colour == "group" else 0
        places = places_of(space.kind, slow)
        over = laid_over(space.kind, slow)
    axes = axes_of(space.kind).explained
    values = groups_of(space.kind, count).astype("float32") if count else space.columns[colour]
    picked = st.session_state.get(f"place-{space.kind}")
    figure = draw_map(
        places,
        list(map(page_kind(space.holds).key_text, space.names)),
        values,
        "" if count else heading(colour),
        groups=bool(count),
        laid_over=over,
        marked=() if picked is None else (picked,),
        translate=_,
        axes=("", "") if slow else (f"PC1 ({axes[0]:.0%})", f"PC2 ({axes[1]:.0%})"),
    )
    event = st.plotly_chart(
        figure,
        key=f"map-{space.kind}",
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        alt=_("Map of the known materials"),
        config={"displaylogo": False},
    )
    st.caption(
        _("{count} known materials · {method} · click one, or draw a lasso").format(
            count=f"{len(space):,}", method=space.method
        )
    )
    chosen = [int(p["customdata"]) for p in event.selection.points if "customdata" in p and p["curve_number"] == 0]
    if len(chosen) == 1 and chosen[0] != st.session_state.get(f"clicked-{space.kind}"):
        st.session_state[f"clicked-{space.kind}"] = st.session_state[f"place-{space.kind}"] = chosen[0]
        st.rerun()
    if len(chosen) > 1:
        table = table_of(space, chosen)
        st.write(_("{count} selected").format(count=len(chosen)))
        st.dataframe(table[:_MOST], hide_index=True, height=220, placeholder="–", alt=_("The selected materials"))
        csv = table.to_csv(index=False).encode()
        st.download_button(_("CSV of the selection"), csv, f"matgen-{space.kind}.csv", on_click="ignore")
    return st.session_state.get(f"place-{space.kind}")


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
        st.error(_(str(error)))
        return
    event = st.dataframe(
        table_of(space, [i for i, _d in found], [d for _i, d in found]),
        hide_index=True,
        height=215,
        placeholder="–",
        alt=_("What was found, the nearest first"),
        on_select="rerun",
        selection_mode="single-row",
        key=f"found-{space.kind}-{text}",
    )
    if event.selection.rows:
        st.session_state[f"place-{space.kind}"] = found[event.selection.rows[0]][0]
