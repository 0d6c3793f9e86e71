"""A run of the loop on the page: what was asked, its job, and how it ended, so that it can go on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from matgen_core.core.declaring import declared
from matgen_core.core.goals import Target
from matgen_core.core.messages import join
from matgen_core.kinds.registry import load_kind
from matgen_core.kinds.rules import Rules
from matgen_core.runs.store import StoreError, open_store
from matgen_core.workflows.evidence import Repeat, asked_record
from matgen_core.workflows.loop import Budget, DesignRun, finished_before, resume
from matgen_core.workflows.page_work.generation import generate_until
from pages.i18n.language import _
from pages.kinds.registry import page_kind
from pages.runs import jobs
from pages.runs.notices import follow
from pages.runs.run_names import LOOP, asked_message
from pages.runs.run_recorder import begin_record, owner
from pages.widgets.asking.design_controls import RULES

STATE = "loop"


@dataclass
class Loop:
    """A run of this session."""

    kind: str
    target: Target
    rules: Rules
    job: jobs.Job
    run: DesignRun[Any] | None = None
    budget: Budget | None = None
    settings: Any | None = None

    def repeat(self) -> Repeat:
        """What it was asked for, as evidence says it."""
        settings = self.settings or load_kind(self.kind).settings()
        return Repeat(self.target, settings, loop=True, rules=self.rules, budget=self.budget)

    def take(self, run: DesignRun[Any]) -> None:
        """The run as it ended."""
        self.run = run


@dataclass(frozen=True)
class Asked:
    """What the controls say; ``settings`` of the generator are None for the usual ones."""

    kind: str
    target: Target
    rules: Rules
    budget: Budget
    seed: int
    settings: Any | None = None


def start(asked: Asked, before: DesignRun[Any] | None = None) -> None:
    """Begins the loop, or goes on with a run."""

    rules = asked.rules if before is None else before.rules
    loop = Loop(asked.kind, asked.target, rules, jobs.Job(), None, _whole(asked.budget, before), asked.settings)
    work = partial(
        generate_until,
        kind=asked.kind,
        target=asked.target,
        budget=asked.budget,
        before=before or DesignRun(rules=asked.rules, seed=asked.seed),
        settings=asked.settings,
    )
    page = page_kind(asked.kind)
    name = asked_message(asked.target, page.structure_asked(asked.settings) if asked.settings else "")
    told = asked_record(asked.kind, loop.repeat(), asked.seed if before is None else before.seed)
    found = finished_before(before) if before else ()
    recorder = begin_record(f"{LOOP}{asked.kind}", asked.seed, name, found, told, RULES)
    job = jobs.submit(work, asked.budget.want, f"{LOOP}{asked.kind}", page.prepare(), recorder, take=loop.take)
    loop.job = follow(job, join([page.loop_label, name], " · "))
    st.session_state[STATE] = loop


def _whole(budget: Budget, before: DesignRun[Any] | None) -> Budget:
    """The budget of one run that draws as many as the former one and the one that goes on with it."""
    if before is None:
        return budget
    limits = {name: setting.high for name, (_field, setting) in declared(Budget).items()}
    seconds, draws = before.seconds + budget.seconds, before.drawn + budget.draws
    return replace(
        budget, seconds=min(seconds, limits["seconds"] or seconds), draws=int(min(draws, limits["draws"] or draws))
    )


def reopen(asked: Asked) -> Loop | None:
    """The kept run that the link names, to go on with; None where it names none."""
    name = st.query_params.get("resume")
    if not name:
        return None
    try:
        kept = open_store().get(name)
        if kept.owner != owner() or kept.kind != f"{LOOP}{asked.kind}":
            raise StoreError(_("The run in the link is not yours, or is of another kind of material."))
        run = resume(open_store().candidates(name), asked.rules, kept.seed)
    except StoreError as error:
        st.warning(_(str(error)))
        return None
    job = jobs.Job(begun=0.0, ended=0.0)
    return Loop(asked.kind, asked.target, asked.rules, job, run, asked.budget, asked.settings)
