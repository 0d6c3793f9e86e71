"""A known crystal of the embedding explorer: as it is known, as its latent is decoded, and paths between two."""

from __future__ import annotations

import streamlit as st

from matgen_core.chem.crystals.structure import reduced_formula
from matgen_core.core.records import Crystal
from matgen_core.kinds.crystals.known.reference import load_reference
from matgen_core.kinds.crystals.writing.embed import decode_latents
from matgen_core.workflows.spaces.explore import crystal_path, is_rebuilt
from matgen_core.workflows.spaces.maps import load_rebuilt
from matgen_core.workflows.spaces.space import Space
from pages.i18n.formatting import group_markdown, group_symbol, subscript
from pages.i18n.language import _
from pages.kinds.structure_view import show_structure
from pages.widgets.maps.map_view import read_place, space_of

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


def show_known_crystal(space: Space, place: int) -> None:
    """The known cell, or what the decoder makes of its latent, under the name of what is drawn."""
    name, known = space.names[place], known_cell(place)
    ways = {"known": _("known structure"), "rebuilt": _("decoded from its latent")}
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
        st.info(_("The decoder found no crystal for the latent of {formula}").format(formula=subscript(name)))
        return
    st.subheader(f"{subscript(reduced_formula(drawn))} · {group_markdown(drawn.space_group)}", anchor=False)
    show_structure(drawn)
    if way == "rebuilt":
        st.caption(said_of_rebuilt(space, place, drawn))


def said_of_rebuilt(space: Space, place: int, drawn: Crystal | None) -> str:
    """Whether a known crystal comes back from its latent, in words."""
    name = subscript(space.names[place])
    if drawn is None:
        return _("The decoder found no crystal for the latent of {formula}").format(formula=name)
    if is_rebuilt(space, place, drawn):
        return _("{formula} is decoded from its latent correctly.").format(formula=name)
    other = subscript(reduced_formula(drawn))
    return _("{formula} is decoded from its latent as {other}.").format(formula=name, other=other)


def say_rebuilt(space: Space) -> None:
    """How many known crystals come back, as measured."""
    if measured := load_rebuilt(space):
        text = _(
            "Of {of:,} known crystals chosen at random, {formula} are decoded from their latents with the same "
            "formula ({share:.0%}), {symmetry} of them with the same space group: a latent preserves similarity, "
            "not the exact crystal."
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


@st.cache_data(max_entries=100, show_spinner=False)
def _decoded_path(first: int, last: int, steps: int) -> list[Crystal | None]:
    return crystal_path(space_of("crystals"), first, last, steps)


def show_crystal_path(space: Space, first: int, last: int, steps: int) -> None:
    """Crystals decoded on the way between two known ones."""
    crystals = _decoded_path(first, last, steps)
    st.caption(" ".join(said_of_rebuilt(space, place, rebuilt(place)) for place in (first, last)))
    names = {
        i: f"{i + 1}. {subscript(reduced_formula(c))} · {group_symbol(c.space_group)}" if c else f"{i + 1}. –"
        for i, c in enumerate(crystals)
    }
    at = st.radio(_("Step"), list(names), format_func=names.__getitem__, horizontal=True, key="step")
    crystal = crystals[int(at or 0)]
    if crystal is None:
        st.info(_("The decoder found no crystal for this latent"))
    else:
        show_structure(crystal)
    st.caption(_("Each step is a latent on the path, decoded into a crystal; none of them was checked."))
    say_rebuilt(space)
