"""Known materials as a map: colour it, search it, lay candidates over it, walk across it."""

from __future__ import annotations

import streamlit as st

from matgen_core.chem.structure import reduced_formula
from matgen_core.core.errors import BadInput, MatGenError
from matgen_core.viz.embeddings import draw_map
from matgen_core.workflows.explore import (
    SPACES,
    crystal_path,
    known_path,
    nearest,
    search,
)
from matgen_core.workflows.spaces import Space
from pages.i18n.formatting import group_symbol, subscript
from pages.i18n.language import N_, _
from pages.kinds.molecule_view import drawing
from pages.kinds.structure_view import show_structure
from pages.widgets.known_material import (
    rebuilt,
    said_of_rebuilt,
    say_rebuilt,
    show_material,
    surviving_place,
)
from pages.widgets.map_overlay import laid_over
from pages.widgets.map_view import (
    axes_of,
    groups_of,
    heading,
    places_of,
    read_place,
    space_of,
    table_of,
)
from pages.widgets.url_settings import URL, OneOf, check_link

_MOST = 500
#: Names of the spaces, for the catalogue.
_NAMES = (N_("crystals"), N_("compositions"), N_("molecules"), N_("encoded molecules"))
_ABOUT = {
    "crystals": N_("Latents of the crystal autoencoder: what a crystal is made of and how it is built."),
    "compositions": N_("Vectors of MatBERT, which read the formula alone, of the known crystals' formulas."),
    "molecules": N_("Morgan fingerprints: which pieces a molecule has."),
    "encoded molecules": N_("Vectors of the SMILES encoder, which learnt to guess hidden tokens."),
}
_EXAMPLE = {"crystals": "SrTiO3", "formulas": "SrTiO3", "molecules": "CC(=O)Nc1ccccc1"}


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
        space.names if space.holds == "molecules" else [subscript(n) for n in space.names],
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
    text = st.text_input(
        _("Search by SMILES") if space.holds == "molecules" else _("Search by formula"),
        key=f"search-{space.kind}",
        max_chars=200,
        placeholder=_EXAMPLE[space.holds],
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


def show_path(space: Space) -> None:
    """From one known material to another through the space."""
    left, right, steps_at = st.columns([3, 3, 2], gap="small")
    usual = (space.names[0], space.names[1]) if space.holds == "molecules" else ("NaCl", "SrTiO3")
    start = left.text_input(_("From"), usual[0], key=f"from-{space.kind}", max_chars=200)
    end = right.text_input(_("To"), usual[1], key=f"to-{space.kind}", max_chars=200)
    steps = steps_at.slider(_("Steps"), 3, 12, 6, key="steps")
    try:
        find = surviving_place if space.holds == "crystals" else read_place
        first, last = find(space, start), find(space, end)
    except BadInput as error:
        st.error(_(str(error)))
        return
    if space.holds != "crystals":
        path = known_path(space, space.vectors[first], space.vectors[last], steps)
        if space.holds == "formulas":
            st.dataframe(
                table_of(space, [p for p, _d in path], [d for _p, d in path]),
                hide_index=True,
                placeholder="–",
                alt=_("From one to another"),
            )
        else:
            with st.container(horizontal=True):
                for place, distance in path:
                    st.html(f"{drawing(space.names[place], 190, 130)}<small>{distance:.1f}</small>")
        st.caption(_("These vectors cannot be decoded: what is shown are the nearest known ones along the line."))
        return
    crystals = crystal_path(space, first, last, steps)
    st.caption(" ".join(said_of_rebuilt(space, place, rebuilt(place)) for place in (first, last)))
    names = {
        i: f"{i + 1}. {subscript(reduced_formula(c))} · {group_symbol(c.space_group)}" if c else f"{i + 1}. –"
        for i, c in enumerate(crystals)
    }
    at = st.radio(_("Step"), list(names), format_func=names.__getitem__, horizontal=True, key="step")
    crystal = crystals[int(at or 0)]
    if crystal is None:
        st.info(_("The decoder wrote no crystal from this latent"))
    else:
        show_structure(crystal, "step-structure")
    st.caption(_("Each step is a latent on the way, written out by the decoder; none of it was checked."))
    say_rebuilt(space)


st.title(_("Embeddings"), anchor=False)
check_link({"space": OneOf(SPACES)}, page="embeddings")
kind = st.segmented_control(
    _("Space"),
    SPACES,
    default="crystals",
    required=True,
    key="space",
    bind=URL,
    format_func=_,
    label_visibility="collapsed",
)
st.caption(_(_ABOUT[str(kind)]))
space = space_of(str(kind))
atlas, way = st.tabs([_("Map"), _("From one to another")], key="map-tabs")
with atlas:
    middle, side = st.columns([8, 4], gap="medium")
    with side:
        ask_search(space)
        controls = st.container()
    with middle:
        place = show_map(space, controls)
    if place is not None:
        one, near = st.columns(2, gap="medium")
        with one:
            show_material(space, place)
        with near:
            st.subheader(_("Nearest"), anchor=False)
            found = nearest(space, space.vectors[place], 12, leave_out=place)
            st.dataframe(
                table_of(space, [i for i, _d in found], [d for _i, d in found]),
                hide_index=True,
                placeholder="–",
                alt=_("The nearest known materials"),
            )
with way:
    show_path(space)
