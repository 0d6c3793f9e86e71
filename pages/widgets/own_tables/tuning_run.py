"""A tuning on the page: its job, the live curve, the candidates with both predictions, and the copy that is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.messages import Message, Verbatim, join
from matgen_core.core.properties import PROPERTIES
from matgen_core.core.records import Candidate
from matgen_core.core.settings import TuneSettings
from matgen_core.kinds.crystals.judge import met_all
from matgen_core.viz.tuning import draw_tuning
from matgen_core.workflows.design import count_kept
from matgen_core.workflows.own_properties.own_store import delete, export, list_copies, save_copy
from matgen_core.workflows.page_work.training import TuningNews, tune_and_generate
from matgen_core.workflows.screening.screen import name_of
from matgen_core.workflows.tuning.aims import Aims
from matgen_core.workflows.tuning.tuner import Tuning
from pages.i18n.formatting import label_text, write_goal
from pages.i18n.language import N_, _
from pages.kinds.page_kind import View
from pages.kinds.registry import page_kind
from pages.runs import jobs
from pages.runs.notices import follow
from pages.runs.progress import Seen, run_place
from pages.runs.run_names import OWN, asked_message
from pages.runs.run_recorder import begin_record, run_of, show_record
from pages.widgets.charts import plot_config
from pages.widgets.found.downloads import offer_files
from pages.widgets.found.number_table import Columns
from pages.widgets.found.selection import follow_pick

STATE = "tuning"
#: Whether the copy was kept, and in words.
_SAID = "keep-said"


@dataclass
class TuningRun:
    """A tuning of this session.

    Args:
        kind: of the materials.
        aims: goals.
        job: that tunes and generates.
        tuning: the copy and its curve; None before the first step, or where a kept copy generates.
        prior: checkpoint that the copy was tuned from, once it is tuned.
    """

    kind: str
    aims: Aims
    job: jobs.Job = field(default_factory=jobs.Job)
    tuning: Tuning | None = None
    prior: str = ""

    def take(self, news: TuningNews) -> None:
        """How far the tuning is."""
        self.tuning, self.prior = news.tuning, news.prior


def start(kind: str, aims: Aims, settings: TuneSettings, count: int, by: str | None) -> None:
    """Tunes a copy, or takes a kept one, and generates from it beside the page."""
    run = TuningRun(kind, aims)
    work = partial(tune_and_generate, kind=kind, aims=aims, settings=settings, count=count, by=by)
    own = [join([one.label, write_goal(goal, one.unit)], " ") for one, goal in aims.own]
    name = asked_message(aims.target, *own) if aims.target.goals else join(own, " · ")
    recorder = begin_record(f"{OWN}{kind}", settings.seed, name)
    job = jobs.submit(work, count, f"{OWN}{kind}", page_kind(kind).prepare(), recorder, take=run.take)
    run.job = follow(job, join([N_("Own property"), name], " · "))
    st.session_state[STATE] = run


def show_run(run: TuningRun, seen: Seen) -> None:
    """The curve, then what the copy generated."""
    with run_place(seen):
        show_record(run.job.recorder)
    with st.container():
        if seen.busy:
            st.fragment(_show_curve, run_every=2.0)(run)
        else:
            _show_curve(run)
        if run.tuning is not None and run.prior and not seen.busy:
            _ask_keep(run)
    _show_found(run, seen)


def _show_curve(run: TuningRun) -> None:
    if run.tuning is None or not run.tuning.curve:
        return
    limit = run.tuning.settings.distance
    st.plotly_chart(
        draw_tuning(run.tuning.curve, limit, translate=_),
        key="tuning-curve",
        config=plot_config("tuning", tools=False),
        alt=_("Score, valid share, diversity and distance from the included generator by step"),
    )
    if run.prior:
        ended = {
            "steps": _("The maximum number of steps was reached."),
            "time": _("The time limit was reached."),
            "cancelled": _("You cancelled the tuning."),
            "gain": _("The score stopped rising."),
            "distance": _("The copy would have moved further from the included generator than allowed."),
        }
        kept = _("The copy of step {step} is used.").format(step=run.tuning.step)
        if run.tuning.ended == "cancelled":  # generating was cancelled, too
            kept = _("Save the copy of step {step}, then choose it as the generator to generate with it.").format(
                step=run.tuning.step
            )
        st.caption(f"{ended[run.tuning.ended]} {kept}")


def _show_found(run: TuningRun, seen: Seen) -> None:
    found = count_kept(run.kind, seen.candidates).candidates
    if not found:
        return
    page, met = page_kind(run.kind), sum(map(met_all, found))
    st.markdown(_("{met} of {count} meet every target by the judging predictors.").format(met=met, count=len(found)))
    offer_files(found, run.kind, key="tuned")
    pick = follow_pick("tuned", run.job, found, running=seen.busy)
    table = pd.DataFrame([_row(run, candidate) for candidate in found])
    pick.show_table(table, "tuned-table", 390, _columns(table), _("Candidates with both predictions, one per row"))
    view = View(run.aims.target, pick, None, None, run_of(run.job.recorder))
    page.show_near(pick.of(found), view)


def _columns(table: pd.DataFrame) -> Columns:
    """The name narrow enough that what was predicted stands in view beside it; numbers with two places."""
    shown: Columns = {name: st.column_config.NumberColumn(format="%.2f") for name in table.select_dtypes("number")}
    return shown | {table.columns[0]: st.column_config.TextColumn(pinned=True, width=190)}


def _row(run: TuningRun, candidate: Candidate[Any]) -> dict[str, object]:
    row: dict[str, object] = {
        _("Material"): page_kind(run.kind).key_text(name_of(candidate)),
        _("Met"): "✓" if met_all(candidate) else "✗",
    }
    for own, _goal in run.aims.own:
        prediction = candidate.predictions.get(own.key)
        judged = None if prediction is None else prediction.judged
        row[_("{label}, steering").format(label=own.label)] = None if prediction is None else prediction.value
        row[_("{label}, judging").format(label=own.label)] = None if judged is None else judged.value
        row["±" + own.label] = None if judged is None else judged.spread
        inside = None if prediction is None else prediction.in_domain
        row[_("Like your rows") + ("" if len(run.aims.own) == 1 else f" ({own.label})")] = "✓" if inside else "✗"
    for key in run.aims.target.goals:
        row[f"{label_text(key)} {PROPERTIES[key].unit}".rstrip()] = candidate.best(key)
    return row | {_("Score"): candidate.score}


def _ask_keep(run: TuningRun) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(_("Name of the tuned generator"), "mine", max_chars=40, key="keep-name")
        # A callback: the lists of kept generators beside it are drawn with the one that was just kept.
        st.button(_("Save"), key="keep", on_click=_keep, args=(run,))
        if said := st.session_state.pop(_SAID, None):
            (st.success if said[0] else st.error)(_(said[1]))


def _keep(run: TuningRun) -> None:
    assert run.tuning is not None
    name = st.session_state["keep-name"]
    try:
        save_copy(name, run.kind, run.prior, run.tuning, run.aims.goals())
        st.session_state[_SAID] = True, Message("Saved as {name}.", name=Verbatim(name))
    except MatGenError as error:
        st.session_state[_SAID] = False, error.message


def manage_kept() -> None:
    """Tuned generators that are kept: export, delete."""
    copies = list_copies()
    if not copies:
        st.caption(_("No generator is saved yet."))
        return
    name = st.selectbox(_("Tuned generator"), copies, key="kept-copy")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button(_("Export"), lambda: export(name), f"{name}.zip", key="export-copy", on_click="ignore")
        if st.toggle(_("Delete"), key=f"sure-{name}") and st.button(_("Delete permanently"), key="delete-copy"):
            delete(name)
            st.rerun()
