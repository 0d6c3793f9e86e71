"""Crystals relaxed by CHGNet on request, in the background, and whether one returns from a displacement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from matgen_core.core.messages import Message
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate, Crystal
from matgen_core.kinds.crystals.files.candidate_files import to_cif_zip
from matgen_core.kinds.crystals.placing.relax import Relaxation
from matgen_core.kinds.registry import record_of
from matgen_core.workflows.page_work.generation import displace, relax
from matgen_core.workflows.screening.screen import name_of
from pages.i18n.formatting import group_markdown, mark, reason_text, subscript
from pages.i18n.language import _
from pages.kinds.structure_view import show_structure
from pages.runs import jobs
from pages.runs.progress import Seen, catch_up, look, run_place
from pages.runs.run_recorder import begin_record, show_record
from pages.widgets.found.number_table import Columns, write_numbers
from pages.widgets.found.prediction_columns import (
    JUDGE,
    PARTS,
    judge_cells,
    judge_column,
    prediction_cells,
    prediction_columns,
)
from pages.widgets.found.shown_units import shown_places, unit_of

RELAXING, STABILITY = "relaxing", "stability"
#: Properties before and after.
_SHOWN = ("formation_energy", "e_above_hull", "magnetic_moment")
#: Rows of the table that are seen at once; the others are scrolled to.
_ROWS = 10


@dataclass
class Relaxing:
    """A relaxation of this session: its job, and what is done of it."""

    ids: tuple[str, ...]
    job: jobs.Job = field(default_factory=jobs.Job)
    done: tuple[Relaxation, ...] = ()

    def take(self, done: tuple[Relaxation, ...]) -> None:
        """What is done by now."""
        self.done = done


def show_relaxing(candidates: Sequence[Candidate[Any]]) -> None:
    """A button for the crystals, progress, and before beside after; its place is there without crystals, too."""
    with st.container():
        _show_panel(candidates)


def _show_panel(candidates: Sequence[Candidate[Any]]) -> None:
    crystals = [c for c in candidates if record_of(c.material).has_geometry and not c.is_draft]
    running: Relaxing | None = st.session_state.get(RELAXING)
    if not crystals and running is None:
        return
    with st.expander(_("Relax with CHGNet"), expanded=running is not None, key="relaxing-panel"):
        st.caption(
            _(
                "Atoms and cell move until the forces are small. A crystal takes less than a second, or some seconds "
                "without symmetry. CHGNet relaxes, so its energy afterwards is not an independent check."
            )
        )
        symmetric = st.checkbox(
            _("Keep the symmetry"),
            value=True,
            key="relax-symmetric",
            help=_("If off, every atom of the primitive cell moves independently, and the symmetry may become lower"),
        )
        seen = None if running is None else look(running.job)
        busy = seen is not None and seen.busy
        label = _("Relax {n}").format(n=len(crystals))
        if st.button(label, key="relax-crystals", disabled=busy or not crystals):
            _start(crystals, symmetric)
            st.rerun()
        if running is None or seen is None:
            return
        with run_place(seen, "relax-cancel"):
            _show_end(seen)
            show_record(running.job.recorder)
        if running.done:
            _show_done(running.done)
        catch_up(seen)


def _show_end(seen: Seen) -> None:
    if seen.cancelled:
        st.info(_("Cancelled; the crystals relaxed so far are kept."))


def _start(crystals: Sequence[Candidate[Crystal]], symmetric: bool) -> None:
    relaxing = Relaxing(tuple(c.id for c in crystals))
    name = Message("{n} crystal relaxed" if len(crystals) == 1 else "{n} crystals relaxed", n=len(crystals))
    recorder = begin_record("relaxation", 0, name)
    work = partial(relax, crystals=tuple(crystals), symmetric=symmetric)
    first = jobs.load_models()
    relaxing.job = jobs.submit(work, len(crystals), "relaxation", first, recorder, take=relaxing.take)
    st.session_state[RELAXING] = relaxing


def _cells(when: str, candidate: Candidate[Crystal] | None) -> dict[str, object]:
    """What CHGNet says, which relaxed it, and what the judge says."""
    if candidate is None:
        return {}
    cells = prediction_cells(candidate, _SHOWN) | judge_cells(candidate, _SHOWN)
    return {f"{when}:{name}": cell for name, cell in cells.items()}


def _columns(table: pd.DataFrame) -> Columns:
    """Each property before and after, with its uncertainty and the judge behind it."""
    columns: Columns = {}
    for key in _SHOWN:
        for when, template in (("before", _("{label}, before")), ("after", _("{label}, after"))):
            one = table.rename(columns={f"{when}:{key}{part}": f"{key}{part}" for part in PARTS})
            label, unit = _(PROPERTIES[key].label), unit_of(key)[0]
            head = template.format(label=label)
            value = st.column_config.NumberColumn(f"{head} ({unit})", format=f"%.{shown_places(key, 3)}f")
            config = {key: value, **prediction_columns(one, key, head, 3)}
            config[key + JUDGE] = judge_column(one, key, label, unit, 3)
            columns |= {f"{when}:{name}": column for name, column in config.items()}
    return columns


def _show_done(done: Sequence[Relaxation]) -> None:
    rows = [
        {
            "material": subscript(name_of(entry.before)),
            "result": _(entry.note),
            **_cells("before", entry.before),
            **_cells("after", entry.after),
        }
        for entry in done
    ]
    values = [f"{w}:{key}{part}" for key in _SHOWN for w in ("before", "after") for part in PARTS]
    table = pd.DataFrame(rows, columns=["material", "result", *values])
    columns: Columns = {"material": _("Material"), "result": _("Result"), **_columns(table)}
    written, columns = write_numbers(table, columns)
    st.dataframe(
        written,
        hide_index=True,
        key="relaxed-table",
        placeholder="–",
        column_config=columns,
        alt=_("Predictions before and after"),
        height="content" if len(rows) <= _ROWS else 400,
    )
    if good := [entry for entry in done if entry.after is not None]:
        _show_relaxed(good)


def _show_relaxed(good: Sequence[Relaxation]) -> None:
    """Files of the relaxed crystals, and one of them before beside after."""
    st.download_button(
        _("Relaxed CIFs (zip)"),
        lambda: to_cif_zip([e.after for e in good if e.after is not None]),
        "matgen-relaxed.zip",
        key="relaxed-cifs",
        on_click="ignore",
    )
    names = {entry.before.id: f"{subscript(name_of(entry.before))} · {entry.before.id}" for entry in good}
    chosen = st.selectbox(_("Shown"), list(names), format_func=names.__getitem__, key="relaxed-shown")
    entry = next(e for e in good if e.before.id == chosen)
    for column, title, candidate in zip(
        st.columns(2, gap="medium"), (_("Before"), _("After")), (entry.before, entry.after), strict=True
    ):
        if candidate is not None:
            with column:
                crystal = candidate.material
                a, b, c, *_angles = crystal.lattice
                st.markdown(f"**{title}** · {group_markdown(crystal.space_group)} · {a:.3f}, {b:.3f}, {c:.3f} Å")
                show_structure(crystal)


# -------------------------------------------------------------------------------------------------------- stability


@dataclass
class Checking:
    """A check of stability of this session: whose it is, its job, and what it found."""

    material: Crystal
    job: jobs.Job = field(default_factory=jobs.Job)
    checked: Candidate[Crystal] | None = None

    def take(self, checked: Candidate[Crystal]) -> None:
        """The crystal with its verdict."""
        self.checked = checked


def show_stability(candidate: Candidate[Crystal]) -> None:
    """A button that has the crystal displaced and relaxed again, and the verdict."""
    checking: Checking | None = st.session_state.get(STABILITY)
    own = checking if checking is not None and checking.material == candidate.material else None
    seen = None if own is None else look(own.job)
    busy = checking is not None and checking.job.busy
    help_text = _(
        "Relaxes the crystal with CHGNet, displaces its atoms and cell by 0.05 Å, removes the symmetry and "
        "relaxes again. If it returns, it is at an energy minimum, as far as one primitive cell can show."
    )
    with st.container(key="stability-panel"):
        if st.button(_("Check stability"), key="check-stability", disabled=busy, help=help_text):
            _check(candidate)
            st.rerun()
        if own is None or seen is None:
            return
        with run_place(seen, "stability-cancel"):
            _show_end(seen)
        verdict = None if own.checked is None else own.checked.verdict("stability")
        if verdict is not None:
            st.markdown(f"{mark(verdict)} {reason_text(verdict)}")
        catch_up(seen)


def _check(candidate: Candidate[Crystal]) -> None:
    checking = Checking(candidate.material)
    work = partial(displace, candidate=candidate)
    checking.job = jobs.submit(work, 1, "stability", jobs.load_models(), take=checking.take)
    st.session_state[STABILITY] = checking
