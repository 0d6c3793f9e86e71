"""Known materials as a map: colour it, search it, lay candidates over it, walk across it."""

from __future__ import annotations

import streamlit as st

from matgen_core.core.errors import BadInput
from matgen_core.workflows.spaces.explore import nearest
from matgen_core.workflows.spaces.sources import SPACES
from matgen_core.workflows.spaces.space import Space
from pages.i18n.language import N_, _
from pages.kinds.registry import page_kind
from pages.widgets.asking.refusal import show_error
from pages.widgets.asking.url_settings import URL, OneOf, check_link
from pages.widgets.maps.known_map import ask_search, show_map
from pages.widgets.maps.map_view import show_known_rows, space_of, table_of
from pages.widgets.own_tables.activity_cliffs import show_cliffs
from pages.widgets.tabs import show_tabs


def show_material(space: Space, place: int) -> None:
    """The material at this place, with what is known of it."""
    page_kind(space.holds).show_known(space, place)
    show_known_rows(space, table_of(space, [place]), _("The selected material"))


def show_path(space: Space) -> None:
    """From one known material to another through the space."""
    left, right, steps_at = st.columns([3, 3, 2], gap="small")
    page = page_kind(space.holds)
    usual = page.path_ends(space)
    start = left.text_input(_("From"), usual[0], key=f"from-{space.kind}", max_chars=200)
    end = right.text_input(_("To"), usual[1], key=f"to-{space.kind}", max_chars=200)
    steps = steps_at.slider(_("Steps"), 3, 12, 6, key="steps")
    try:
        first, last = page.known_place(space, start), page.known_place(space, end)
    except BadInput as error:
        show_error(_(str(error)))
        return
    page.show_path(space, first, last, steps)


st.title(_("Embeddings"), anchor=False)
check_link({"space": OneOf(SPACES.names)}, page="embeddings")
kind = st.segmented_control(
    _("Space"),
    SPACES.names,
    default="crystals",
    required=True,
    key="space",
    bind=URL,
    format_func=_,
    label_visibility="collapsed",
)
st.caption(_(page_kind(SPACES[str(kind)].holds).spaces[str(kind)]))
space = space_of(str(kind))
atlas, way, series = show_tabs([N_("Map"), N_("Latent path"), N_("Activity cliffs")], "map-tabs")
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
            table = table_of(space, [i for i, _d in found], [d for _i, d in found])
            show_known_rows(space, table, _("The nearest known materials"))
with way:
    show_path(space)
with series:
    show_cliffs()
