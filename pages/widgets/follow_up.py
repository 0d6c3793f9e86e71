"""What is done with the chosen few: relaxation by CHGNet, and a question to public databases. Both on request only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from matgen_core.core.errors import MatGenError
from matgen_core.core.records import Candidate, Crystal, Progress
from matgen_core.kinds.crystals.files import to_cif_zip
from matgen_core.kinds.crystals.relax import MOST, Relaxation, relax_candidates
from matgen_core.kinds.registry import kind_of
from matgen_core.workflows.optimade import ask_elsewhere, chosen_databases, elsewhere_verdict
from matgen_core.workflows.screen import name_of
from pages.i18n.formatting import group_markdown, reading_text, reason_text, subscript
from pages.i18n.language import _
from pages.kinds.structure_view import show_structure
from pages.runs import jobs
from pages.runs.progress import catch_up, look, show_progress

RELAXING, ELSEWHERE = "relaxing", "elsewhere"


@dataclass
class Relaxing:
    """A relaxation of this session: its job, and what is done of it."""

    ids: tuple[str, ...]
    job: jobs.Job = field(default_factory=jobs.Job)
    done: tuple[Relaxation, ...] = ()


def show_relaxing(candidates: Sequence[Candidate[Any]]) -> None:
    """A button for the chosen crystals, progress, and before beside after."""
    crystals = [c for c in candidates if kind_of(c.material).has_geometry][:MOST]
    running: Relaxing | None = st.session_state.get(RELAXING)
    if not crystals and running is None:
        return
    with st.expander(_("Relax with CHGNet"), expanded=running is not None, key="relaxing-panel"):
        st.caption(
            _(
                "Atoms and cell move until the forces are small (FIRE, symmetry kept), one crystal after the other, at "
                "most {n}: those that are ticked, or the first. Minutes on two cores."
            ).format(n=MOST)
        )
        seen = None if running is None else look(running.job)
        busy = seen is not None and seen.busy
        label = _("Relax {n}").format(n=len(crystals))
        if st.button(label, key="relax", disabled=busy or not crystals):
            _start(crystals)
            st.rerun()
        if running is None or seen is None:
            return
        if busy:
            show_progress(running.job, "relax-cancel")
        if seen.error:
            st.error(_(seen.error))
        if seen.cancelled:
            st.info(_("Cancelled; what was relaxed before is kept."))
        if running.done:
            _show_done(running.done)
        catch_up(seen)


def _start(crystals: Sequence[Candidate[Crystal]]) -> None:
    relaxing = Relaxing(tuple(c.id for c in crystals))

    def work(report: Callable[..., None], stop: Callable[[], bool]) -> tuple[Candidate, ...]:
        def told(done: tuple[Relaxation, ...], number: int, step: int) -> None:
            relaxing.done = done
            report(Progress("relax", number, len(crystals), tuple(r.after for r in done if r.after is not None)))

        relaxing.done = relax_candidates(crystals, on_progress=told, cancelled=stop)
        return tuple(r.after for r in relaxing.done if r.after is not None)

    relaxing.job = jobs.submit(work, len(crystals), "relaxing", jobs.load_models())
    st.session_state[RELAXING] = relaxing


def _show_done(done: Sequence[Relaxation]) -> None:
    rows = []
    for entry in done:
        before, after = entry.before, entry.after
        row = {_("Material"): subscript(name_of(before)), _("How it went"): entry.note}
        for key, label in (
            ("formation_energy", _("Formation energy")),
            ("e_above_hull", _("Energy above hull")),
            ("magnetic_moment", _("Mean |site moment|")),
        ):
            row[_("{label}, before").format(label=label)] = reading_text(before.predictions.get(key))
            row[_("{label}, after").format(label=label)] = (
                "–" if after is None else reading_text(after.predictions.get(key))
            )
        rows.append(row)
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="relaxed-table", alt=_("Readings before and after"))
    good = [entry for entry in done if entry.after is not None]
    if not good:
        return
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
                show_structure(crystal, f"relaxed-{title}-{candidate.id}")


def show_elsewhere(candidates: Sequence[Candidate[Any]]) -> None:
    """Are the chosen formulas known to public databases? Off until it is asked."""
    asked = [c for c in candidates if kind_of(c.material).key_is == "formula"][:MOST]
    if not asked:
        return
    with st.expander(_("Ask public databases"), key="elsewhere-panel"):
        try:
            names = ", ".join(chosen_databases())
        except MatGenError as error:
            st.error(str(error))
            return
        st.caption(
            _(
                "Sends the formulas of those that are ticked, or of the first {n}, over the network to {names}. "
                "Nothing is sent before you press the button."
            ).format(n=MOST, names=names)
        )
        key = st.text_input(
            _("Materials Project key, if you have one"),
            type="password",
            key="mp-key",
            help=_("Says also what was observed; it is sent to the Materials Project alone and kept nowhere"),
        )
        if st.button(_("Ask"), key="ask-elsewhere"):
            with st.spinner(_("Asking …")):
                answers = ask_elsewhere(list(dict.fromkeys(name_of(c) for c in asked)), key.strip())
            st.session_state[ELSEWHERE] = {formula: elsewhere_verdict(found) for formula, found in answers.items()}
        for formula, verdict in st.session_state.get(ELSEWHERE, {}).items():
            sign = "✓" if verdict.passed else "–"
            st.markdown(f"{sign} **{subscript(formula)}**")
            st.caption(reason_text(verdict))
