"""The page of one kind of material from targets: ask, call, show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.goals import Target, outside_data
from matgen_core.core.messages import join
from matgen_core.kinds.registry import load_kind
from matgen_core.workflows import design as workflow
from matgen_core.workflows.evidence import Repeat, asked_record
from matgen_core.workflows.page_work.generation import generate
from matgen_core.workflows.readiness import say_cautions
from pages.i18n.formatting import rule_text
from pages.i18n.language import _
from pages.kinds.page_kind import Found, OtherWork, PageKind, View
from pages.kinds.registry import page_kind
from pages.runs import jobs
from pages.runs.notices import follow
from pages.runs.progress import Seen, catch_up, look, run_place
from pages.runs.run_names import asked_message
from pages.runs.run_recorder import begin_record, offer_last_run, run_of, show_record, told_to_begin
from pages.widgets.asking.go_bar import ask_to_go
from pages.widgets.asking.goal_controls import ask_goals
from pages.widgets.asking.readiness import show_readiness
from pages.widgets.asking.refusal import show_refusal
from pages.widgets.asking.url_settings import check_link
from pages.widgets.found.downloads import offer_files
from pages.widgets.found.selection import follow_pick
from pages.widgets.hand_over import handed_over


@dataclass(frozen=True)
class Asked:
    """What the controls say.

    Args:
        target: goals and constraints.
        count: candidates to keep.
        seed: of the draws.
        settings: of the generator.
        more: times that the run went on for as many more; None once it went on from a cancelled run, after which no
            command finds the same.
    """

    target: Target
    count: int
    seed: int
    settings: Any
    more: int | None = 0

    def repeat(self) -> Repeat:
        """The same as evidence says it."""
        if self.more is None:
            return Repeat(settings=self.settings)
        return Repeat(self.target, self.settings, count=self.count, more=self.more)


def job_key(name: str) -> str:
    """Where a session keeps its run of a kind."""
    return f"{name}-job"


def show_design_page(name: str) -> None:
    """The whole page of a kind.

    Args:
        name: of the kind, as "crystals".
    """
    page = page_kind(name)
    page.prepare()
    st.title(_(page.title), anchor=False)
    controls, results = st.columns([4, 8], gap="medium")
    with controls, st.container(key="controls"):
        asked = _ask(page)
        seen = look(st.session_state[job_key(name)]) if job_key(name) in st.session_state else None
        busy = seen is not None and seen.busy
        pressed = ask_to_go(_("Generate"), asked is not None, busy)
        with st.container():  # of what is said once: the fields below stay where they are
            start = handed_over(name, busy)
        start = told_to_begin(name) or start
        if asked and (pressed or (start and not busy)):
            _start(page, _as_work(page, asked), asked.seed, asked)
            st.rerun()
        if other := page.ask_other(busy):
            _start(page, other, 0)
            st.rerun()
    with results:
        if seen is None:
            offer_last_run(name)
            page.invite()
        else:
            _show_results(page, seen, asked)
    catch_up(seen)


def _ask(page: PageKind) -> Asked | None:
    """What the user wants; None, with the reason shown, where it cannot be asked for."""
    check_link(page.link, page=page.name)
    kind = load_kind(page.name)
    goals, problem = ask_goals(kind.properties, page.asked_domain())
    constraints, wrong = page.constraints()
    problem, target = problem or wrong, Target(goals, constraints)
    asked = Asked(target, *page.ask_sampling())
    try:
        kind.check(target, asked.count, asked.settings)
    except MatGenError as error:
        problem = problem or str(error)
    with st.container():  # of what is said of the settings: the button and the fields below stay where they are
        if problem:
            show_refusal(_(problem))
            return None
        outside = (outside_data(key, goal) for key, goal in goals.items())
        for warning in filter(None, (*outside, *say_cautions(page.name, target, asked.settings))):
            st.warning(_(warning))
        show_readiness(page.name, target, asked.settings, asked.count)
    return asked


def _as_work(page: PageKind, asked: Asked, before: Found = ()) -> OtherWork:
    """The run that the controls ask for, or so many more beside those that were found before."""
    work = partial(
        generate,
        kind=page.name,
        target=asked.target,
        count=asked.count,
        seed=asked.seed,
        settings=asked.settings,
        before=tuple(before),
    )
    name = asked_message(asked.target, page.structure_asked(asked.settings))
    return OtherWork(work, asked.count, name, asked.target, asked.settings, asked.repeat())


def _start(page: PageKind, asked: OtherWork, seed: int, of: Asked | None = None, before: Found = ()) -> None:
    """Begins a run.

    Args:
        page: of its kind.
        asked: what is done.
        seed: of it.
        of: what the controls said; None where the run was not asked for by them.
        before: candidates that it goes on from.
    """
    st.session_state[f"{page.name}-asked"] = asked.target, asked.settings
    st.session_state[f"{page.name}-of"] = of
    st.session_state[f"{page.name}-repeat"] = asked.repeat
    for key in page.reset:
        st.session_state.pop(key, None)
    told = asked_record(page.name, asked.repeat, seed)
    recorder = begin_record(page.name, seed, asked.name, before, told, page.link)
    job = jobs.submit(asked.work, asked.total, page.name, page.prepare(), recorder)
    st.session_state[job_key(page.name)] = follow(job, join([page.label, asked.name], " · "))


def _say_kept(page: PageKind, kept: workflow.Kept[Any]) -> None:
    """How many were kept of how many that were generated, and which rules rejected the others, each for its first."""
    if not kept.rejected:
        return
    rules = _(join([f"{rule_text(rule)} {count}" for rule, count in kept.rejected], ", "))
    text = _("{kept} kept of {generated} generated. Rejected because these checks failed: {rules}.")
    said = text.format(kept=len(kept.candidates), generated=kept.generated, rules=rules)
    st.caption(f"{said} {_('The CSV of all candidates contains them with their reasons.')}" if page.rejects else said)


def _offer_more(page: PageKind, seen: Seen) -> None:
    """Beside what a target found: the button that goes on for the same target, and keeps what there is."""
    of: Asked | None = st.session_state.get(f"{page.name}-of")
    if of is None or seen.busy:
        return
    about = _("Generates {n} more for the same target and keeps these").format(n=of.count)
    if st.button(_("More"), key="more", icon=":material/add:", help=about):
        before = [candidate for candidate in seen.candidates if not candidate.stage]
        of = replace(of, more=None if of.more is None or seen.cancelled or seen.error else of.more + 1)
        _start(page, _as_work(page, of, before), of.seed, of, before)
        st.rerun()


def _say_end(page: PageKind, seen: Seen, kept: workflow.Kept[Any]) -> None:
    """How the run ended, and where it is not kept."""
    if seen.cancelled:
        st.info(page.cancelled(len(kept.candidates)))
    elif seen.message:
        st.info(_(seen.message))
    show_record(seen.job.recorder)


def _show_results(page: PageKind, seen: Seen, asked: Asked | None) -> None:
    """What the run found, from the shares down to one material."""
    target, settings = st.session_state[f"{page.name}-asked"]
    drawn, found = seen.candidates, page.found(seen.candidates)
    kept = workflow.count_kept(page.name, drawn, settings)
    with run_place(seen, show_work=page.show_in_work):
        _say_end(page, seen, kept)
        _say_kept(page, kept)
    if drawn:
        with st.container():
            if finished := [candidate for candidate in drawn if not candidate.stage]:
                page.show_shares(finished, found, target, settings)
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            with st.container(width="content"):
                _offer_more(page, seen)
            shown = page.filter(found, target, settings) if found else found
            if page.rejects:
                offer_files(shown, page.name, drawn, page.name)
            else:
                offer_files(found, page.name, key=page.name)
    if not found:
        if not (seen.busy or seen.cancelled or seen.error):
            st.info(_(page.nothing))
        return
    if not shown:
        st.info(_(page.nothing_shown))
        return
    pick = follow_pick(page.name, seen.job, shown, running=seen.busy)
    now = asked.settings if asked else settings
    repeat = st.session_state.get(f"{page.name}-repeat") or Repeat(target, settings)
    view = View(target, pick, settings, now, run_of(seen.job.recorder), repeat)
    page.show_found(shown, view)
