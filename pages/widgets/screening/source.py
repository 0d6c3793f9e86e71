"""Source of a screening on the page: a stored run, or files; predicted and checked beside the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import streamlit as st

from matgen_core.core.admet import INSTALL
from matgen_core.core.messages import Message, join
from matgen_core.core.records import Candidate
from matgen_core.kinds.molecules.admet import available
from matgen_core.kinds.rules import Rules
from matgen_core.runs.store import StoreError, open_store
from matgen_core.workflows.further_predictions import FurtherPredictions
from matgen_core.workflows.own_properties.own_folder import list_predictors
from matgen_core.workflows.page_work.screening import OfFiles, OfRun, SourceNews, screen
from matgen_core.workflows.screening.candidate_files import Refused
from matgen_core.workflows.screening.pareto import Objective
from pages.i18n.language import N_, _
from pages.runs.jobs import Job, submit
from pages.runs.notices import follow
from pages.runs.run_names import run_name
from pages.runs.run_recorder import begin_record, owner
from pages.widgets.asking.goal_controls import read_goals
from pages.widgets.asking.refusal import show_error
from pages.widgets.asking.rule_controls import ask_rule
from pages.widgets.asking.setting_controls import rule_of
from pages.widgets.asking.url_settings import URL, OneOf, Rule, check_link
from pages.widgets.screening.objectives import PARAMETER, forget_objectives, write_objective

STATE = "screening"
_WAYS = (N_("A stored run"), N_("Files"))
#: More than this is for the command, which keeps nothing in memory.
MOST = 10_000
#: Candidates shown while a screening goes on: the page is drawn anew every few seconds, and they stay as they are.
MOST_BUSY = 1000


@dataclass
class Screened:
    """What was predicted, and its job.

    Args:
        name: of what is screened.
        rules: what a candidate must pass.
        job: predicts and checks.
        refused: rows that could not be used.
        cut: whether there were more than MOST.
        begun: objectives to begin with, as text.
        notes: how the files were read.
    """

    name: str
    rules: Rules
    job: Job = field(default_factory=Job)
    refused: list[Refused] = field(default_factory=list)
    cut: bool = False
    begun: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)

    def take(self, news: SourceNews) -> None:
        """What is newly known of its source."""
        self.refused += news.refused
        self.notes, self.cut = list(news.notes), news.cut


@dataclass(frozen=True)
class Source:
    """What can be screened.

    Args:
        name: for the reader.
        what: the run or the files.
        goals: the run's own targets as objectives, as text.
    """

    name: str
    what: OfRun | OfFiles
    goals: tuple[str, ...] = ()


#: Rules and their keys in the link, in the order of their controls.
_RULE_KEYS = {
    "max_e_above_hull": "hull_at_most",
    "toxic": "allow_toxic",
    "radioactive": "allow_radioactive",
    "known": "list_known",
    "solid_state": "powders",
}
#: What each setting in the address may be; objectives look after themselves.
LINK: dict[str, Rule] = {
    "from": OneOf(_WAYS),
    **{key: rule_of(Rules, name) for name, key in _RULE_KEYS.items()},
    "only": OneOf(("true", "false")),
    "s-admet": OneOf(("true", "false")),
}


def ask_source() -> Source | None:
    """What is to be screened; None where nothing is chosen yet."""
    check_link(LINK, page="screening")
    way = st.segmented_control(
        _("Screen"),
        _WAYS,
        default=_WAYS[0],
        key="from",
        bind=URL,
        format_func=_,
        required=True,
        label_visibility="collapsed",
    )
    if way != _WAYS[1]:
        return _ask_run()
    # Of any name: a POSCAR has no ending. What is not read comes back as a refused row with its reason.
    files = st.file_uploader(
        _("CSV with formula, cif or smiles; CIF, POSCAR, XYZ or a zip of them; SDF; SMILES"),
        accept_multiple_files=True,
        key="screen-files",
    )
    if not files:
        return None
    held = tuple((file.name, file.getvalue()) for file in files)
    return Source(", ".join(name for name, _data in held), OfFiles(held))


def _ask_run() -> Source | None:
    try:
        runs = [run for run in open_store().list(owner()) if run.count]
    except StoreError as error:
        show_error(_(str(error)))
        return None
    if not runs:
        st.info(_("No run is stored yet. Generate something first, or screen files."))
        return None
    labels = {run.id: f"{run_name(run)} · {run.count}" for run in runs}
    wanted = st.query_params.get("run")
    ids = list(labels)
    chosen = st.selectbox(
        _("Run"), ids, index=ids.index(wanted) if wanted in ids else 0, format_func=labels.__getitem__, key="screen-run"
    )
    if chosen != wanted:
        st.query_params["run"] = chosen
    run = next(run for run in runs if run.id == chosen)
    goals = tuple(write_objective(Objective(key, "goal", goal)) for key, goal in read_goals(run.settings).items())
    name = join([run.name, str(run.count)], " · ") if isinstance(run.name, Message) else labels[chosen]
    return Source(name, OfRun(chosen), goals)


def shown_so_far(candidates: Sequence[Candidate[Any]], busy: bool) -> list[Candidate[Any]]:
    """All candidates of a screening that has ended; while it goes on the first ones, and a word that there are more."""
    if not busy or len(candidates) <= MOST_BUSY:
        return list(candidates)
    text = _("The first {n:,} are shown while the screening goes on; all of them when it ends.")
    st.caption(text.format(n=MOST_BUSY))
    return list(candidates[:MOST_BUSY])


def ask_rules() -> Rules:
    """What a candidate must pass; what is known already may, unless that is set otherwise."""
    with st.expander(_("Filters"), key="filters-panel"):
        return Rules(
            **{
                name: ask_rule(name, key, **({"value": True} if name == "known" else {}))
                for name, key in _RULE_KEYS.items()
            }
        )


def ask_further() -> FurtherPredictions:
    """Predictors of the user's own that are to read the candidates, too, and whether ADMET is predicted."""
    own, names = list[str](), list_predictors()
    if names:
        own = st.multiselect(_("Your own predictors"), names, key="s-own", help=_("Trained with matgen finetune"))
    admet = st.toggle(
        _("ADMET predictions"),
        key="s-admet",
        bind=URL,
        disabled=not available(),
        help=_("Molecules only: 41 endpoints by admet-ai, each an objective and a threshold"),
    )
    if not available():
        st.caption(_("Needs the package admet-ai. Get it with: {how}").format(how=f"`{INSTALL}`"))
    return FurtherPredictions(tuple(own), admet and available())


def start(source: Source, rules: Rules, further: FurtherPredictions) -> None:
    """Begins to predict and check; objectives are those of the address for the same source, else the run's targets."""
    before: Screened | None = st.session_state.get(STATE)
    asked = tuple(st.query_params.get_all(PARAMETER))
    screened = Screened(
        source.name, rules, begun=asked if asked and (before is None or before.name == source.name) else source.goals
    )
    forget_objectives()
    work = partial(screen, source=source.what, rules=rules, most=MOST, further=further)
    recorder = begin_record("screening", 0, source.name, rules=LINK)
    job = submit(work, None, "screening", None, recorder, take=screened.take)
    screened.job = follow(job, join([N_("Screening"), source.name], " · "))
    st.session_state[STATE] = screened
    for key in ("screen-picked", "shortlist"):
        st.session_state.pop(key, None)
