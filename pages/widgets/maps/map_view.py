"""The embedding explorer's parts: places on the map, tables of known materials."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from matgen_core.core.errors import BadInput
from matgen_core.core.properties import PROPERTIES
from matgen_core.kinds.registry import KINDS
from matgen_core.workflows.page_work.maps import MAP_ITERATIONS, map_neighbours
from matgen_core.workflows.spaces.explore import Projection, group, known_path, principal_axes
from matgen_core.workflows.spaces.maps import load_map
from matgen_core.workflows.spaces.sources import open_space
from matgen_core.workflows.spaces.space import Space
from pages.i18n.formatting import subscript
from pages.i18n.language import _
from pages.runs.jobs import Job, submit
from pages.runs.progress import look, run_place
from pages.widgets.found.number_table import Columns, write_numbers


@st.cache_resource(show_spinner=False, max_entries=4)
def space_of(kind: str) -> Space:
    return open_space(kind)


@st.cache_resource(show_spinner=False, max_entries=4)
def axes_of(kind: str) -> Projection:
    return principal_axes(space_of(kind).vectors)


# Of the four spaces, each with 2 to 8 groups: 0.04 to 0.16 s of CPU time, once for everybody.
@st.cache_resource(show_spinner=False, max_entries=28)
def groups_of(kind: str, count: int) -> NDArray[np.int64]:
    return group(space_of(kind).vectors, count)


@st.cache_data(show_spinner=False, max_entries=200)
def known_steps(kind: str, first: int, last: int, steps: int) -> list[tuple[int, float]]:
    """Known materials on the way from one to another."""
    vectors = space_of(kind).vectors
    return known_path(space_of(kind), vectors[first], vectors[last], steps)


@st.cache_resource(show_spinner=False)
def finished_maps() -> dict[str, NDArray[np.float32]]:
    """Maps of neighbours that were read or computed since the server began; they are the same for everybody."""
    return {}


def places_of(kind: str, slow: bool) -> NDArray[np.float32]:
    """Where every known material lies.

    A map of neighbours that is not shipped, because other weights make other points, is computed in a line of its own,
    for as long as the reader stays on this page; meanwhile and before the principal axes place the points.
    """
    space, maps, key = space_of(kind), finished_maps(), f"map-job-{kind}"
    plain = axes_of(kind).place(space.vectors)
    if not slow:
        return plain
    if kind not in maps and (shipped := load_map(space)) is not None:
        maps[kind] = shipped
    if kind in maps:
        return maps[kind]
    job = st.session_state.get(key)
    if job is None or (not job.busy and kind not in maps and st.button(_("Compute again"), key="again")):
        job = st.session_state[key] = _start_map(kind)
    seen = look(job)
    with run_place(seen):
        pass
    return maps.get(kind, plain)


def _start_map(kind: str) -> Job:
    maps, work = finished_maps(), partial(map_neighbours, space=kind)
    take = partial(maps.__setitem__, kind)
    return submit(work, MAP_ITERATIONS, f"map-{kind}", of_page=True, take=take)


def table_of(space: Space, places: Sequence[int], distances: Sequence[float] | None = None) -> pd.DataFrame:
    """Known materials as rows."""
    table = pd.DataFrame({_("Name"): [space.names[i] for i in places]})
    if distances is not None:
        table[_("Vector distance")] = np.round(distances, 3)
    if space.ids:
        table[_("id")] = [space.ids[i] for i in places]
    for key, values in space.columns.items():
        label = _("Space group") if key == "space_group" else heading(key)
        table[label] = [None if np.isnan(values[i]) else round(float(values[i]), 3) for i in places]
    return table


def show_known_rows(
    space: Space, table: pd.DataFrame, alt: str, *, height: int | Literal["auto"] = "auto", picks: str = ""
) -> Sequence[int]:
    """Rows of :func:`table_of`; the head of a column with an empty cell says why it is empty.

    Args:
        space: of the rows.
        table: what is shown.
        alt: what it is, for those who cannot see it.
        height: pixels.
        picks: key of a table of which a row can be picked; empty where none can.

    Returns:
        the rows that are picked.
    """
    empty: Columns = {
        label: st.column_config.NumberColumn(help=_("A dash: the database of the known has no value"))
        for label in map(heading, (key for key in space.columns if key != "space_group"))
        if table[label].isna().any()
    }
    if KINDS[space.holds].has_formula:
        table = table.assign(**{_("Name"): table[_("Name")].map(subscript)})
    written, columns = write_numbers(table, empty)
    shown: dict[str, Any] = {"hide_index": True, "height": height, "placeholder": "–"}
    if not picks:
        st.dataframe(written, column_config=columns, alt=alt, **shown)
        return ()
    shown |= {"key": picks, "on_select": "rerun", "selection_mode": "single-row"}
    return list(st.dataframe(written, column_config=columns, alt=alt, **shown).selection.rows)


def heading(key: str) -> str:
    """Name and unit of a property."""
    record = PROPERTIES[key]
    return f"{_(record.label)} ({record.unit})" if record.unit else _(record.label)


def read_place(space: Space, text: str) -> int:
    """The first known material of this name.

    Raises:
        BadInput: where there is none.
    """
    found = space.find(text.strip())
    if not found:
        raise BadInput(
            _("{name} is not in the reference; search for its nearest neighbours first").format(name=text[:60])
        )
    return found[0]
