"""Changes of one stored run: another name, the way back to its page, a link to share, deletion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from matgen_core.kinds.registry import NAMES
from matgen_core.runs.store import Run, Store, StoreError
from pages.i18n.language import _, language
from pages.kinds.registry import page_kind
from pages.runs.run_names import LOOP, run_name
from pages.runs.run_recorder import begin_again
from pages.widgets.asking.design_controls import RULES
from pages.widgets.asking.refusal import show_error
from pages.widgets.asking.url_settings import Rule, without_language
from pages.widgets.kept_runs.run_tables import OPEN

_SCREENING = "pages/design/screening.py"


def page_of(kind: str) -> str | None:
    """The page that made a run; None for one of no page."""
    if kind == "screening":
        return _SCREENING
    if kind.startswith(LOOP):
        return "pages/design/inverse_design.py"
    return f"pages/design/{kind}.py" if kind in NAMES else None


def _rules(kind: str) -> Mapping[str, Rule]:
    """What each setting of a run may be in the address of its page."""
    if kind.startswith(LOOP):
        return RULES
    return page_kind(kind).link if kind in NAMES else {}


def _rename(store: Store, run: Run, key: str) -> None:
    """On Enter, or when the field is left."""
    try:
        store.rename(run.id, st.session_state[key])
    except StoreError as error:
        st.session_state[key] = run_name(run)
        show_error(_(str(error)))


def change(store: Store, run: Run) -> None:
    """Name, the way back to its page, deletion."""
    key = f"name-{run.id}-{language()}"  # a name of the app's is another text in another language
    st.text_input(_("Name"), run_name(run), key=key, max_chars=80, on_change=_rename, args=(store, run, key))
    with st.container(horizontal=True, vertical_alignment="center"):
        page = page_of(run.kind)
        again = page and run.kind != "screening"  # files are not kept, only what was found in them
        if (
            page
            and again
            and st.button(_("Run again"), key="again", help=_("The same settings and seed give the same candidates"))
        ):
            begin_again(Path(page).stem)
            st.switch_page(page, query_params=_link(run))
        sure = st.toggle(_("Delete"), key=f"sure-{run.id}", disabled=run.state == "running")
        if sure and st.button(_("Delete permanently"), key="delete", type="primary"):
            store.delete(run.id)
            st.session_state[OPEN] = []
            st.rerun()
    if page and again:
        st.caption(_("A link with these settings, to share"))
        st.code(link_to(run, page), language=None)
    known = ", ".join(f"{package} {version}" for package, version in run.versions.items())
    st.caption(f"{run.id} · {_('seed')} {run.seed}")
    with st.expander(_("Versions and checkpoints"), key="versions-panel"):
        st.caption(known)
    with st.container():  # of how it ended: what is below stays where it is when a run ends
        if run.message:
            show_error(_(run.message))
        if run.state == "interrupted":
            st.info(
                _(
                    "The server stopped during this run. The candidates found so far are here; run it again for the "
                    "rest."
                )
            )
    resumable = run.kind.startswith(LOOP) and run.count and run.state != "running"
    with st.container(horizontal=True, gap="small"):
        if resumable and st.button(_("Continue this run"), key="resume"):
            st.switch_page(str(page), query_params={**_link(run), "resume": run.id})
        if run.count and st.button(_("Screen these candidates"), key="to-screening"):
            st.switch_page(_SCREENING, query_params={"run": run.id})


def _link(run: Run) -> dict[str, Any]:
    """The settings as its page's address takes them, in no reader's language; former runs have the words of one."""
    settings = without_language(run.settings, _rules(run.kind))
    return {key: value if len(value) > 1 else value[0] for key, value in settings.items() if value}


def link_to(run: Run, page: str) -> str:
    """The address of a run's page with its settings."""
    here = str(st.context.url or "").rsplit("/", 1)[0]
    place = page.removesuffix(".py").rsplit("/", 1)[1]
    return f"{here}/{place}?{urlencode(_link(run), doseq=True)}"
