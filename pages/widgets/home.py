"""Parts of the first page: the picture of what MatGen does, its examples, the last runs, the machine."""

from __future__ import annotations

from html import escape

import streamlit as st

from matgen_core.runs.store import Run, StoreError, open_store
from matgen_core.workflows.health import Check, Machine, check_health, check_quickly, read_machine
from pages.i18n.language import N_, _
from pages.kinds.crystal_examples import EXAMPLES as CRYSTALS
from pages.kinds.molecule_examples import EXAMPLES as MOLECULES
from pages.runs.run_names import made_by, run_name
from pages.runs.run_recorder import begin_again, owner
from pages.widgets.asking.examples import Example, example_card, link_of
from pages.widgets.asking.refusal import show_error
from pages.widgets.kept_runs.following import follow_runs
from pages.widgets.kept_runs.run_tables import STATES

_LAST = 5
#: Sign, name and words of each step of the picture.
_STEPS = (
    ("◎", N_("Targets"), N_("band gap 3 eV, with O, without Pb")),
    ("✳", N_("Generate"), N_("networks write crystals, formulas or SMILES")),
    ("≈", N_("Predict"), N_("each property with its uncertainty")),
    ("✓", N_("Check"), N_("charges, distances, stability, novelty")),
    ("⬡", N_("Candidates"), N_("ranked, with CIF, SDF, CSV and inputs")),
)
#: Kind, page and example of what runs on a click.
_RUN = (
    ("crystals", "pages/design/crystals.py", CRYSTALS[0]),
    ("molecules", "pages/design/molecules.py", MOLECULES[1]),
)
_LESSON = Example(
    "lesson",
    N_("Lesson: out of noise"),
    N_("Diffusion removes noise step by step until a crystal is left; the film is computed before your eyes"),
    {},
)


def show_what_it_does() -> None:
    """One picture: from targets to candidates."""
    steps = "".join(
        f'<li><span class="sign" aria-hidden="true">{sign}</span><b>{escape(_(name))}</b>'
        f"<small>{escape(_(words))}</small></li>"
        for sign, name, words in _STEPS
    )
    label = escape(_("From targets to candidates, in five steps"))
    st.html(f'<ol class="what-it-does" aria-label="{label}">{steps}</ol>')


def offer_examples() -> None:
    """A crystal, a molecule and a lesson, each begun by a click."""
    columns = st.columns(len(_RUN) + 1)
    for (kind, page, example), column in zip(_RUN, columns, strict=False):
        with column, example_card(example, border=True):
            if st.button(_("Run"), key=f"run-{example.key}", type="primary", width="stretch"):
                begin_again(kind)
                st.switch_page(page, query_params=link_of(example))
    with columns[-1], example_card(_LESSON, border=True):
        if st.button(_("Open the lesson"), key="run-lesson", type="primary", width="stretch"):
            st.switch_page("pages/learn/diffusion.py", query_params={"lesson": _("From noise")})


def show_last_runs() -> None:
    """The latest runs, each a way to its candidates."""
    try:
        runs = open_store().list(owner())
    except StoreError as error:
        show_error(_(str(error)))
        return
    if not runs:
        st.caption(_("No run yet. Every run is saved here while it goes on."))
    with st.container(gap="xsmall"):
        for run in runs[:_LAST]:
            _show_run(run)
    follow_runs(runs[:_LAST])


def _show_run(run: Run) -> None:
    """Name, which leads to it, what made it, how it stands."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.button(run_name(run), key=f"open-{run.id}", type="tertiary"):
            st.switch_page("pages/explore/runs.py", query_params={"run": run.id})
        state = _(STATES.get(run.state, run.state))
        st.caption(f"{made_by(run.kind)} · {state} · {run.count} · {run.created:%Y-%m-%d %H:%M}", width="content")


def show_machine() -> None:
    """Processor, memory, models, and whether all is well."""
    machine, checks = _machine(), check_quickly()
    computed = _("graphics card {name}").format(name=machine.accelerator) if machine.accelerator else _("CPU, no GPU")
    st.markdown(
        _("{computed} · {cores} cores · {memory:.0f} GB memory · {models} models").format(
            computed=computed, cores=machine.cores, memory=machine.memory, models=len(machine.models)
        )
    )
    _show_checks(checks)
    if st.button(_("Check everything"), key="check-all", help=_("Loads every model and compares its digest")):
        with st.spinner(_("Loading every model …"), show_time=True):
            _show_checks(check_health())


@st.cache_resource(show_spinner=False)
def _machine() -> Machine:
    return read_machine()


def _show_checks(checks: tuple[Check, ...]) -> None:
    bad = [check for check in checks if check.problem]
    if not bad:
        st.caption(_("✓ All {n} checks passed.").format(n=len(checks)))
    for check in bad:
        show = st.error if check.needed else st.caption
        show(f"{_(check.name)}: {_(check.problem)}")
