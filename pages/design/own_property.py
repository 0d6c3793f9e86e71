"""A property of the user's own: train predictors of a column, tune a copy of the generator towards it, generate."""

from __future__ import annotations

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.goals import Target
from matgen_core.core.settings import TuneSettings
from matgen_core.kinds.registry import KINDS, NAMES, load_kind
from matgen_core.workflows.own_properties.own_store import list_copies, load_copy
from matgen_core.workflows.tuning.aims import Aims
from pages.i18n.language import _
from pages.runs.progress import catch_up, look
from pages.runs.run_names import OWN
from pages.runs.run_recorder import offer_last_run
from pages.widgets.asking.go_bar import ask_to_go
from pages.widgets.asking.goal_controls import ask_goals
from pages.widgets.asking.refusal import show_refusal
from pages.widgets.asking.setting_controls import ask_setting
from pages.widgets.own_tables.own_property import (
    ask_own_goals,
    ask_table,
    ask_weights,
    show_own,
    show_training,
)
from pages.widgets.own_tables.tuning_run import STATE, manage_kept, show_run, start


def ask_kind() -> str:
    """Kind of the materials; molecules come first here, as most tables of one's own hold them."""
    kinds = NAMES[::-1]
    name = st.segmented_control(
        _("Kind"), kinds, default=kinds[0], key="own-kind", format_func=_, required=True, label_visibility="collapsed"
    )
    return name or kinds[0]


def ask_aims(kind: str) -> Aims | None:
    """Own and built-in goals; None, with the reason shown, where they cannot be aimed at."""
    with st.container():  # a place that stays when a property is added: the fields below stay where they are
        own = ask_own_goals(kind)
    with st.expander(_("A new table"), expanded=not own, key="new-table-panel"):
        ask_table(kind)
    with st.expander(_("Built-in properties"), key="built-in-panel"):
        goals, problem = ask_goals(load_kind(kind).properties)
    aims = Aims(Target(goals), tuple(own), ask_weights([one for one, _goal in own], list(goals)))
    with st.container():
        if problem:
            show_refusal(_(problem))
            return None
        if not own and not goals:
            return None
        try:
            aims.check(kind)
        except MatGenError as error:
            show_refusal(_(str(error)))
            return None
    return aims


def ask_settings(kind: str) -> tuple[TuneSettings, int, str | None]:
    """How the copy is tuned, how many it generates, and a kept copy that generates instead."""
    copies = [name for name in list_copies() if load_copy(name).kind == kind]
    by = None
    with st.container():
        if copies:
            fresh = _("tune a new copy")
            by = st.selectbox(_("Generator"), [None, *copies], format_func=lambda n: n or fresh, key=f"own-by-{kind}")
    with st.expander(_("Tuning"), key="tuning-panel"):
        left, right = st.columns(2, gap="small", wrap=False)
        names = ("steps", "seconds", "batch", "distance", "bucket", "rows", "seed")
        sides = (left, right, left, right, left, right, left)
        values = {
            name: ask_setting(TuneSettings, name, f"tune_{name}", s) for name, s in zip(names, sides, strict=True)
        }
    usual = min(KINDS[kind].count, 50)
    count = int(st.number_input(_("Candidates"), 1, 1000, usual, key=f"own-count-{kind}"))
    return TuneSettings(**values), count, by


st.title(_("Own property"), anchor=False)
controls, results = st.columns([4, 8], gap="medium")
with controls, st.container(key="controls"):
    kind = ask_kind()
    aims = ask_aims(kind)
    settings, count, by = ask_settings(kind)
    seen = look(st.session_state[STATE].job) if STATE in st.session_state else None
    busy = seen is not None and seen.busy
    if ask_to_go(_("Tune and generate"), aims is not None, busy) and aims is not None:
        start(kind, aims, settings, count, by)
        st.rerun()
    with st.expander(_("Saved generators"), key="kept-generators-panel"):
        manage_kept()
with results:
    show_training()
    with st.container():  # one place for all of them: a run's table below stays where it is
        for own, _goal in aims.own if aims else ():
            show_own(own)
        if aims and (said := aims.settings(kind)[1]):
            st.caption(_(said))
    if STATE in st.session_state and seen is not None:
        show_run(st.session_state[STATE], seen)
    else:
        offer_last_run(OWN)
        st.markdown(
            _(
                "Bring a table of your measured values. Two predictors are trained on different rows: one "
                "**steers** a copy of the generator towards your target, the other **judges** what the copy "
                "generates. Choose a target and press **Tune and generate**; the curve shows score, validity, "
                "diversity and the distance of the copy from the included generator."
            )
        )
catch_up(seen)
