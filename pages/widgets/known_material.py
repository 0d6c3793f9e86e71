"""One known material of the embedding explorer: as it is known, and what the decoder makes of its latent."""

from __future__ import annotations

import streamlit as st

from matgen_core.chem.structure import reduced_formula
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.embed import decode_latents
from matgen_core.kinds.crystals.reference import load_reference
from matgen_core.workflows.explore import is_rebuilt
from matgen_core.workflows.maps import load_rebuilt
from matgen_core.workflows.spaces import Space
from pages.i18n.formatting import group_markdown, subscript
from pages.i18n.language import _
from pages.kinds.molecule_view import drawing
from pages.kinds.structure_view import show_structure
from pages.widgets.hand_over import hand_over
from pages.widgets.map_view import read_place, space_of, table_of

#: Polymorphs of one formula that are tried as the end of a way.
_POLYMORPHS = 5


@st.cache_data(max_entries=500, show_spinner=False)
def rebuilt(place: int) -> Crystal | None:
    """What the decoder writes from the latent of a known crystal."""
    return decode_latents(space_of("crystals").vectors[[place]])[0]


@st.cache_resource(show_spinner=False)
def _rows() -> dict[str, int]:
    """Rows of the known structures by the crystals' ids."""
    return {str(name): row for row, name in enumerate(load_reference().structures.ids.tolist())}


def known_cell(place: int) -> Crystal | None:
    """The known crystal itself; None where its structure is not shipped."""
    row = _rows().get(space_of("crystals").ids[place])
    return None if row is None else load_reference().structures.crystal(row)


def show_material(space: Space, place: int) -> None:
    """The material at this place, with what is known of it."""
    name = space.names[place]
    if space.holds == "molecules":
        st.html(drawing(name, 320, 220))
        st.code(name, language=None)
    elif space.holds == "formulas":
        st.subheader(subscript(name), anchor=False)
        if st.button(_("Find structures for this formula"), key="find-structures"):
            hand_over(name)
    else:
        _show_crystal(space, place)
    st.dataframe(table_of(space, [place]), hide_index=True, placeholder="–", alt=_("The chosen material"))


def _show_crystal(space: Space, place: int) -> None:
    """The known cell, or what the decoder makes of its latent, under the name of what is drawn."""
    name, known = space.names[place], known_cell(place)
    ways = {"known": _("as it is known"), "rebuilt": _("rebuilt from its latent")}
    way = "rebuilt"
    if known is not None:
        way = st.segmented_control(
            _("Shown"),
            list(ways),
            default="known",
            required=True,
            key="embedded-way",
            format_func=ways.__getitem__,
            label_visibility="collapsed",
        )
    drawn = known if way == "known" else rebuilt(place)
    if drawn is None:
        st.info(_("The decoder wrote no crystal from the latent of {formula}").format(formula=subscript(name)))
        return
    st.subheader(f"{subscript(reduced_formula(drawn))} · {group_markdown(drawn.space_group)}", anchor=False)
    show_structure(drawn, "embedded")
    if way == "rebuilt":
        st.caption(said_of_rebuilt(space, place, drawn))


def said_of_rebuilt(space: Space, place: int, drawn: Crystal | None) -> str:
    """Whether a known crystal comes back from its latent, in words."""
    name = subscript(space.names[place])
    if drawn is None:
        return _("The decoder wrote no crystal from the latent of {formula}").format(formula=name)
    if is_rebuilt(space, place, drawn):
        return _("{formula} comes back from its latent.").format(formula=name)
    other = subscript(reduced_formula(drawn))
    return _("{formula} comes back from its latent as {other}.").format(formula=name, other=other)


def say_rebuilt(space: Space) -> None:
    """How many known crystals come back, as measured."""
    if measured := load_rebuilt(space):
        text = _(
            "Of {of:,} known crystals drawn at random, {formula} come back from their latents with their formula "
            "({share:.0%}), {symmetry} of them with their space group: a latent keeps a likeness, not the crystal."
        )
        share = measured.formula / measured.of
        st.caption(text.format(of=measured.of, formula=measured.formula, share=share, symmetry=measured.symmetry))


def surviving_place(space: Space, text: str) -> int:
    """A known crystal of this formula that comes back from its latent, or else the first.

    Raises:
        BadInput: where none is known.
    """
    read_place(space, text)
    places = space.find(text.strip())[:_POLYMORPHS]
    return next((place for place in places if is_rebuilt(space, place, rebuilt(place))), places[0])
