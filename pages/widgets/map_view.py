"""The embedding explorer's parts: places on the map, what is laid over it, tables of known materials."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from matgen_core.chem.molecule import split_extension
from matgen_core.core.errors import BadInput, MatGenError
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Crystal, Formula, Molecule, Progress
from matgen_core.files.tables import MATERIALS, find_column, open_table
from matgen_core.kinds.crystals.embed import encode_crystals
from matgen_core.kinds.crystals.rows import parse_row
from matgen_core.runs.store import StoreError, open_store
from matgen_core.workflows.explore import (
    Projection,
    encode_texts,
    group,
    nearest,
    neighbour_map,
    open_space,
    principal_axes,
)
from matgen_core.workflows.maps import load_map
from matgen_core.workflows.spaces import Space
from pages.i18n.language import _, ngettext
from pages.runs.jobs import Job, submit
from pages.runs.progress import look, show_progress
from pages.runs.run_recorder import owner

_MOST_ROWS, _LARGEST = 2000, 20_000_000
#: By what a space holds: the run of this session, kinds of stored runs, the column of a table.
JOBS = {"crystals": "crystals-job", "formulas": "compositions-job", "molecules": "molecules-job"}
_RUNS = {"crystals": "crystals", "formulas": "compositions", "molecules": "molecules"}
COLUMN = {"crystals": "cif", "formulas": "formula", "molecules": "smiles"}


@st.cache_resource(show_spinner=False, max_entries=4)
def space_of(kind: str) -> Space:
    return open_space(kind)


@st.cache_resource(show_spinner=False, max_entries=4)
def axes_of(kind: str) -> Projection:
    return principal_axes(space_of(kind).vectors)


@st.cache_resource(show_spinner=False, max_entries=20)
def groups_of(kind: str, count: int) -> NDArray[np.int64]:
    return group(space_of(kind).vectors, count)


@st.cache_resource(show_spinner=False)
def _finished() -> dict[str, NDArray[np.float32]]:
    """Maps of neighbours that were read or computed since the server began; they are the same for everybody."""
    return {}


def places_of(kind: str, slow: bool) -> NDArray[np.float32]:
    """Where every known material lies.

    A map of neighbours that is not shipped, because other weights make other points, is computed in a line of its own,
    for as long as the reader stays on this page; meanwhile and before the principal axes place the points.
    """
    space, maps, key = space_of(kind), _finished(), f"map-job-{kind}"
    plain = axes_of(kind).place(space.vectors)
    if not slow:
        return plain
    if kind not in maps and (shipped := load_map(space)) is not None:
        maps[kind] = shipped
    if kind in maps:
        return maps[kind]
    job = st.session_state.get(key)
    if job is None or (not job.busy and kind not in maps and st.button(_("Compute it again"), key="again")):
        job = st.session_state[key] = _start_map(kind)
    seen = look(job)
    if seen.busy:
        show_progress(job)
    if seen.error:
        st.error(_(seen.error))
    return maps.get(kind, plain)


def _start_map(kind: str) -> Job:
    space, maps, total = space_of(kind), _finished(), 500

    def work(report: object, stop: object) -> tuple[()]:
        assert callable(report)
        assert callable(stop)
        maps[kind] = neighbour_map(
            space.vectors, iterations=total, cancelled=stop,
            on_progress=lambda done, of: report(Progress("map", done, of)),
        )  # fmt: skip
        return ()

    return submit(work, total, f"map-{kind}", of_page=True)


# -------------------------------------------------------------------------------------------------------- laid over


def laid_over(kind: str, slow: bool) -> dict[str, NDArray[np.float32]]:
    """Candidates of a run and the user's own file, as places on the map."""
    found: dict[str, NDArray[np.float32]] = {}
    space = space_of(kind)
    name, materials = _ask_run(space)
    if materials:
        found[name] = _placed(kind, _vectors(space, materials), slow)
    column = COLUMN[space.holds]
    file = st.file_uploader(
        _("Your own CSV with a column {column}").format(column=column), type=["csv", "tsv"], key=f"file-{kind}"
    )
    if file is not None:
        found |= _read_file(kind, column, file.getvalue(), slow)
    return {name: points for name, points in found.items() if len(points)}


def _ask_run(space: Space) -> tuple[str, list[object]]:
    """Name and materials of the run that is laid over: this session's last one, or any that was kept."""
    job = st.session_state.get(JOBS[space.holds])
    last = job is not None and bool(job.candidates)
    wanted = _RUNS[space.holds]
    try:
        store = open_store()
        runs = {run.id: run for run in store.list(owner()) if run.kind in (wanted, f"design-{wanted}") and run.count}
    except StoreError as error:
        st.warning(str(error))
        runs = {}
    options = [None, *(["last"] if last else []), *runs]
    if len(options) == 1:
        return "", []

    def named(option: str | None) -> str:
        if option is None:
            return _("none")
        return _("last run") if option == "last" else f"{runs[option].name} ({runs[option].count})"

    chosen = st.selectbox(
        _("Lay a run over it"), options, index=1 if last else 0, format_func=named, key=f"over-{space.kind}"
    )
    if chosen is None:
        return "", []
    if chosen == "last":
        return named(chosen), [c.material for c in job.candidates]
    return named(chosen), [c.material for c in store.candidates(chosen)]


def _vectors(space: Space, materials: Sequence[object]) -> NDArray[np.float32]:
    if space.holds == "crystals":
        return encode_crystals([m for m in materials if isinstance(m, Crystal)])[0]
    texts = [m.reduced for m in materials if isinstance(m, Formula)]
    texts += [m.smiles for m in materials if isinstance(m, Molecule)]
    return _known(encode_texts(space, texts))


def _known(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return vectors[~np.isnan(vectors).any(axis=1)]


def _placed(kind: str, vectors: NDArray[np.float32], slow: bool) -> NDArray[np.float32]:
    if not len(vectors):
        return np.zeros((0, 2), dtype=np.float32)
    if not slow or kind not in _finished():
        return axes_of(kind).place(vectors)
    # A map of neighbours has no formula for a new point: it lies at its nearest known one.
    space = space_of(kind)
    return _finished()[kind][[nearest(space, v, 1)[0][0] for v in vectors]]


def _read_file(kind: str, column: str, data: bytes, slow: bool) -> dict[str, NDArray[np.float32]]:
    if len(data) > _LARGEST:
        st.error(_("The file is larger than 20 MB; give fewer rows"))
        return {}
    try:
        with open_table(data, _("The file")) as table:
            name = find_column(table.columns, *(word for word, kind in MATERIALS.items() if kind == column))
            rows = list(islice(table.rows, _MOST_ROWS + 1))
            columns = table.columns
    except MatGenError as error:
        st.error(_(str(error)))
        return {}
    if name is None:
        st.error(_("The file has no column {column}; it has: {names}").format(
            column=column, names=", ".join(columns[:10])
        ))  # fmt: skip
        return {}
    texts = [row.cells.get(name, "") if not row.problem else "" for row in rows[:_MOST_ROWS]]
    if len(rows) > _MOST_ROWS:
        st.info(_("Only the first {count} rows are shown").format(count=_MOST_ROWS))
    space = space_of(kind)
    if space.holds == "crystals":
        parsed = [parse_row(str(i), text) for i, text in enumerate(texts)]
        bad = [i for i, row in enumerate(parsed) if not isinstance(row, Crystal)]
        vectors = _vectors(space, parsed)
    else:
        vectors = encode_texts(space, [split_extension(text)[0] for text in texts] if column == "smiles" else texts)
        bad = np.flatnonzero(np.isnan(vectors).any(axis=1)).tolist()
        vectors = _known(vectors)
    if bad:
        lines = ", ".join(str(rows[i].number + 1) for i in bad[:10])
        st.warning(
            ngettext(
                "{count} row cannot be read and is left out: line {rows}",
                "{count} rows cannot be read and are left out: lines {rows}", len(bad),
            ).format(count=len(bad), rows=lines)
        )  # fmt: skip
    return {_("your file"): _placed(kind, vectors, slow)}


# ------------------------------------------------------------------------------------------------------------ tables


def table_of(space: Space, places: Sequence[int], distances: Sequence[float] | None = None) -> pd.DataFrame:
    """Known materials as rows."""
    table = pd.DataFrame({_("name"): [space.names[i] for i in places]})
    if distances is not None:
        table[_("distance")] = np.round(distances, 3)
    if space.ids:
        table[_("id")] = [space.ids[i] for i in places]
    for key, values in space.columns.items():
        label = _("space group") if key == "space_group" else heading(key)
        table[label] = [None if np.isnan(values[i]) else round(float(values[i]), 3) for i in places]
    return table


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
        raise BadInput(_("{name} is not among the known ones; search for the nearest first").format(name=text[:60]))
    return found[0]
