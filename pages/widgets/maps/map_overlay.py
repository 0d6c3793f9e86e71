"""Overlays of the map of known materials: candidates of a run, and the rows of a user's own table."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from matgen_core.kinds.registry import KINDS
from matgen_core.runs.store import StoreError, open_store
from matgen_core.workflows.page_work.maps import encode_run, encode_table
from matgen_core.workflows.spaces.explore import nearest
from matgen_core.workflows.spaces.space import Space
from matgen_core.workflows.spaces.table_vectors import MOST_ROWS, TableVectors
from pages.i18n.language import _, ngettext
from pages.runs.jobs import Job, submit
from pages.runs.progress import Seen, catch_up, look, run_place
from pages.runs.run_names import LOOP, run_name
from pages.runs.run_recorder import owner
from pages.widgets.design_page import job_key
from pages.widgets.maps.map_view import axes_of, finished_maps, space_of

_LARGEST = 20_000_000


def laid_over(kind: str, slow: bool) -> dict[str, NDArray[np.float32]]:
    """Candidates of a run and the user's own file, as places on the map."""
    found: dict[str, NDArray[np.float32]] = {}
    space = space_of(kind)
    with st.container():  # its place is there without a run, too: the file below stays where it is
        chosen = _ask_run(space)
        if chosen is not None and (vectors := _run_vectors(space, *chosen[1:])) is not None:
            found[chosen[0]] = _placed(kind, vectors, slow)
    if (read := _ask_table(space)) is not None:
        found[_("your file")] = _placed(kind, read.vectors, slow)
    return {name: points for name, points in found.items() if len(points)}


def _ask_run(space: Space) -> tuple[str, str, list[object] | str] | None:
    """Name of the run that is laid over, what tells it from others, and its materials or its id in the store.

    It is this session's last one, once it has ended, or any that was kept.
    """
    job = st.session_state.get(job_key(space.holds))
    last = job is not None and bool(job.candidates) and not job.busy
    try:
        store = open_store()
        runs = {
            run.id: run
            for run in store.list(owner())
            if run.kind in (space.holds, f"{LOOP}{space.holds}") and run.count
        }
    except StoreError as error:
        st.warning(str(error))
        runs = {}
    options = [None, *(["last"] if last else []), *runs]
    if len(options) == 1:
        return None

    def named(option: str | None) -> str:
        if option is None:
            return _("none")
        return _("last run") if option == "last" else f"{run_name(runs[option])} ({runs[option].count})"

    chosen = st.selectbox(
        _("Overlay a run"), options, index=1 if last else 0, format_func=named, key=f"over-{space.kind}"
    )
    if chosen is None:
        return None
    if chosen == "last" and job is not None:
        kept = job.candidates
        return named(chosen), f"last {id(job)}", [c.material for c in kept if not c.is_draft]
    return named(chosen), chosen, chosen


def _show_job(job: Job, key: str, when_cancelled: str) -> Seen:
    """How far an encoding is, or why it ended."""
    seen = look(job)
    with run_place(seen, f"cancel-{key}"):
        if seen.cancelled:
            st.caption(when_cancelled)
    return seen


def _run_vectors(space: Space, which: str, materials: list[object] | str) -> NDArray[np.float32] | None:
    """A run in the space, encoded beside the page in the line of maps, once; None until it is."""
    key = f"run-vectors-{space.kind}"
    if st.session_state.get(key, ("",))[0] != which:
        st.session_state[key] = (which, *_start_encoding(space, materials))
    _which, job, done = st.session_state[key]
    seen = _show_job(job, key, _("Cancelled; the materials encoded so far are on the map."))
    catch_up(seen)
    return np.concatenate(done) if done else None


def _start_encoding(space: Space, materials: list[object] | str) -> tuple[Job, list[NDArray[np.float32]]]:
    """The job, and a list that takes the vectors part by part."""
    done: list[NDArray[np.float32]] = []
    work = partial(encode_run, space=space.kind, materials=materials)
    return submit(work, None, f"map-run-{space.kind}", of_page=True, take=done.append), done


def _placed(kind: str, vectors: NDArray[np.float32], slow: bool) -> NDArray[np.float32]:
    if not len(vectors):
        return np.zeros((0, 2), dtype=np.float32)
    if not slow or kind not in finished_maps():
        return axes_of(kind).place(vectors)
    # A map of neighbours has no formula for a new point: it lies at its nearest known one.
    space = space_of(kind)
    return finished_maps()[kind][[nearest(space, v, 1)[0][0] for v in vectors]]


def _ask_table(space: Space) -> TableVectors | None:
    """The user's own table in the space. It is encoded beside the page, in the line of maps."""
    file = st.file_uploader(
        _("Your own CSV with a column {column}").format(column=KINDS[space.holds].column),
        type=["csv", "tsv"],
        key=f"file-{space.kind}",
    )
    key = f"table-{space.kind}"
    if file is None:
        st.session_state.pop(key, None)
        return None
    if len(file.getvalue()) > _LARGEST:
        st.error(_("The file is larger than 20 MB; give fewer rows"))
        return None
    if st.session_state.get(key, ("",))[0] != file.file_id:
        st.session_state[key] = (file.file_id, *_start_prediction(space, file.getvalue()))
    _id, job, read = st.session_state[key]
    seen = _show_job(job, key, _("Cancelled; the rows read so far are on the map."))
    if read:
        _show_refused(space, read[0])
    catch_up(seen)
    return read[0] if read else None


def _start_prediction(space: Space, data: bytes) -> tuple[Job, list[TableVectors]]:
    """The job, and a list that will hold what it has read."""
    done: list[TableVectors] = []
    work = partial(encode_table, space=space.kind, data=data)
    return submit(work, None, f"map-table-{space.kind}", of_page=True, take=done.append), done


def _show_refused(space: Space, read: TableVectors) -> None:
    if read.cut:
        st.info(_("Only the first {count} rows are shown").format(count=MOST_ROWS))
    if not read.refused:
        return
    count = len(read.refused)
    st.warning(
        ngettext(
            "{count} row cannot be read and is left out.", "{count} rows cannot be read and are left out.", count
        ).format(count=count)
    )
    table = pd.DataFrame([(int(r.place), _(r.reason)) for r in read.refused], columns=[_("Row"), _("Reason")])
    st.dataframe(
        table,
        hide_index=True,
        key=f"refused-{space.kind}",
        alt=_("Rows that were left out"),
        height=min(35 * (count + 1) + 3, 215),
        column_config={_("Row"): st.column_config.NumberColumn(width=50)},
    )
